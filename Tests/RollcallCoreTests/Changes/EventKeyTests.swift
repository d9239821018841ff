import RollcallCore
import RollcallTestKit
import Testing

/// The table of keys, from which the schema is made, agrees with the keys in lines.
@Suite struct `The keys of events` {
  /// Returns events of every type.
  static func life() throws -> [StoredEvent] {
    var room = try #require(
      TrackedConference(origin: .foundLater(after: Timestamp(milliseconds: 1_799_999_999_000)), friendlyName: "support")
    )
    room.tracker = ConferenceTracker(
      conference: room.tracker.room.conference, friendlyName: "support", origin: room.tracker.origin,
      alerts: try ["hold:1s", "people:1:1s"].map { try AlertCondition($0) }, interval: .seconds(2), version: "0")
    var present = try #require(TrackedConference(origin: .foundAtStart))
    present.people = [FakePerson("a")]
    _ = present.poll()
    _ = room.poll()
    var coach = FakePerson("c", created: 1)
    (coach.muted, coach.hold, coach.coaching, coach.target) = (true, true, true, "a")
    room.people = [FakePerson("a", created: 1), coach]
    _ = room.poll()
    _ = room.poll()
    (coach.muted, coach.hold, coach.coaching, coach.target, coach.updated) = (false, false, false, nil, 2)
    coach.endsOnExit = true
    room.people[1] = coach
    _ = room.poll()
    (coach.muted, coach.hold, coach.coaching, coach.updated) = (true, true, true, 3)
    room.people = [coach]
    _ = room.poll()
    room.conferenceAnswer = .completed(ConferenceEnding(reason: "last-participant-left", call: "c"))
    room.people = []
    _ = room.poll()
    return present.events + room.events + watched()
  }

  /// Returns the events of a watch about itself.
  private static func watched() -> [StoredEvent] {
    let now = Timestamp(milliseconds: 1_800_000_000_000)
    let counts = WatchDetail.Heartbeat(
      conferences: 1, participants: 2, polls: 3, failures: 0, pollDelayMedian: .zero, pollDelay99thPercentile: .zero,
      undelivered: 0)
    var outage: [Event] = []
    for (type, detail) in [
      (EventType.watchInterrupted, WatchDetail.interrupted(reason: .pollFailed, error: "time-out")),
      (.watchResumed, .resumed(from: now, to: now, reason: .pollFailed, pollsMissed: 4)),
    ] {
      var event = Event.stopped(.signal, at: now)
      (event.type, event.watch, event.conference) = (type, detail, ConferenceSID("CF-1"))
      outage.append(event)
    }
    var stream = EventStream(epoch: 1)
    return (outage + [.heartbeat(counts, at: now), .stopped(.signal, at: now)]).map { stream.freeze($0) }
  }

  @Test func `appear in lines as in the table, in the same order, for every type`() throws {
    var seen: [EventType: Int] = [:]
    for event in try Self.life() {
      let line = try JSONReader.read(Array(event.line.dropLast()))
      let keys = try #require(line.asObject).map(\.key)
      let type = event.type
      let known = EventKey.allCases.filter { type.requiredKeys.contains($0) || type.optionalKeys.contains($0) }
      #expect(keys == known.map(\.rawValue).filter(keys.contains), "\(type.rawValue)")
      #expect(type.requiredKeys.allSatisfy { keys.contains($0.rawValue) }, "\(type.rawValue)")
      seen[type, default: 0] += 1
    }
    #expect(EventType.allCases.filter { seen[$0] == nil } == [])
  }

  @Test func `are required or optional, and every key belongs to some type`() {
    for type in EventType.allCases { #expect(type.requiredKeys.isDisjoint(with: type.optionalKeys)) }
    let used = EventType.allCases.reduce(into: Set<EventKey>()) { $0.formUnion($1.requiredKeys) }
    #expect(Set(EventKey.allCases).subtracting(used) == [.initial, .friendlyName, .endedBy])
  }
}
