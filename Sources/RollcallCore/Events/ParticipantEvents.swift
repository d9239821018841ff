/// Collects the events about participants and keeps the room in step: after each event the room equals the one that a
/// consumer gets by folding the events.
struct ParticipantEvents {
  private(set) var all: [Event] = []
  private let conference: ConferenceSID
  private let now: Timestamp

  init(conference: ConferenceSID, at now: Timestamp) {
    self.conference = conference
    self.now = now
  }

  mutating func append(_ event: Event) { all.append(event) }

  /// Adds a participant who was in the room when watching began.
  mutating func present(_ row: ParticipantRow, in people: inout [CallSID: Participant]) {
    people[row.callSID] = Participant(row)
    add(.participantPresent, row.callSID, record: row.record, after: nil, count: people.count)
  }

  /// Adds a participant who joins; state beyond unmuted, off hold and not coaching follows as initial events.
  mutating func joined(_ row: ParticipantRow, after: Timestamp?, in people: inout [CallSID: Participant]) {
    var person = Participant(row, since: Participant.Since(joined: now))
    add(.participantJoined, row.callSID, record: row.record, after: after, count: people.count + 1)
    let entered = ParticipantState.entering
    begin(row.state, from: entered, of: &person, after: after, count: people.count + 1, initial: true)
    people[row.callSID] = person
  }

  /// Removes a participant who leaves; a coach stops coaching first.
  mutating func left(
    _ person: Participant, _ evidence: DepartureEvidence, record: [UInt8]?, after: Timestamp?,
    in people: inout [CallSID: Participant]
  ) {
    var leaving = person
    if let record { leaving.record = record }
    if person.state.isCoaching {
      end(person.state, to: person.state.notCoaching, of: &leaving, after: after, count: people.count)
    }
    people[person.callSID] = nil
    let stay = lasted(since: person.since.joined)
    add(.participantLeft, person.callSID, record: leaving.record, after: after, count: people.count) {
      $0.lastedMilliseconds = stay
      $0.confirmedBy = evidence
    }
  }

  /// Updates the state of a participant who stays.
  mutating func changed(
    _ call: CallSID, to row: ParticipantRow, after: Timestamp?, in people: inout [CallSID: Participant]
  ) {
    guard var person = people[call] else { return }
    let before = person.state
    person.refresh(from: row)
    end(before, to: row.state, of: &person, after: after, count: people.count)
    begin(row.state, from: before, of: &person, after: after, count: people.count, initial: false)
    let updates = before.otherChanges(to: row.state)
    if !updates.isEmpty {
      add(.participantUpdated, call, record: person.record, after: after, count: people.count) { $0.changes = updates }
    }
    people[call] = person
  }

  private func lasted(since start: Timestamp?) -> Int64? {
    start.map { now.milliseconds - $0.milliseconds }
  }

  private mutating func end(
    _ before: ParticipantState, to after: ParticipantState, of person: inout Participant, after moment: Timestamp?,
    count: Int
  ) {
    let call = person.callSID
    if before.isCoaching, !after.isCoaching || !before.callSIDToCoach.isWritten(like: after.callSIDToCoach) {
      let time = lasted(since: person.since.coaching)
      add(.participantCoachingStopped, call, record: person.record, after: moment, count: count) {
        $0.changes = [
          FieldChange("coaching", true, false), FieldChange("call_sid_to_coach", before.callSIDToCoach, nil),
        ]
        $0.callSIDToCoach = before.callSIDToCoach
        $0.lastedMilliseconds = time
      }
      person.since.coaching = nil
    }
    if before.isMuted, !after.isMuted {
      let time = lasted(since: person.since.muted)
      add(.participantUnmuted, call, record: person.record, after: moment, count: count) {
        $0.changes = [FieldChange("muted", true, false)]
        $0.lastedMilliseconds = time
      }
      person.since.muted = nil
    }
    if before.isOnHold, !after.isOnHold {
      let time = lasted(since: person.since.held)
      add(.participantUnheld, call, record: person.record, after: moment, count: count) {
        $0.changes = [FieldChange("hold", true, false)]
        $0.lastedMilliseconds = time
      }
      person.since.held = nil
    }
  }

  private mutating func begin(
    _ state: ParticipantState, from before: ParticipantState, of person: inout Participant, after moment: Timestamp?,
    count: Int, initial: Bool
  ) {
    let call = person.callSID
    if state.isMuted, !before.isMuted {
      add(.participantMuted, call, record: person.record, after: moment, count: count) {
        $0.changes = [FieldChange("muted", false, true)]
        $0.isInitial = initial
      }
      person.since.muted = now
    }
    if state.isOnHold, !before.isOnHold {
      add(.participantHeld, call, record: person.record, after: moment, count: count) {
        $0.changes = [FieldChange("hold", false, true)]
        $0.isInitial = initial
      }
      person.since.held = now
    }
    if state.isCoaching, !before.isCoaching || !before.callSIDToCoach.isWritten(like: state.callSIDToCoach) {
      add(.participantCoachingStarted, call, record: person.record, after: moment, count: count) {
        $0.changes = [
          FieldChange("coaching", false, true), FieldChange("call_sid_to_coach", nil, state.callSIDToCoach),
        ]
        $0.isInitial = initial
        $0.callSIDToCoach = state.callSIDToCoach
      }
      person.since.coaching = now
    }
  }

  private mutating func add(
    _ type: EventType, _ call: CallSID, record: [UInt8], after: Timestamp?, count: Int,
    _ finish: (inout Event) -> Void = { _ in }
  ) {
    var event = Event(type, at: now, conference: conference)
    event.call = call
    event.occurredAfter = after
    event.participant = record
    event.participantCount = count
    finish(&event)
    all.append(event)
  }
}

extension ParticipantState {
  /// The state in which every participant enters: unmuted, off hold and not coaching.
  static let entering = ParticipantState()

  /// The same state without coaching.
  var notCoaching: ParticipantState {
    ParticipantState(
      isMuted: isMuted, isOnHold: isOnHold, status: status, startsConferenceOnEnter: startsConferenceOnEnter,
      endsConferenceOnExit: endsConferenceOnExit, label: label)
  }

  /// Returns the changes of the fields that have no event type of their own.
  func otherChanges(to after: ParticipantState) -> [FieldChange] {
    var changes: [FieldChange] = []
    if !status.isWritten(like: after.status) { changes.append(FieldChange("status", status, after.status)) }
    if startsConferenceOnEnter != after.startsConferenceOnEnter {
      changes.append(
        FieldChange("start_conference_on_enter", startsConferenceOnEnter, after.startsConferenceOnEnter))
    }
    if endsConferenceOnExit != after.endsConferenceOnExit {
      changes.append(FieldChange("end_conference_on_exit", endsConferenceOnExit, after.endsConferenceOnExit))
    }
    if !label.isWritten(like: after.label) { changes.append(FieldChange("label", label, after.label)) }
    return changes
  }
}
