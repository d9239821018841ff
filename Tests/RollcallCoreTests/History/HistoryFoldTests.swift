import RollcallCore
import RollcallTestKit
import Testing

@Suite struct `A history of single events` {
  private static func moment(_ second: Int64) -> Timestamp {
    Timestamp(milliseconds: 1_800_000_000_000 + second * 1000)
  }

  /// Returns a line of a stream; `rest` is further members, beginning with a comma.
  private static func line(
    _ sequence: Int, _ type: String, at second: Int64, epoch: Character = "0", _ rest: String = ""
  ) -> [UInt8] {
    let id = "evt_" + String(repeating: epoch, count: 16) + "_" + String(repeating: "0", count: 11) + "\(sequence % 10)"
    let time = moment(second).rfc3339
    let head = #"{"id":"\#(id)","type":"\#(type)","timestamp":"\#(time)","sequence":\#(sequence)"#
    return Array("\(head),\"conference_sid\":\"c\"\(rest)}\n".utf8)
  }

  private static func person(_ call: String, _ count: Int, _ record: String = "", _ rest: String = "") -> String {
    #","call_sid":"\#(call)","participant":{"call_sid":"\#(call)"\#(record)},"participant_count":\#(count)\#(rest)"#
  }

  private static func history(_ lines: [[UInt8]]) throws -> ConferenceHistory {
    var fold = HistoryFold()
    for line in lines { try fold.fold(line: line) }
    return try #require(fold.finished().first)
  }

  @Test func `spans of a baseline have no beginning, and ongoing ones have no end`() throws {
    let history = try Self.history([
      Self.line(
        1, "participant.present", at: 0, Self.person("a", 1, #","muted":true,"coaching":true,"call_sid_to_coach":"b""#)),
      Self.line(2, "watch.started", at: 0, #","interval_ms":2000"#),
      Self.line(
        3, "participant.unmuted", at: 5, Self.person("a", 1, "", #","occurred_after":"\#(Self.moment(3).rfc3339)""#)),
      Self.line(4, "watch.heartbeat", at: 9),
    ])
    let person = try #require(history.people.first)
    let stay = try #require(person.spans(.presence).first)
    #expect(stay.beginning == .unseen && stay.isOpen && stay.milliseconds == 9000)
    let muted = try #require(person.spans(.muted).first)
    #expect(muted.beginning == .unseen && muted.ending == .seen(after: Self.moment(3)) && muted.milliseconds == 5000)
    #expect(person.spans(.coaching).map(\.target) == ["b"] && person.isOpen(.coaching))
    #expect(person.joins == 0 && history.interval == .seconds(2) && !history.hasEnded)
  }

  @Test func `an interruption begins at the last scan, and is open if it has not ended`() throws {
    let resumed = #","from":"\#(Self.moment(2).rfc3339)","to":"\#(Self.moment(20).rfc3339)","reason":"throttled""#
    let lines = [
      Self.line(1, "watch.started", at: 0), Self.line(2, "watch.interrupted", at: 12, #","reason":"throttled""#),
      Self.line(3, "watch.resumed", at: 20, resumed),
      Self.line(4, "watch.interrupted", at: 40, #","reason":"poll_failed""#), Self.line(5, "watch.heartbeat", at: 50),
    ]
    let history = try Self.history(lines)
    #expect(
      history.interruptions == [
        Interruption(start: Self.moment(2), end: Self.moment(20), reason: "throttled", isOpen: false),
        Interruption(start: Self.moment(40), end: Self.moment(50), reason: "poll_failed", isOpen: true),
      ])
    #expect(history.interruptedMilliseconds == 28_000)
  }

  @Test func `a run without the previous room ends its spans and leaves the time between unknown`() throws {
    let history = try Self.history([
      Self.line(1, "participant.joined", at: 0, Self.person("a", 1)),
      Self.line(2, "watch.heartbeat", at: 10),
      Self.line(1, "participant.present", at: 30, epoch: "1", Self.person("a", 1)),
      Self.line(2, "participant.left", at: 40, epoch: "1", Self.person("a", 0)),
    ])
    let stays = try #require(history.people.first).spans(.presence)
    #expect(stays.map(\.milliseconds) == [10_000, 10_000] && stays.map(\.isOpen) == [true, false])
    #expect(
      history.interruptions == [Interruption(start: Self.moment(10), end: Self.moment(30), reason: nil, isOpen: false)])
    #expect(history.average == 1 && history.milliseconds == 40_000)
  }

  @Test func `a run with the previous room is an interruption and ends no spans`() throws {
    let resumed = #","from":"\#(Self.moment(10).rfc3339)","to":"\#(Self.moment(30).rfc3339)","reason":"restart""#
    let history = try Self.history([
      Self.line(1, "participant.joined", at: 0, Self.person("a", 1)),
      Self.line(2, "watch.resumed", at: 30, epoch: "1", resumed),
      Self.line(3, "participant.left", at: 40, epoch: "1", Self.person("a", 0)),
    ])
    let stays = try #require(history.people.first).spans(.presence)
    #expect(stays.map(\.milliseconds) == [40_000] && history.missing == 0)
    #expect(
      history.interruptions == [
        Interruption(start: Self.moment(10), end: Self.moment(30), reason: "restart", isOpen: false)
      ])
  }

  /// As after `--once` with state, which does not report a restart.
  @Test func `a run that reports only changes continues the spans, and each of its events extends them`() throws {
    let elsewhere = Self.line(2, "watch.heartbeat", at: 30, epoch: "1")
    let joined = Self.line(1, "participant.joined", at: 0, Self.person("a", 1))
    for last in [[], [Self.line(3, "participant.muted", at: 30, epoch: "2", Self.person("a", 1))]] {
      let history = try Self.history([joined, elsewhere] + last)
      #expect(try #require(history.people.first).spans(.presence).map(\.milliseconds) == [30_000])
      #expect(history.interruptions.isEmpty)
    }
    // A run that begins with sequence 1 belongs to another stream, without this conference.
    let other = try Self.history([joined, Self.line(1, "planet.exploded", at: 30, epoch: "1")])
    #expect(try #require(other.people.first).spans(.presence).map(\.milliseconds) == [0])
  }

  @Test func `a conference that starts again after its end is not interrupted`() throws {
    let history = try Self.history([
      Self.line(1, "participant.joined", at: 0, Self.person("a", 1)),
      Self.line(2, "participant.left", at: 9, Self.person("a", 0)),
      Self.line(3, "conference.ended", at: 9, #","friendly_name":"support","participant_count":0"#),
      Self.line(1, "conference.started", at: 20, epoch: "1", #","participant_count":0"#),
      Self.line(2, "participant.joined", at: 20, epoch: "1", Self.person("a", 1)),
    ])
    #expect(history.interruptions.isEmpty && !history.hasEnded && history.friendlyName == "support")
    #expect(history.people.first?.joins == 2)
  }

  @Test func `the coached call may change without an end in between`() throws {
    let history = try Self.history([
      Self.line(1, "participant.joined", at: 0, Self.person("a", 1)),
      Self.line(2, "participant.coaching_started", at: 1, Self.person("a", 1, "", #","call_sid_to_coach":"b""#)),
      Self.line(3, "participant.coaching_started", at: 3, Self.person("a", 1, "", #","call_sid_to_coach":"c""#)),
      Self.line(4, "participant.coaching_started", at: 4, Self.person("a", 1, "", #","call_sid_to_coach":"c""#)),
      Self.line(5, "participant.left", at: 9, Self.person("a", 0)),
    ])
    let spans = try #require(history.people.first).spans(.coaching)
    #expect(spans.map(\.target) == ["b", "c"] && spans.map(\.milliseconds) == [2000, 6000])
  }

  @Test func `a participant whose join is missing has the state from before their first poll`() throws {
    let record = #","muted":true,"coaching":true,"call_sid_to_coach":"y""#
    let history = try Self.history([
      Self.line(1, "watch.started", at: 0),
      Self.line(2, "participant.coaching_stopped", at: 4, Self.person("a", 3, record, #","call_sid_to_coach":"x""#)),
      Self.line(3, "participant.unheld", at: 4, Self.person("a", 3, record)),
      Self.line(4, "participant.muted", at: 4, Self.person("a", 3, record)),
      Self.line(5, "participant.coaching_started", at: 4, Self.person("a", 3, record, #","call_sid_to_coach":"y""#)),
      Self.line(6, "participant.left", at: 6, Self.person("a", 2, record)),
    ])
    let person = try #require(history.people.first)
    #expect(person.milliseconds(.presence) == 6000 && person.joins == 0 && history.missing == 2)
    #expect(person.milliseconds(.held) == 4000 && person.milliseconds(.muted) == 2000)
    #expect(person.spans(.coaching).map(\.target) == ["x", "y"])
    #expect(person.spans(.coaching).map(\.milliseconds) == [4000, 2000])
  }

  @Test(arguments: [
    ("{", HistoryFault.notJSON(column: 2, reason: "expected a key in quotes")),
    ("{}", .foreign(lacks: "id")),
    (#"{"id":"1","type":"a.b"}"#, .foreign(lacks: "id")),
    (#"{"id":"evt_0000000000000000_000000000001"}"#, .foreign(lacks: "type")),
    (#"{"id":"evt_0000000000000000_000000000001","type":"x"}"#, .foreign(lacks: "timestamp")),
  ])
  func `a line of another program is rejected`(line: String, fault: HistoryFault) {
    var fold = HistoryFold()
    #expect(throws: fault) { try fold.fold(line: Array(line.utf8)) }
    #expect(!fault.text.isEmpty)
  }

  @Test func `an event of a known type without its sids is rejected, one of a later type is skipped`() throws {
    let time = Self.moment(0).rfc3339
    func line(_ type: String) -> [UInt8] {
      Array(#"{"id":"evt_0000000000000000_000000000001","type":"\#(type)","timestamp":"\#(time)","sequence":1}"#.utf8)
    }
    var fold = HistoryFold()
    #expect(throws: HistoryFault.foreign(lacks: "conference_sid")) { try fold.fold(line: line("participant.left")) }
    #expect(throws: HistoryFault.foreign(lacks: "call_sid")) {
      try fold.fold(line: Self.line(1, "participant.left", at: 0))
    }
    try fold.fold(line: line("planet.exploded"))
    try fold.fold(line: Self.line(2, "planet.exploded", at: 0))
    #expect(fold.finished().map(\.conference.text) == ["c"])
  }

  @Test func `at most the maximum number of spans is kept, and skipped events do not count`() throws {
    // The run, the conference, a stay and two muted spans.
    let lines = [
      Self.line(1, "participant.joined", at: 0, Self.person("a", 1)),
      Self.line(2, "participant.muted", at: 1, Self.person("a", 1)),
      Self.line(3, "participant.unmuted", at: 2, Self.person("a", 1)),
      Self.line(4, "participant.muted", at: 3, Self.person("a", 1)),
      Self.line(5, "participant.left", at: 4, Self.person("a", 0)),
    ]
    var fold = HistoryFold(maximumSpans: 5)
    for line in lines { try fold.fold(line: line) }
    fold.skip(
      StoredEvent(
        sequence: 6, id: EventStream.id(epoch: 0, sequence: 6), type: .watchHeartbeat, timestamp: Self.moment(60),
        conference: nil, call: nil, line: []))
    #expect(throws: HistoryFault.tooMuch) { try fold.fold(line: Self.line(6, "watch.interrupted", at: 5)) }
    #expect(HistoryFault.tooMuch.text.contains(bytesOf: "1000000"))
    #expect(fold.finished().first?.milliseconds == 60_000)
  }

  @Test func `events of other conferences are ignored`() throws {
    var fold = HistoryFold(conference: ConferenceSID("d"))
    try fold.fold(line: Self.line(1, "watch.started", at: 0))
    #expect(fold.finished().isEmpty)
  }

  @Test func `events that are out of order are rejected, within a run and between runs`() throws {
    let first = [Self.line(1, "watch.started", at: 0), Self.line(2, "watch.heartbeat", at: 10)]
    for wrong in [
      [Self.line(3, "watch.resumed", at: -1)], [Self.line(1, "watch.started", at: 9, epoch: "1")],
      [Self.line(1, "watch.started", at: 10, epoch: "1"), Self.line(3, "watch.resumed", at: 11)],
    ] {
      #expect(throws: HistoryFault.disordered) { try Self.history(first + wrong) }
    }
  }
}
