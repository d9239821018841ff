/// The participants of each room, rebuilt only from event lines, as any consumer can do.
///
/// The event types say who joins, leaves and changes; the record is used only for the state on joining.
package struct RecalledRooms: Equatable, Sendable {
  /// A participant in a room.
  package struct Person: Equatable, Sendable {
    package internal(set) var state: ParticipantState
    /// The time of the join event; nil if the participant was already there when watching began.
    package let since: Timestamp?
    /// The telephone number or other address of the participant; nil if the events do not say.
    package internal(set) var address: String?
  }

  /// The participants by conference; a conference that has ended is not included.
  package private(set) var people: [ConferenceSID: [CallSID: Person]] = [:]
  /// The number of people after the last event of each conference.
  private var counts: [ConferenceSID: Int] = [:]
  /// The epoch part of the id of the last event of each conference.
  private var epochs: [ConferenceSID: String] = [:]

  package init() {}

  /// The number of unknown people, whose events are missing.
  package var missing: Int {
    counts.reduce(0) { $0 + max(0, $1.value - (people[$1.key]?.count ?? 0)) }
  }

  /// Whether any event of the conference has been folded.
  package func knows(_ conference: ConferenceSID) -> Bool { counts[conference] != nil }

  /// Folds the next event of the stream.
  ///
  /// - Throws: ``JSONError`` if its line is not JSON.
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

  /// Clears the room if an event begins a run that does not continue the previous one.
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
    let address = record["call"].flatMap { CallDetails($0).address }
    switch event.type {
    case .participantPresent:
      room[call] = Person(state: ParticipantState(record: record), since: nil, address: address)
    case .participantJoined:
      room[call] = Person(state: ParticipantState(record: record).entering, since: event.timestamp, address: address)
    case .participantLeft: room[call] = nil
    case .participantMuted, .participantUnmuted, .participantHeld, .participantUnheld, .participantCoachingStarted,
      .participantCoachingStopped, .participantUpdated:
      // Without its join, a participant is taken as in the record: the state after that poll.
      var person = room[call] ?? Person(state: ParticipantState(record: record), since: nil)
      person.state = person.state.after(event.type, line)
      person.address = address ?? person.address
      room[call] = person
    case .conferencePresent, .conferenceStarted, .conferenceEnded, .alertRaised, .alertResolved, .watchStarted,
      .watchInterrupted, .watchResumed, .watchHeartbeat, .watchStopped:
      break
    }
  }
}
