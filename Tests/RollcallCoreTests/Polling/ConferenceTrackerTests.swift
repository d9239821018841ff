import RollcallCore
import RollcallTestKit
import Testing

@Suite struct `A conference's tracker` {
  private func room(_ names: String...) throws -> TrackedConference {
    var room = try #require(TrackedConference())
    room.people = names.enumerated().map { FakePerson($1, created: $0) }
    #expect(room.poll() == .complete)
    return room
  }

  @Test func `emits the participants at the start as a baseline`() throws {
    let room = try room("a", "b")
    #expect(room.types == ["participant.present", "participant.present", "watch.started"])
  }

  @Test func `emits nothing while nothing changes`() throws {
    var room = try room("a", "b")
    room.forgetEvents()
    for _ in 0..<5 { #expect(room.poll() == .complete) }
    #expect(room.types.isEmpty)
  }

  @Test func `emits a join with its initial state`() throws {
    var room = try room("a")
    room.forgetEvents()
    var coach = FakePerson("c", created: 9)
    (coach.muted, coach.hold, coach.coaching, coach.target) = (true, true, true, "a")
    room.people.append(coach)
    #expect(room.poll() == .complete)
    #expect(
      room.types == [
        "participant.joined", "participant.muted", "participant.held", "participant.coaching_started",
      ])
    #expect((0..<4).map { room.line($0)["initial"]?.asBool } == [nil, true, true, true])
  }

  @Test func `measures how long a state lasted from the event that began it`() throws {
    var room = try room("a")
    room.people.append(FakePerson("b", created: 9))
    #expect(room.poll() == .complete)
    (room.people[1].muted, room.people[1].hold, room.people[1].coaching) = (true, true, true)
    #expect(room.poll() == .complete)
    (room.people[1].muted, room.people[1].hold, room.people[1].coaching) = (false, false, false)
    room.forgetEvents()
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.coaching_stopped", "participant.unmuted", "participant.unheld"])
    #expect((0..<3).map { room.line($0)["lasted_ms"]?.asInteger } == [2001, 2001, 2001])
  }

  @Test func `emits a coach's new target as a stop and a start`() throws {
    var room = try room("a", "b", "c")
    room.people[2].coaching = true
    room.people[2].target = "a"
    #expect(room.poll() == .complete)
    room.forgetEvents()
    room.people[2].target = "b"
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.coaching_stopped", "participant.coaching_started"])
  }

  @Test func `a coach who leaves stops coaching first`() throws {
    var room = try room("a", "b")
    room.people[1].coaching = true
    #expect(room.poll() == .complete)
    room.forgetEvents()
    room.people.removeLast()
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.coaching_stopped", "participant.left"])
  }

  @Test func `a participant skipped by the list is not reported as left`() throws {
    var room = try room("a", "b", "c")
    room.forgetEvents()
    room.hidden = ["b"]
    for _ in 0..<20 { #expect(room.poll() == .complete) }
    #expect(room.types.isEmpty)
    #expect(room.participantQuestions.count == 20)
  }

  @Test func `the list alone is believed after 30 scans and 60 s`() throws {
    var room = try room("a", "b", "c")
    room.forgetEvents()
    room.hidden = ["b"]
    for _ in 0..<29 { #expect(room.poll() == .complete) }
    #expect(room.types.isEmpty)
    for _ in 0..<3 { #expect(room.poll() == .complete) }
    #expect(room.types == ["participant.left"])
    #expect(String(decoding: room.events[0].line, as: UTF8.self).contains("\"confirmed_by\":\"list_only\""))
  }

  @Test func `a failed scan changes nothing`() throws {
    var room = try room("a", "b")
    room.forgetEvents()
    room.people = []
    let failures: [ScanFailure] = [
      .unreachable(reason: "reset"), .throttled(retryAfter: nil), .malformed(reason: "cut"),
      .unavailable(status: 503, retryAfter: nil),
    ]
    for failure in failures { #expect(room.poll(failing: failure) == .failed(failure)) }
    #expect(room.types.isEmpty)
    #expect(room.folded.people.count == 2)
  }

  @Test func `a row older than the saved one is believed only after three scans and ten seconds`() throws {
    var room = try room("a")
    room.people[0].muted = true
    room.people[0].updated = 50
    #expect(room.poll() == .complete)
    room.forgetEvents()
    room.people[0].muted = false
    room.people[0].updated = 40
    for _ in 0..<5 { #expect(room.poll() == .complete) }
    #expect(room.types.isEmpty)
    for _ in 0..<3 { #expect(room.poll() == .complete) }
    #expect(room.types == ["participant.unmuted"])
  }

  @Test func `a later date_created is a departure and a join`() throws {
    var room = try room("a", "b")
    room.forgetEvents()
    room.people[0].created = 77
    room.people[0].updated = 77
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.left", "participant.joined"])
    #expect(String(decoding: room.events[0].line, as: UTF8.self).contains("\"confirmed_by\":\"rejoined\""))
  }

  @Test func `a completed conference emits departures for all and ends`() throws {
    var room = try room("a", "b")
    room.forgetEvents()
    room.isOver = true
    #expect(room.poll() == .ended)
    #expect(room.types == ["participant.left", "participant.left", "conference.ended"])
    #expect(room.folded.hasEnded)
  }

  @Test func `a conference that had ended at the start emits nothing`() throws {
    var room = try #require(TrackedConference())
    room.isOver = true
    #expect(room.poll() == .over)
    #expect(room.types.isEmpty)
  }

  @Test func `an outage is reported once and resumed before the events that bridge it`() throws {
    var room = try room("a")
    room.forgetEvents()
    for _ in 0..<8 {
      _ = room.poll(failing: .unreachable(reason: "down"))
      room.commit(room.tracker.check(at: room.now))
    }
    #expect(room.types == ["watch.interrupted"])
    room.people.append(FakePerson("b", created: 5))
    #expect(room.poll() == .complete)
    #expect(room.types == ["watch.interrupted", "watch.resumed", "participant.joined"])
  }

  @Test func `a participant who left is confirmed before they join again`() throws {
    var room = try room("a", "b")
    let gone = room.people.removeLast()
    #expect(room.poll() == .complete)
    room.forgetEvents()
    room.people.append(gone)
    #expect(room.poll() == .complete)
    #expect(room.types == ["participant.joined"])
    #expect(room.participantQuestions.map(\.text) == ["b", "b"])
  }

  @Test(arguments: Seeds.first(100))
  func `the events fold to the room, whether differences or whole lists are compared`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var fast = try #require(TrackedConference())
    var slow = fast
    slow.comparesDifferences = false
    var people: [FakePerson] = []
    var born = 0
    for step in 1...60 {
      people = Self.lived(people, step: step, &born, &random)
      let shuffled = Int.random(in: 0..<4, using: &random) == 0 ? people.shuffled(using: &random) : people
      (fast.people, slow.people) = (shuffled, shuffled)
      #expect(fast.poll() == slow.poll())
      #expect(fast.events == slow.events)
      #expect(fast.folded.faults.isEmpty)
      let truth = Dictionary(uniqueKeysWithValues: people.map { ($0.sid, Self.expected($0)) })
      #expect(fast.folded.people == truth)
    }
  }

  private static func expected(_ person: FakePerson) -> FoldedRoom.Person {
    FoldedRoom.Person(
      muted: person.muted, hold: person.hold, coaching: person.coaching,
      target: person.coaching ? person.target : nil, endsOnExit: person.endsOnExit, status: person.status)
  }

  /// A step of a random room's life.
  private static func lived(
    _ before: [FakePerson], step: Int, _ born: inout Int, _ random: inout SplitMix64
  ) -> [FakePerson] {
    var people = before
    people.removeAll { _ in Int.random(in: 0..<12, using: &random) == 0 }
    if Int.random(in: 0..<2, using: &random) == 0 {
      born += 1
      people.append(FakePerson("call-\(born)", created: step))
    }
    for index in people.indices where Int.random(in: 0..<3, using: &random) == 0 {
      people[index].muted = Bool.random(using: &random)
      people[index].hold = Bool.random(using: &random)
      people[index].coaching = Bool.random(using: &random)
      people[index].target = Bool.random(using: &random) ? people.randomElement(using: &random)?.sid : nil
      people[index].endsOnExit = Bool.random(using: &random)
      people[index].updated = step
    }
    return people
  }
}
