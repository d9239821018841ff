/// Who is in the room, rebuilt from the lines of the events alone, as any consumer can.
///
/// The types say who comes, goes and changes; the record is looked at only for what a person enters with.
package struct RecalledRooms: Equatable, Sendable {
  /// Somebody in a room.
  package struct Person: Equatable, Sendable {
    package internal(set) var state: ParticipantState
    /// When they joined, as their event says; nil where they were there before watching began.
    package let since: Timestamp?
  }

  /// Everybody, by conference; one that is over has nobody and is not there.
  package private(set) var people: [ConferenceSID: [CallSID: Person]] = [:]
  /// How many the last event of a conference says there are.
  private var counts: [ConferenceSID: Int] = [:]
  /// What the id of the last event of a conference begins with.
  private var epochs: [ConferenceSID: String] = [:]

  package init() {}

  /// How many people are not known because the events that told of them are missing.
  package var missing: Int {
    counts.reduce(0) { $0 + max(0, $1.value - (people[$1.key]?.count ?? 0)) }
  }

  /// Whether any event of the conference has been folded.
  package func knows(_ conference: ConferenceSID) -> Bool { counts[conference] != nil }

  /// Folds the next event of the stream.
  ///
  /// - Throws: ``JSONError`` where its line is no JSON.
  package mutating func fold(_ event: StoredEvent) throws(JSONError) {
    guard let conference = event.conference else { return }
    begin(conference, with: event)
    if event.type == .conferenceEnded {
      people[conference] = nil
      counts[conference] = 0
      return
    }
    let line = try JSONReader.read(Array(event.line.dropLast()))
    if let count = line["participant_count"]?.asInteger { counts[conference] = Int(clamping: count) }
    guard let call = line["call_sid"]?.asText.flatMap(CallSID.init) else { return }
    Self.fold(event, line, of: call, into: &people[conference, default: [:]])
    if people[conference]?.isEmpty == true { people[conference] = nil }
  }

  /// A run that does not go on with the room of the one before begins with a baseline.
  private mutating func begin(_ conference: ConferenceSID, with event: StoredEvent) {
    let epoch = EventStream.epoch(of: event.id)
    guard epochs[conference].map({ epoch != $0 }) ?? true else { return }
    if epochs[conference] != nil, event.type.beginsAnew { (people[conference], counts[conference]) = (nil, 0) }
    epochs[conference] = String(epoch)
  }

  private static func fold(
    _ event: StoredEvent, _ line: JSONValue, of call: CallSID, into room: inout [CallSID: Person]
  ) {
    let record = line["participant"] ?? .null
    switch event.type {
    case .participantPresent: room[call] = Person(state: ParticipantState(record: record), since: nil)
    case .participantJoined:
      room[call] = Person(state: ParticipantState(record: record).entering, since: event.timestamp)
    case .participantLeft: room[call] = nil
    case .participantMuted, .participantUnmuted, .participantHeld, .participantUnheld, .participantCoachingStarted,
      .participantCoachingStopped, .participantUpdated:
      // Somebody whose coming is missing is as their record says: the state at the end of that poll.
      var person = room[call] ?? Person(state: ParticipantState(record: record), since: nil)
      person.state = person.state.after(event.type, line)
      room[call] = person
    case .conferencePresent, .conferenceStarted, .conferenceEnded, .alertRaised, .alertResolved, .watchStarted,
      .watchInterrupted, .watchResumed, .watchHeartbeat, .watchStopped:
      break
    }
  }
}
