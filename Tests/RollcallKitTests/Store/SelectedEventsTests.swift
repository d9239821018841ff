import RollcallTestKit
import Testing

@testable import RollcallCore
@testable import RollcallKit

/// The guarantees of every store for filtered events.
@Suite(.timeLimit(.minutes(5))) struct `The selected events of a store` {
  private static let people = ["a", "b", "c", "12", "e.f:g_h-i"]
  private static let addresses = [
    "+12025550101", "+1 202 555 0101", "sip:a\"\\@b.c", "SIP:A\"\\@b.c;transport=tls", "sips:a@b.c", "client:Ä",
    "client:A\u{308}", "client:\"\u{301}",
    "client:a;b",
    "anonymous", "+123",
  ]
  private static let conferences = ["CF-1", "CF-2"]

  /// Returns a random event that a poll may write.
  private static func event(_ number: Int, _ random: inout SplitMix64) -> Event {
    let type = EventType.allCases.randomElement(using: &random) ?? .watchStopped
    let lane = random.happens(onceIn: 6) ? nil : conferences.randomElement(using: &random)
    var event = Event(
      type, at: Timestamp(milliseconds: Int64(number)), conference: lane.flatMap(ConferenceSID.init))
    if type.isAlert {
      let subject = AlertCondition.Subject.allCases.randomElement(using: &random) ?? .hold
      event.alert = "\(subject.rawValue):2m"
      guard subject.field != nil else { return event }
    } else if !type.isAboutPerson {
      return event
    }
    event.call = people.randomElement(using: &random).flatMap(CallSID.init)
    event.participant = Array("{}".utf8)
    if let address = addresses.randomElement(using: &random), !random.happens(onceIn: 5) {
      let isInbound = random.happens(onceIn: 2)
      event.callDetails = CallDetails(
        from: isInbound ? address : "+4930123", to: isInbound ? "+4930123" : address,
        direction: isInbound ? "inbound" : "outbound-dial")
    }
    let fields = TrackedField.allCases.filter { $0.types.contains(type) }
    let told = fields.filter { _ in random.happens(onceIn: 2) }
    event.changes = (told.isEmpty ? fields.prefix(1) : told[...]).map { FieldChange($0.rawValue, nil, "x") }
    if type.isCoaching {
      event.callSIDToCoach = random.happens(onceIn: 4) ? nil : people.randomElement(using: &random)
      event.changes.append(FieldChange("call_sid_to_coach", nil, event.callSIDToCoach))
    }
    return event
  }

  @Test(arguments: `An event store`.Kind.allCases, Seeds.first(3))
  func `are those whose lines pass the filter, in every span of a lane`(kind: `An event store`.Kind, seed: UInt64)
    async throws
  {
    try await StateFolder.use { folder in
      var random = SplitMix64(seed: seed)
      let store: any EventStore =
        switch kind {
        case .memory: MemoryStore(epoch: 7, targets: ["a"])
        case .file: try await folder.open()
        }
      _ = try await store.cursor(of: "a")
      try await store.commit(PollCommit((0..<400).map { Self.event($0, &random) }))
      let all = try await store.events(after: 0, limit: 1000)
      for _ in 0..<80 {
        let plain = PlainSelection(of: Self.people, at: Self.addresses, &random)
        let after = UInt64.random(in: 0...400, using: &random)
        let lane = (Self.conferences + [""]).randomElement(using: &random).flatMap(ConferenceSID.init)
        let span = LaneSpan(lane: lane, after: after, through: UInt64.random(in: after...420, using: &random))
        let found = all.filter {
          $0.conference == lane && $0.sequence > after && $0.sequence <= span.through && plain.accepts($0)
        }
        let selection = plain.selection
        #expect(try await store.references(in: span, of: selection, limit: 1000) == found.map(EventReference.init))
        #expect(
          try await store.references(in: span, of: selection, limit: 2) == found.prefix(2).map(EventReference.init))
        #expect(try await store.count(in: span, of: selection) == found.count)
        #expect(try await store.last(in: span, of: selection) == found.last?.sequence)
        #expect(all.filter(selection.accepts) == all.filter(plain.accepts))
      }
    }
  }

  @Test(arguments: [4, 5] as [UInt64])
  func `are counted for resending`(seed: UInt64) async throws {
    try await StateFolder.use { folder in
      var random = SplitMix64(seed: seed)
      let store = try await folder.open()
      try await store.commit(PollCommit((0..<300).map { Self.event($0, &random) }))
      let all = try await store.events(after: 0, limit: 1000)
      let reader = try StateReader(path: folder.file("state"))
      #expect(try reader.events(.init(), after: 0, limit: 1000) == all)
      for start in [0, 1, 150, 299, 300] as [Int64] {
        let plain = PlainSelection(of: Self.people, at: Self.addresses, &random)
        let moment = Timestamp(milliseconds: start)
        #expect(
          try reader.count(of: plain.selection, from: moment)
            == all.count { $0.timestamp >= moment && plain.accepts($0) })
      }
    }
  }
}
