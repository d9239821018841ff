import RollcallCore
import RollcallTestKit
import Testing

@testable import rollcall

@Suite struct `The board` {
  private static let busy = [
    ToldEvents.event(.participantPresent, 0, "call-aaaa", record: #""label":"agent","muted":false"#),
    ToldEvents.event(.participantPresent, 0, "call-bbbb", record: #""muted":true"#),
    ToldEvents.event(.watchStarted, 0, nil, #""baseline":2,"interval_ms":2000"#),
    ToldEvents.event(.participantJoined, 10, "call-cccc", record: #""label":"coach","coaching":true"#),
    ToldEvents.event(.participantCoachingStarted, 10, "call-cccc", #""call_sid_to_coach":"call-aaaa""#),
    ToldEvents.event(.participantHeld, 65, "call-aaaa"),
    ToldEvents.event(.participantUnmuted, 70, "call-bbbb", #""lasted_ms":null"#),
  ]

  @Test func `shows who is in the room, in which state and since when`() {
    #expect(
      ToldEvents.board(Self.busy).text(64, 11, at: 3670.9) == [
        "3 in the room · CF · every 2s                           10:44:10",
        "",
        "WHO       IN ROOM   NOW",
        "agent     1:01:10+  on hold 1:00:05",
        "…bbbb     1:01:10+",
        "coach     1:01:00   coaching agent 1:01:00",
        "",
        "09:43:10  coach  joined",
        "09:43:10  coach  started coaching agent",
        "09:44:05  agent  put on hold",
        "09:44:10  …bbbb  unmuted",
      ])
  }

  @Test func `marks the subject of an alert until it is resolved`() {
    let alerts = [
      ToldEvents.event(.alertRaised, 200, "call-aaaa", #""alert":"hold:2m","since":"2026-11-23T09:44:05.000Z""#),
      ToldEvents.event(.alertRaised, 200, nil, #""alert":"people:2:1m","since":"2026-11-23T09:45:05.000Z""#),
    ]
    var board = ToldEvents.board(Self.busy + alerts)
    let lines = board.text(64, 11, at: 200)
    #expect(lines[0].hasPrefix("3 in the room · CF · ! people:2:1m · every 2s"))
    #expect(lines[3] == "agent        3:20+  ! on hold 2:15")
    #expect(lines[9].hasSuffix("agent  alert: on hold for 2 min 15 s"))
    #expect(lines[10].hasSuffix("alert: more than 2 participants for 1 min 15 s"))
    #expect(board.text(20, 5, at: 200).prefix(2) == ["3 in the room CF ! …", "agent ! on hold"])
    board.take(ToldEvents.event(.alertResolved, 210, "call-aaaa", #""alert":"hold:2m","lasted_ms":145000"#))
    board.take(ToldEvents.event(.alertResolved, 210, nil, #""alert":"people:2:1m","lasted_ms":85000"#))
    #expect(!board.text(64, 5, at: 210).contains { $0.contains("!") })
  }

  @Test func `marks alerts that an earlier run has left raised`() throws {
    let conference = try #require(ConferenceSID("CF"))
    var saved = SavedRoom(head: SavedRoom.Head(conference: conference))
    saved.head.lastScanEnd = ToldEvents.start
    let call = try #require(CallSID("call-aaaa"))
    saved.people = [SavedRoom.Person(callSID: call, record: Array(#"{"call_sid":"call-aaaa","hold":true}"#.utf8))]
    saved.raisedAlerts = [
      SavedRoom.RaisedAlert(Alert("hold:2m", of: call), since: ToldEvents.start),
      SavedRoom.RaisedAlert(Alert("alone:2m"), since: ToldEvents.start),
    ]
    var board = Board(zone: .utc)
    board.recall([try #require(Room(saved))])
    let lines = board.text(64, 9, at: 60)
    #expect(lines[0].hasPrefix("1 in the room · CF · ! alone:2m"))
    #expect(lines.contains { $0.hasSuffix("! on hold 1:00+") })
  }

  @Test func `lists the selected events, and shows the room of all events`() {
    let all = ToldEvents.board(Self.busy)
    var board = Board(
      zone: .utc, lists: EventFilter(calls: Set([CallSID("call-bbbb")].compactMap(\.self)), fields: [.muted]))
    for event in Self.busy { board.take(event) }
    #expect(board.text(64, 7, at: 80).prefix(6) == all.text(64, 7, at: 80).prefix(6))
    #expect(board.log.map(\.row.what) == ["watching began, polling every 2s", "unmuted"])
  }

  @Test func `starts a conference again with another run's baseline, and continues it after a restart`() {
    func event(_ epoch: UInt64, _ type: EventType, _ call: String?) -> StoredEvent {
      let told = ToldEvents.event(type, 0, call)
      return StoredEvent(
        sequence: 1, id: EventStream.id(epoch: epoch, sequence: 1), type: type, timestamp: told.timestamp,
        conference: told.conference, call: told.call, line: told.line)
    }
    var board = Board(zone: .utc)
    for call in ["call-aaaa", "call-bbbb"] { board.take(event(1, .participantPresent, call)) }
    for call in ["call-cccc", "call-dddd"] { board.take(event(2, .participantPresent, call)) }
    board.take(event(2, .watchStarted, nil))
    #expect(board.text(64, 5, at: 1).first?.hasPrefix("2 in the room") == true)
    #expect(board.log.count == 5)
    board.take(event(3, .watchResumed, nil))
    board.take(event(3, .participantJoined, "call-eeee"))
    #expect(board.text(64, 5, at: 1).first?.hasPrefix("3 in the room") == true)
  }

  @Test func `is legible in twenty columns and five rows`() {
    let board = ToldEvents.board(Self.busy)
    #expect(
      board.text(20, 5, at: 80) == [
        "3 in the room CF 2s", "agent on hold", "…bbbb 1:20+", "coach coaching agent", "09:44 …bbbb unmuted",
      ])
    #expect(
      board.text(20, 4, at: 80, note: "a note that is too long").suffix(2) == [
        "+2 more (1 coaching)", "a note that is too …",
      ])
  }

  @Test func `says that nothing is known yet, that the room is empty, and that it has ended`() {
    #expect(ToldEvents.board([]).text(64, 5, at: 0).first?.hasPrefix("waiting for the first list ") == true)
    let empty = ToldEvents.board([ToldEvents.event(.watchStarted, 0, nil, #""interval_ms":500"#)])
    #expect(empty.text(40, 5, at: 0) == ["0 in the room CF 500ms", "", "09:43 watching began, polling every 500…"])
    var over = ToldEvents.board(Self.busy)
    over.take(ToldEvents.event(.conferenceEnded, 80))
    #expect(over.text(64, 5, at: 90).first?.hasPrefix("over · CF ") == true)
  }

  @Test func `says that there is an outage, why and for how long`() {
    var board = ToldEvents.board(Self.busy)
    board.take(ToldEvents.event(.watchInterrupted, 100, nil, #""reason":"poll_failed","error":"no route""#))
    #expect(
      board.text(90, 5, at: 112).first?.hasPrefix("3 in the room · CF · interrupted for 0:12, poll failed: no route")
        == true)
    #expect(board.text(48, 5, at: 112).first?.hasPrefix("3 in the room · CF · interrupted for") == true)
    #expect(board.text(32, 5, at: 112).first == "3 in the room cut off 0:12 CF")
    board.take(ToldEvents.event(.watchResumed, 120, nil, #""reason":"poll_failed""#))
    #expect(board.text(90, 5, at: 121).first?.hasPrefix("3 in the room · CF") == true)
  }

  @Test func `counts the participants that do not fit`() {
    let crowd = (1...200).map { ToldEvents.event(.participantJoined, Double($0), "call-\(1000 + $0)") }
    let board = ToldEvents.board(crowd)
    let lines = board.text(80, 24, at: 300)
    #expect(lines.count == 24)
    #expect(lines[0].hasPrefix("200 in the room"))
    #expect(lines.contains("+186 more"))
    #expect(lines.last?.hasSuffix("…1200  joined") == true)
    #expect(board.text(80, 300, at: 300).count { $0.hasPrefix("…1") } == 200)
  }

  @Test func `shows alerts, holds, coaches and muted participants first if not everyone fits`() {
    let quiet = (1...20).map { ToldEvents.event(.participantJoined, Double($0), "call-\(1000 + $0)") }
    let busy = [
      ToldEvents.event(.participantMuted, 30, "call-1016"), ToldEvents.event(.participantMuted, 31, "call-1017"),
      ToldEvents.event(.participantCoachingStarted, 32, "call-1018"),
      ToldEvents.event(.participantHeld, 33, "call-1019"), ToldEvents.event(.participantHeld, 34, "call-1020"),
      ToldEvents.event(.alertRaised, 200, "call-1020", #""alert":"hold:2m","since":"2026-11-23T09:43:34.000Z""#),
    ]
    let board = ToldEvents.board(quiet + busy)
    func names(_ rows: Int) -> [String] {
      board.text(80, rows, at: 300).dropFirst(3).prefix { !$0.isEmpty }.map { String($0.prefix { $0 != " " }) }
    }
    #expect(names(60) == (1001...1020).map { "…\($0)" })
    #expect(
      names(24) == ["…1020", "…1019", "…1018", "…1016", "…1017"] + (1001...1009).map { "…\($0)" } + ["+6"])
    #expect(board.text(80, 24, at: 300).contains("+6 more"))
    #expect(board.text(80, 7, at: 300).contains("+18 more (1 coaching, 2 muted)"))
  }

  @Test func `counts the alerts and states of those that do not fit`() {
    var events: [StoredEvent] = []
    for (conference, count) in [("CF", 20), ("other", 1)] {
      for person in 1...count {
        let call = "\(conference)-\(1000 + person)"
        events.append(ToldEvents.event(.participantJoined, Double(person), call, in: conference))
        events.append(ToldEvents.event(.participantHeld, 40, call, in: conference))
        let alert = #""alert":"hold:1m","since":"2026-11-23T09:43:40.000Z""#
        events.append(ToldEvents.event(.alertRaised, 100, call, in: conference, alert))
      }
    }
    let lines = ToldEvents.board(events).text(60, 12, at: 200)
    #expect(lines.contains("  +16 more (16 alerts, 16 on hold)"))
    #expect(
      ToldEvents.board(events).text(60, 2, at: 200).last == "+2 more conferences, 21 in them (21 alerts, 21 on hold)")
  }

  @Test func `shares its lines among conferences, and counts those that do not fit`() {
    var events: [StoredEvent] = []
    for (conference, count) in [("one", 1), ("many", 30), ("few", 3)] {
      for person in 0..<count {
        events.append(ToldEvents.event(.participantJoined, 1, "\(conference)-\(100 + person)", in: conference))
      }
    }
    let board = ToldEvents.board(events)
    let lines = board.text(60, 20, at: 2)
    #expect(lines[0].hasPrefix("34 in 3 conferences"))
    #expect(lines[1] == "1 in the room · one" && lines[2].hasPrefix("  …-100"))
    #expect(lines.contains("  +25 more") && lines.contains("3 in the room · few"))
    #expect(
      board.text(60, 3, at: 2) == [
        "34 in 3 conferences                                 09:43:02", "1 in the room · one",
        "+2 more conferences, 33 in them",
      ])
  }

  @Test func `begins with the room that an earlier run saved`() throws {
    var board = Board(zone: .utc)
    let conference = try #require(ConferenceSID("CF"))
    board.recall([Room(conference: conference, friendlyName: "support")])
    #expect(board.text(64, 3, at: 0).first?.hasPrefix("0 in the room · support") == true)
  }

  @Test(arguments: [(20, 5), (47, 9), (48, 10), (80, 24), (200, 60), (1, 1), (2, 2)])
  func `never has a line that is too wide or unsafe, or too many lines`(columns: Int, rows: Int) {
    let label = ToldEvents.quoted(ToldEvents.hostileLabel)
    var events = (0..<50).map {
      ToldEvents.event(.participantJoined, 1, "call-\($0)", in: "CF\($0 % 3)", record: #""label":\#(label)"#)
    }
    events.append(ToldEvents.event(.conferenceStarted, 2, nil, in: "CF1", #""friendly_name":\#(label)"#))
    events.append(
      ToldEvents.event(.watchInterrupted, 3, nil, in: "CF2", #""reason":"poll_failed","error":\#(label)"#))
    events.append(
      ToldEvents.event(.participantCoachingStarted, 3, "call-1", in: "CF1", #""call_sid_to_coach":\#(label)"#))
    events.append(
      ToldEvents.event(.participantUpdated, 3, "call-1", in: "CF1", #""changes":{"label":{"to":\#(label)}}"#))
    let board = ToldEvents.board(events)
    let lines = board.lines(
      in: WindowSize(columns: columns, rows: rows), at: ToldEvents.start, note: StyledText(ToldEvents.hostileLabel))
    #expect(lines.count <= rows)
    for line in lines {
      #expect(line.columns <= columns && TextColumns.count(line.text) == line.columns)
      #expect(TerminalText.sanitised(line.text) == line.text)
      #expect(!line.written(hasColour: false).unicodeScalars.contains("\u{1B}"))
      #expect(line.text.last != " ")
    }
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `lines are shared so that no room gets more than it needs or less than its fair share`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let wants = (0..<Int.random(in: 1...12, using: &random)).map { _ in Int.random(in: 0...30, using: &random) }
    let total = Int.random(in: 0...100, using: &random)
    let shares = BoardSheet.shares(of: total, among: wants)
    #expect(shares.reduce(0, +) == min(total, wants.reduce(0, +)))
    for (share, want) in zip(shares, wants) { #expect(0...want ~= share) }
    let cut = zip(shares, wants).filter { $0 < $1 }.map(\.0)
    #expect((cut.max() ?? 0) - (cut.min() ?? 0) <= 1)
    #expect(shares.allSatisfy { $0 <= (cut.max() ?? .max) })
  }
}
