import RollcallCore
import RollcallKit
import Testing

@testable import rollcall

@Suite struct `Events as rows` {
  private static let events = [
    ToldEvents.event(.conferenceStarted, 0, nil, #""friendly_name":"support","participant_count":0"#),
    ToldEvents.event(
      .participantPresent, 0, "call-aaaa", #""participant_count":1"#, record: #""muted":true,"hold":true"#),
    ToldEvents.event(.watchStarted, 0, nil, #""interval_ms":2000"#),
    ToldEvents.event(.participantJoined, 1, "call-bbbb", #""participant_count":2"#, record: #""label":"agent""#),
    ToldEvents.event(.participantCoachingStarted, 1, "call-aaaa", #""call_sid_to_coach":"call-bbbb","initial":true"#),
    ToldEvents.event(.participantCoachingStopped, 2, "call-aaaa", #""call_sid_to_coach":null,"lasted_ms":999"#),
    ToldEvents.event(
      .participantUpdated, 3, "call-bbbb", #""changes":{"end_conference_on_exit":{"from":false,"to":true}}"#),
    ToldEvents.event(.participantLeft, 68, "call-bbbb", #""lasted_ms":67000,"participant_count":1"#),
    ToldEvents.event(.watchInterrupted, 70, nil, #""reason":"poll_failed","error":"a/b""#),
    ToldEvents.event(
      .watchResumed, 80, nil,
      #""reason":"clock_jump","from":"2026-11-23T09:43:00.000Z","to":"2026-11-23T10:44:00.000Z""#),
    ToldEvents.event(.watchStopped, 86_400, nil, in: nil, #""reason":"reader_gone""#),
  ]

  private static func rows(_ events: [StoredEvent], width: Int?, namesConference: Bool = true) -> [String] {
    var table = EventTable(
      TerminalCapabilities(hasColour: false) { width }, zone: .utc, namesConference: namesConference)
    let bytes = events.flatMap { table.bytes(of: $0) }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map(String.init)
  }

  @Test func `are aligned, and begin each day with its date`() {
    #expect(
      Self.rows(Self.events, width: nil) == [
        "TIME      PEOPLE  CONFERENCE   WHO               WHAT",
        "2026-11-23 UTC",
        "09:43:00  0       support      –                 the conference started",
        "09:43:00  1       support      …aaaa             is there, muted, on hold",
        "09:43:00          support      –                 watching began, polling every 2s",
        "09:43:01  2       support      agent             joined",
        "09:43:01          support      …aaaa             coaching agent on entering",
        "09:43:02          support      …aaaa             stopped coaching after 0.9 s",
        "09:43:03          support      agent             end conference on exit no → yes",
        "09:44:08  1       support      agent             left after 1 min 7 s",
        "09:44:10          support      –                 watching interrupted (poll failed): a/b",
        "09:44:20          support      –                 watching resumed (clock jump); not watched for 1 h 1 min",
        "2026-11-24 UTC",
        "09:43:00                       –                 watching stopped (reader gone)",
      ])
  }

  @Test func `cut the user's name of a conference like that of a participant`() throws {
    let long = String(repeating: "N", count: SIDNames.maximumName)
    let names = try SIDNames(text: Array("CF-1 \(long)".utf8))
    let event = ToldEvents.event(
      .conferenceStarted, 0, nil, in: "CF-1", #""friendly_name":"support","participant_count":0"#)
    for (names, shown) in [(ShownNames { names[$0] }, "\(long.prefix(31))…"), (.none, "support")] {
      var table = EventTable(
        TerminalCapabilities(hasColour: false) { nil }, names: names, zone: .utc, namesConference: true)
      let row = String(decoding: table.bytes(of: event), as: UTF8.self).split(separator: "\n").last
      #expect(row?.hasPrefix("09:43:00  0       \(shown)  ") == true)
    }
  }

  @Test func `name a conference as earlier events do, until it gets another name`() throws {
    let conference = try #require(ToldEvents.event(.watchStarted, 0, nil).conference)
    var table = EventTable(
      TerminalCapabilities(hasColour: false) { nil }, known: KnownNames([conference: "earlier"]), zone: .utc,
      namesConference: true)
    let rows = [
      ToldEvents.event(.participantLeft, 1, "call-bbbb"),
      ToldEvents.event(.conferenceEnded, 2, nil, #""friendly_name":"support","participant_count":0"#),
      ToldEvents.event(.participantJoined, 3, "call-bbbb"),
    ].map { String(decoding: table.bytes(of: $0), as: UTF8.self).split(separator: "\n").last ?? "" }
    #expect(rows.map { $0.dropFirst(18).prefix(7) } == ["earlier", "support", "support"])
  }

  @Test func `say whom a participant of the baseline coaches, by either provider's key`() {
    for key in ["call_sid_to_coach", "coaching_call_sid"] {
      let rows = Self.rows(
        [
          ToldEvents.event(.participantPresent, 0, "call-aaaa", record: #""label":"agent""#),
          ToldEvents.event(
            .participantPresent, 0, "call-bbbb", record: #""muted":true,"coaching":true,"\#(key)":"call-aaaa""#),
          ToldEvents.event(
            .participantPresent, 0, "call-cccc", record: #""coaching":false,"\#(key)":"call-aaaa""#),
        ], width: nil, namesConference: false)
      #expect(rows[3] == "09:43:00          …bbbb             is there, muted, coaching agent")
      #expect(rows[4] == "09:43:00          …cccc             is there")
    }
  }

  @Test(
    arguments: [
      (60, "09:44:20  support   +12025550101  put on hold"),
      (80, "09:44:20  2       support      +12025550101      put on hold"),
      (120, "09:44:20  2       support            +12025550101              put on hold"),
      (200, "09:44:20  2       support                   +12025550101              put on hold"),
    ])
  func `have columns that follow the window, the last of which has the rest of the line`(width: Int, row: String) {
    let address = #""call":{"from":"+12025550101","to":"+15550199","direction":"inbound"}"#
    let words = String(repeating: "x", count: 200)
    let long = ToldEvents.event(.watchInterrupted, 70, nil, #""reason":"poll_failed","error":"\#(words)""#)
    let rows = Self.rows(
      Self.events.prefix(1) + [
        ToldEvents.event(.participantHeld, 80, "call-1", #""participant_count":2"#, record: address), long,
      ], width: width)
    #expect(rows[3] == row)
    #expect(TextColumns.count(rows[4]) == width && rows[4].hasSuffix("…"))
  }

  @Test func `name people by their address if they have no name, and coached people by what is known of them`() {
    func call(_ from: String) -> String { #""call":{"from":"\#(from)","to":"+15550199","direction":"inbound"}"# }
    let events = [
      ToldEvents.event(.participantPresent, 0, "call-1", record: call("+12025550101")),
      ToldEvents.event(.participantPresent, 0, "call-2", record: call("sip:desk@example.com;transport=tls")),
      ToldEvents.event(.participantCoachingStarted, 1, "call-2", #""call_sid_to_coach":"call-1""#),
      ToldEvents.event(.participantLeft, 2, "call-1", record: call("+12025550101")),
      ToldEvents.event(.participantCoachingStopped, 2, "call-2", #""call_sid_to_coach":"call-1""#),
      ToldEvents.event(.participantJoined, 3, "call-3", record: call("+12025550101")),
      ToldEvents.event(.participantJoined, 4, "call-4", record: call("+12025550101")),
    ]
    let words = Self.rows(events, width: nil, namesConference: false).dropFirst(2).map { $0.dropFirst(18) }
    #expect(
      words == [
        "+12025550101      is there", "sip:desk@example.com  is there",
        "sip:desk@example.com  started coaching +12025550101", "+12025550101      left",
        "sip:desk@example.com  stopped coaching +12025550101", "+12025550101      joined",
        "+12025550101 …ll-4  joined",
      ])
  }

  @Test func `are legible in twenty columns`() {
    #expect(
      Self.rows(Array(Self.events.dropFirst().prefix(4)), width: 20) == [
        "2026-11-23 UTC", "09:43 …aaaa is ther…", "09:43 watching bega…", "09:43 agent joined", "09:43 …aaaa coachin…",
      ])
  }

  @Test(arguments: [1, 20, 47, 48, 80, 200])
  func `are never too wide and always safe`(width: Int) {
    let label = ToldEvents.quoted(ToldEvents.hostileLabel)
    let hostile = EventType.allCases.map {
      ToldEvents.event(
        $0, 1, "call-1",
        #""reason":\#(label),"friendly_name":\#(label),"call_sid_to_coach":\#(label),"error":\#(label)"#,
        record: #""label":\#(label)"#)
    }
    for row in Self.rows(hostile, width: width) {
      #expect(TextColumns.count(row) <= width)
      #expect(TerminalText.sanitised(row) == row)
    }
  }

  @Test func `describe every type, and an unreadable line`() {
    for type in EventType.allCases where type != .watchHeartbeat {
      var names = NameBook(.none)
      let row = EventRow(EventLine(ToldEvents.event(type, 0, "call-1")), &names)
      #expect(!row.what.isEmpty || type == .participantUpdated)
    }
    let damaged = StoredEvent(
      sequence: 1, id: "evt_1", type: .participantJoined, timestamp: ToldEvents.start, conference: nil, call: nil,
      line: [0x7B])
    #expect(Self.rows([damaged], width: nil).last == "09:43:00                       –                 joined")
  }
}
