import RollcallCore
import RollcallTestKit
import Testing

@Suite struct `A room rebuilt from its events` {
  @Test(arguments: Seeds.first(40))
  func `equals the committed room after every poll`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var conference = try #require(TrackedConference(confirmsLeft: !random.happens(onceIn: 4)))
    let sid = try #require(ConferenceSID(TrackedConference.sid))
    var life = RandomLife()
    var recalled = RecalledRooms()
    for _ in 0..<60 {
      life.step(&random)
      life.noteOutage(&conference, &random)
      conference.forgetEvents()
      _ = conference.poll()
      for event in conference.events { try recalled.fold(event) }
      let committed = conference.tracker.room.participants.mapValues(\.state)
      #expect(recalled.people[sid, default: [:]].mapValues(\.state) == committed)
      #expect(recalled.missing == 0)
      if conference.folded.hasEnded { break }
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `without its first events counts the missing participants and is right about the others`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var conference = try #require(TrackedConference())
    let sid = try #require(ConferenceSID(TrackedConference.sid))
    var life = RandomLife()
    for _ in 0..<30 {
      life.step(&random)
      conference.people = life.people
      _ = conference.poll()
    }
    var recalled = RecalledRooms()
    let kept = conference.events.suffix(conference.events.count / 3)
    try #require(!kept.isEmpty)
    for event in kept { try recalled.fold(event) }
    let committed = conference.tracker.room.participants.mapValues(\.state)
    let people = recalled.people[sid, default: [:]]
    for (call, person) in people { #expect(person.state == committed[call]) }
    #expect(people.count + recalled.missing == committed.count)
  }

  @Test func `gives the times of joins, and none for participants of the baseline`() throws {
    var conference = try #require(TrackedConference())
    let sid = try #require(ConferenceSID(TrackedConference.sid))
    conference.people = [FakePerson("old")]
    _ = conference.poll()
    conference.people.append(FakePerson("new", created: 1))
    _ = conference.poll()
    var recalled = RecalledRooms()
    for event in conference.events { try recalled.fold(event) }
    let joined = try #require(conference.events.first { $0.type == .participantJoined })
    let (old, new) = (try #require(CallSID("old")), try #require(CallSID("new")))
    #expect(recalled.people[sid]?[old]?.since == nil)
    #expect(recalled.people[sid]?[new]?.since == joined.timestamp)
    #expect(recalled.knows(sid))
  }

  @Test(arguments: ["call_sid_to_coach", "coaching_call_sid"])
  func `takes the call coached by a participant of the baseline from the record, by either key`(key: String) throws {
    let sid = try #require(ConferenceSID("c"))
    let record = #"{"call_sid":"a","coaching":true,"\#(key)":"b"}"#
    let line = #"{"call_sid":"a","participant":\#(record),"participant_count":1}"# + "\n"
    var recalled = RecalledRooms()
    try recalled.fold(
      StoredEvent(
        sequence: 1, id: "evt_1", type: .participantPresent, timestamp: Timestamp(milliseconds: 0), conference: sid,
        call: CallSID("a"), line: Array(line.utf8)))
    #expect(recalled.people[sid]?[try #require(CallSID("a"))]?.state.callSIDToCoach == "b")
  }

  @Test func `starts again with another run's baseline, and otherwise continues`() throws {
    func event(_ epoch: UInt64, _ type: EventType, _ call: String?, in conference: String = "c") -> StoredEvent {
      let person = call.map { #","call_sid":"\#($0)","participant":{"call_sid":"\#($0)"}"# } ?? ""
      return StoredEvent(
        sequence: 1, id: EventStream.id(epoch: epoch, sequence: 1), type: type, timestamp: Timestamp(milliseconds: 0),
        conference: ConferenceSID(conference), call: call.flatMap(CallSID.init),
        line: Array("{\"type\":\"\(type.rawValue)\"\(person)}\n".utf8))
    }
    func people(_ next: [StoredEvent]) throws -> [String: Set<String>] {
      var recalled = RecalledRooms()
      for event in [
        event(1, .participantPresent, "a"), event(1, .participantPresent, "b"), event(1, .watchStarted, nil),
        event(1, .participantJoined, "d", in: "other"),
      ] + next { try recalled.fold(event) }
      return Dictionary(
        recalled.people.map { ($0.key.text, Set($0.value.keys.map(\.text))) }, uniquingKeysWith: { $0.union($1) })
    }
    let other = Set(["d"])
    let baseline = [
      event(2, .participantPresent, "b"), event(2, .participantPresent, "c"), event(2, .watchStarted, nil),
    ]
    #expect(try people(baseline) == ["c": ["b", "c"], "other": other])
    #expect(try people([event(2, .watchStarted, nil)]) == ["other": other])
    #expect(try people([event(2, .conferenceStarted, nil)]) == ["other": other])
    let restart = [event(2, .watchResumed, nil), event(2, .participantJoined, "c")]
    #expect(try people(restart) == ["c": ["a", "b", "c"], "other": other])
    #expect(try people([event(2, .participantLeft, "a")]) == ["c": ["b"], "other": other])
  }

  @Test func `is empty once the conference has ended`() throws {
    var conference = try #require(TrackedConference())
    conference.people = [FakePerson("a"), FakePerson("b")]
    _ = conference.poll()
    conference.isOver = true
    _ = conference.poll()
    var recalled = RecalledRooms()
    for event in conference.events { try recalled.fold(event) }
    #expect(conference.folded.hasEnded)
    #expect(recalled.people.isEmpty && recalled.missing == 0)
  }
}
