import RollcallTestKit
import Testing

@testable import RollcallCore

/// Polls are two seconds apart.
@Suite struct `An alert` {
  private static func conditions(_ texts: [String]) throws -> [AlertCondition] {
    try texts.map { try AlertCondition($0) }
  }

  private static func room(_ alerts: String..., people: [FakePerson] = [FakePerson("a")]) throws -> TrackedConference {
    var room = try #require(TrackedConference(alerts: conditions(alerts)))
    room.people = people
    #expect(room.poll() == .complete)
    room.forgetEvents()
    return room
  }

  /// Polls `count` times, and returns the types of each poll's events.
  private static func polls(_ count: Int, _ room: inout TrackedConference) -> [[String]] {
    (0..<count).map { _ in
      room.forgetEvents()
      #expect(room.poll() == .complete)
      return room.types
    }
  }

  private static func change(_ room: inout TrackedConference, _ index: Int = 0, _ body: (inout FakePerson) -> Void) {
    body(&room.people[index])
    room.people[index].updated += 1
  }

  /// Continues from the saved room in another process.
  private static func restart(_ room: inout TrackedConference, _ alerts: String...) throws {
    room.tracker = ConferenceTracker(
      conference: room.tracker.room.conference, origin: .named, saved: room.tracker.wholeRoom, keepsRoom: true,
      alerts: try conditions(alerts), interval: .seconds(2), version: "0")
    room.tracker.resume(reportsRestart: true)
  }

  @Test(arguments: ["hold", "muted", "coaching"])
  func `is raised once when its state has lasted long enough, and resolved when the state ends`(subject: String) throws
  {
    var room = try Self.room("\(subject):5s")
    func set(_ isOn: Bool) {
      Self.change(&room) { person in
        switch subject {
        case "hold": person.hold = isOn
        case "muted": person.muted = isOn
        default: person.coaching = isOn
        }
      }
    }
    set(true)
    #expect(Self.polls(1, &room).first?.count == 1)
    let began = try #require(room.line(0)["timestamp"]?.asText)
    let before = room.tracker.room.lastScanStart?.rfc3339
    #expect(Self.polls(2, &room) == [[], []])
    let last = room.tracker.room.lastScanStart?.rfc3339
    #expect(Self.polls(1, &room) == [["alert.raised"]])
    #expect(before != last && room.line(0)["occurred_after"]?.asText == last)
    #expect(room.line(0)["alert"]?.asText == "\(subject):5s" && room.line(0)["since"]?.asText == began)
    #expect(room.line(0)["call_sid"]?.asText == "a" && room.line(0)["participant"]?["call_sid"]?.asText == "a")
    #expect(room.line(0)["participant_count"]?.asInteger == 1 && room.line(0)["lasted_ms"] == nil)
    #expect(Self.polls(5, &room) == [[], [], [], [], []])
    set(false)
    #expect(Self.polls(1, &room).first?.last == "alert.resolved")
    #expect(room.line(1)["since"]?.asText == began && room.line(1)["lasted_ms"]?.asInteger == 18_009)
    set(true)
    #expect(Self.polls(4, &room).suffix(3) == [[], [], ["alert.raised"]])
    #expect(room.folded.faults.isEmpty && room.folded.alerts == room.tracker.room.raisedAlerts)
  }

  @Test func `counts a state in the baseline from the first scan, and one of an arrival from its scan`() throws {
    var held = FakePerson("a")
    held.hold = true
    var room = try Self.room("hold:3s", people: [held])
    #expect(Self.polls(2, &room) == [[], ["alert.raised"]])
    var late = FakePerson("b", created: 9)
    late.hold = true
    room.people.append(late)
    #expect(Self.polls(3, &room).suffix(2) == [[], ["alert.raised"]])
    #expect(room.line(0)["call_sid"]?.asText == "b")
  }

  @Test func `is resolved when its participant leaves, after the departure and with its record`() throws {
    var room = try Self.room("hold:1s", "alone:1s", people: [FakePerson("a"), FakePerson("b")])
    Self.change(&room) { $0.hold = true }
    #expect(Self.polls(2, &room).last == ["alert.raised"])
    room.people.removeFirst()
    #expect(Self.polls(1, &room) == [["participant.left", "alert.resolved"]])
    #expect(room.line(1)["participant"]?["hold"]?.asBool == true && room.line(1)["participant_count"]?.asInteger == 1)
    #expect(Self.polls(1, &room) == [["alert.raised"]])
    #expect(room.line(0)["alert"]?.asText == "alone:1s" && room.line(0)["call_sid"] == nil)
    #expect(room.line(0)["participant"] == nil && room.folded.faults.isEmpty)
  }

  @Test func `starts again with a later stay`() throws {
    var room = try Self.room("hold:3s")
    Self.change(&room) { $0.hold = true }
    #expect(Self.polls(3, &room).last == ["alert.raised"])
    var back = FakePerson("a", created: 7)
    back.hold = true
    room.people = [back]
    #expect(
      Self.polls(3, &room) == [
        ["participant.left", "participant.joined", "participant.held", "alert.resolved"], [], ["alert.raised"],
      ])
    #expect(room.folded.faults.isEmpty)
  }

  @Test func `continues while a coach changes the coached call`() throws {
    var room = try Self.room("coaching:1s")
    Self.change(&room) { ($0.coaching, $0.target) = (true, "b") }
    #expect(Self.polls(2, &room).last == ["alert.raised"])
    Self.change(&room) { $0.target = "c" }
    #expect(Self.polls(2, &room) == [["participant.coaching_stopped", "participant.coaching_started"], []])
  }

  @Test func `ignores the time of an outage, and stays raised through one`() throws {
    var room = try Self.room("hold:3s", "muted:9s")
    Self.change(&room) { ($0.hold, $0.muted) = (true, true) }
    #expect(Self.polls(3, &room).last == ["alert.raised"])
    room.now = room.now + .seconds(3600)
    #expect(Self.polls(1, &room) == [["watch.resumed"]])
    let resumed = try #require(room.line(0)["timestamp"]?.asText)
    #expect(Self.polls(5, &room) == [[], [], [], [], ["alert.raised"]])
    #expect(room.line(0)["alert"]?.asText == "muted:9s" && room.line(0)["since"]?.asText == resumed)
    room.now = room.now + .seconds(3600)
    Self.change(&room) { ($0.hold, $0.muted) = (false, false) }
    #expect(Self.polls(1, &room)[0].suffix(2) == ["alert.resolved", "alert.resolved"])
    #expect(room.folded.faults.isEmpty)
  }

  @Test func `continues through failed polls that are not an outage`() throws {
    var room = try Self.room("hold:5s")
    Self.change(&room) { $0.hold = true }
    #expect(Self.polls(1, &room).count == 1)
    for _ in 0..<3 { _ = room.poll(failing: .unreachable(reason: "down")) }
    #expect(Self.polls(1, &room) == [["alert.raised"]])
  }

  @Test func `stays raised through a restart, and starts again if it was not raised`() throws {
    var room = try Self.room("hold:3s", "muted:5s")
    Self.change(&room) { ($0.hold, $0.muted) = (true, true) }
    #expect(Self.polls(3, &room).last == ["alert.raised"])
    try Self.restart(&room, "hold:3s", "muted:5s")
    #expect(Self.polls(4, &room) == [["watch.resumed"], [], [], ["alert.raised"]])
    #expect(room.line(0)["alert"]?.asText == "muted:5s")
    try Self.restart(&room, "hold:3s", "muted:5s")
    Self.change(&room) { $0.hold = false }
    #expect(Self.polls(1, &room) == [["watch.resumed", "participant.unheld", "alert.resolved"]])
    #expect(room.folded.faults.isEmpty && room.folded.alerts == room.tracker.room.raisedAlerts)
  }

  @Test func `is resolved after a restart without its condition`() throws {
    var room = try Self.room("hold:1s", "alone:1s")
    Self.change(&room) { $0.hold = true }
    #expect(Self.polls(2, &room) == [["participant.held", "alert.raised"], ["alert.raised"]])
    try Self.restart(&room)
    #expect(Self.polls(2, &room) == [["watch.resumed", "alert.resolved", "alert.resolved"], []])
    #expect(room.folded.alerts.isEmpty && room.folded.faults.isEmpty)
  }

  @Test func `is saved with the room, and forgotten when it is resolved`() throws {
    var room = try Self.room("hold:1s", "empty:1s")
    try Self.restart(&room, "hold:1s", "empty:1s")
    Self.change(&room) { $0.hold = true }
    _ = Self.polls(2, &room)
    let changes = room.tracker.takeChanges(with: room.drafts)
    let raised = try #require(changes)
    #expect(raised.raisedAlerts.map(\.alert) == [Alert("hold:1s", of: CallSID("a"))] && raised.resolvedAlerts.isEmpty)
    #expect(raised.raisedAlerts.map(\.since) == room.tracker.room.raisedAlerts.map(\.value))
    Self.change(&room) { $0.hold = false }
    _ = Self.polls(1, &room)
    let later = room.tracker.takeChanges(with: room.drafts)
    let resolved = try #require(later)
    #expect(resolved.raisedAlerts.isEmpty && resolved.resolvedAlerts == [Alert("hold:1s", of: CallSID("a"))])
  }

  @Test func `is not raised by a scan that does not show its participant`() throws {
    var room = try Self.room("hold:3s", people: [FakePerson("a"), FakePerson("b")])
    Self.change(&room) { $0.hold = true }
    #expect(Self.polls(1, &room).count == 1)
    (room.hidden, room.answers) = (["a"], ["a": .unclear])
    #expect(Self.polls(3, &room) == [[], [], []])
    room.answers = [:]
    // Their own resource shows it.
    #expect(Self.polls(1, &room) == [["alert.raised"]])
  }

  @Test func `about an empty room needs a conference in progress`() throws {
    var room = try Self.room("empty:3s")
    room.people = []
    #expect(Self.polls(1, &room) == [["participant.left"]])
    room.conferenceAnswer = .unclear
    #expect(Self.polls(3, &room) == [[], [], []])
    room.conferenceAnswer = nil
    #expect(Self.polls(1, &room) == [["alert.raised"]])
    #expect(room.line(0)["participant_count"]?.asInteger == 0)
    room.people = [FakePerson("b", created: 40)]
    #expect(Self.polls(1, &room) == [["participant.joined", "alert.resolved"]])
  }

  @Test func `about a number of participants is raised above it, and waits for those in doubt`() throws {
    let people = ["a", "b", "c"].map { FakePerson($0) }
    var room = try Self.room("people:2:1s", "people:3:1s", people: Array(people.prefix(2)))
    room.people = people
    #expect(Self.polls(1, &room) == [["participant.joined"]])
    (room.hidden, room.answers) = (["c"], ["c": .unclear])
    #expect(Self.polls(1, &room) == [[]])
    (room.hidden, room.answers) = ([], [:])
    #expect(Self.polls(1, &room) == [["alert.raised"]])
    room.people.removeLast()
    #expect(Self.polls(1, &room) == [["participant.left", "alert.resolved"]])
  }

  @Test func `is resolved before the end of its conference`() throws {
    var room = try Self.room("hold:1s", "people:1:1s", people: [FakePerson("a"), FakePerson("b")])
    Self.change(&room, 1) { $0.hold = true }
    _ = Self.polls(2, &room)
    #expect(room.folded.alerts.count == 2)
    room.isOver = true
    room.forgetEvents()
    #expect(room.poll() == .ended)
    #expect(
      room.types == [
        "participant.left", "participant.left", "alert.resolved", "alert.resolved", "conference.ended",
      ])
    #expect(room.folded.faults.isEmpty && room.folded.alerts.isEmpty)
  }

  @Test func `is sorted by name and participant`() throws {
    let people = ["b", "a", "c"].map { FakePerson($0) }
    var room = try Self.room("muted:1s", "hold:1s", people: people)
    for index in people.indices { Self.change(&room, index) { ($0.hold, $0.muted) = (true, true) } }
    _ = Self.polls(2, &room)
    let told = room.events.indices.map {
      (room.line($0)["alert"]?.asText ?? "", room.line($0)["call_sid"]?.asText ?? "")
    }
    #expect(
      told.map { "\($0.0) \($0.1)" } == [
        "hold:1s a", "hold:1s b", "hold:1s c", "muted:1s a", "muted:1s b", "muted:1s c",
      ])
  }

  @Test func `is redacted like its participant in a room`() throws {
    let call = try #require(CallSID("a"))
    var room = Room(conference: try #require(ConferenceSID("CF")))
    room.raisedAlerts = [
      Alert("hold:1s", of: call): Timestamp(milliseconds: 5), Alert("empty:1s"): Timestamp(milliseconds: 6),
    ]
    let redaction = Redaction([.callSID], key: Array("0123456789abcdef".utf8))
    let token = redaction.redacted(call)
    #expect(
      room.redacted(by: redaction).raisedAlerts == [
        Alert("hold:1s", of: token): Timestamp(milliseconds: 5), Alert("empty:1s"): Timestamp(milliseconds: 6),
      ])
    #expect(token != call)
  }
}
