import RollcallCore
import RollcallKit
import RollcallSimulator
import RollcallTestKit
import Testing

@testable import rollcall

@Suite(.runsCommands) struct `A report` {
  @Test(arguments: [3, 4] as [UInt64])
  func `equals the sums over the events, for a state file and for saved lines`(seed: UInt64) throws {
    let space = try SimulatedSpace(scenario: .busy, seed: seed)
    defer { space.stop() }
    let state = try StateFixture()
    let lines = try state.watch(space, "--for", StateFixture.watchTime)
    let events = try StateReader(path: state.path).events(StateReader.Selection(), after: 0, limit: 100_000)
    let run = try state.run("report")
    #expect(run.status == 0 && run.errors == "")
    try Self.compare(run.output, PlainHistory(events))
    #expect(try state.run("report", "--conference", space.conferences[0].sid).output == run.output)
    try TemporaryFile.with(lines.map { $0 + "\n" }.joined(), mode: 0o600) { path in
      // The operand takes precedence over a variable that is set for other commands.
      for environment in [[:], ["ROLLCALL_STATE": "/nowhere"]] {
        let ofLines = try CommandRun(["report", path], environment: environment)
        #expect(ofLines.output == run.output)
      }
    }
    let moment = events[events.count / 2].timestamp
    try Self.compare(
      try state.run("report", "--since", moment.rfc3339).output, PlainHistory(events, from: moment))
  }

  private static func compare(_ output: String, _ plain: PlainHistory) throws {
    let json = try JSONReader.read(Array(output.utf8))
    let conferences = try #require(json["conferences"]?.asArray)
    let conference = try #require(conferences.first)
    #expect(conferences.count == 1 && conference["peak"]?.asInteger == Int64(plain.peak))
    let people = try #require(conference["participants"]?.asArray)
    #expect(!people.isEmpty && conference["people"]?.asInteger == Int64(people.count))
    for person in people {
      let call = try #require(person["call_sid"]?.asText)
      for kind in ["room", "muted", "held", "coaching"] {
        #expect(person["\(kind)_ms"]?.asInteger == plain.totals[call]?[kind] ?? 0)
      }
      #expect(person["joined"]?.asInteger == Int64(plain.joins[call] ?? 0))
    }
    let length = try #require(conference["length_ms"]?.asInteger)
    guard case .number(let average)? = conference["average"], let average = Double(average) else {
      Issue.record("expected an average, got \(conference)")
      return
    }
    // The average has three decimals.
    #expect(abs(average * Double(length) - Double(plain.peopleMilliseconds)) <= Double(length) / 1000)
  }

  @Test func `counts the alerts of each participant and of the conference`() throws {
    var events = DrawnEvents()
    for (index, call) in ["a", "b"].enumerated() { events.add("joined", call: call, count: index + 1) }
    let since = #""since":"2026-11-23T09:43:00.000Z","participant_count":2"#
    for _ in 0..<2 {
      events.now = events.now + .seconds(60)
      events.add("alert.raised", "c", #","call_sid":"a","alert":"hold:30s",\#(since)"#)
      events.add("alert.resolved", "c", #","call_sid":"a","alert":"hold:30s","lasted_ms":60000,\#(since)"#)
    }
    events.add("alert.raised", "c", #","alert":"people:1:1m",\#(since)"#)
    let histories = try events.histories
    let names = ShownNames.none
    let text = ReportTable(names: names).text(histories)
    #expect(text.contains("\nalerts: hold:30s 2 times, people:1:1m once\n"))
    #expect(text.contains("  ALERTS\n"))
    let json = try JSONReader.read(Array(ReportJSON(names: names).line(histories).dropLast()))
    let conference = try #require(json["conferences"]?.asArray?.first)
    let alerts = conference["alerts"]?.asArray?.map { "\($0["alert"]?.asText ?? "") \($0["raised"]?.asInteger ?? 0)" }
    #expect(alerts == ["hold:30s 2", "people:1:1m 1"])
    #expect(conference["participants"]?.asArray?.map { $0["alerts"]?.asInteger } == [2, 0])
    let rows = ReportCSV(names: names).text(histories).split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    let column = try #require(rows[0].firstIndex(of: "\"conference_alerts\""))
    #expect(rows.dropFirst().map { $0[column] } == ["3", "3"])
    #expect(rows[0].last == "\"alerts\"" && rows.dropFirst().map(\.last) == ["2", "0"])
  }

  @Test func `as CSV has one row per participant, whatever the name`() throws {
    var events = DrawnEvents()
    events.add("conference.started", "c", #","friendly_name":"=1+1","participant_count":0"#)
    for (index, label) in ["Ann, \"Ltd\"", "@SUM(A1)", "a\nb\u{1B}", nil].enumerated() {
      events.add("joined", call: "-call\(index)", count: index + 1, label: label)
    }
    events.add("watch.started", "empty")
    let names = ShownNames { ["c": "Line 1", "-call1": "+49 30", "-call2": " "][$0] }
    let lines = ReportCSV(names: names).text(try events.histories).split(separator: "\n")
    #expect(lines.count == 6)
    #expect(lines[0].hasPrefix(#""conference_sid","friendly_name","#))
    #expect(lines[1].hasPrefix(#""c","'=1+1","Line 1","2026-11-23T09:43:00.000Z","#))
    #expect(lines[1].contains(bytesOf: #","'-call0","Ann, ""Ltd""",,"#))
    #expect(lines[2].contains(bytesOf: #","'-call1","'@SUM(A1)","'+49 30","#))
    #expect(lines[3].contains(bytesOf: #","'-call2","a\u{A}b\u{1B}",,"#))
    #expect(lines[5].hasSuffix(",,,,,,,,,,,,,,,") && lines[5].hasPrefix(#""empty",,,"#))
    #expect(lines.dropFirst(2).allSatisfy { $0.count { $0 == "," } >= lines[0].count { $0 == "," } })
  }

  @Test(arguments: [
    "=1", "a;=cmd|' /C calc'!A0", "\u{FF1D}1", ";\u{FF0B}1", "a, -1", "x|@SUM(A1)", " =1", "\";=1", ";;=1", "a;\"=1",
    "\t=1", "\u{3000}=1", "-;-;-",
  ])
  func `as CSV has no cell that begins a formula, whatever separator the reader uses, and with or without quotes`(
    label: String
  ) throws {
    var events = DrawnEvents()
    events.add("conference.started", "c", #","friendly_name":"f","participant_count":0"#)
    events.add("joined", call: "a", count: 1, label: label)
    let text = ReportCSV(names: .none).text(try events.histories)
    for separator in [",", ";", "|", "\t"] as [Character] {
      for cell in text.split(whereSeparator: { $0 == separator || $0 == "\n" }) {
        let shown = cell.drop { $0 == "\"" || $0.isWhitespace }
        #expect(
          !shown.unicodeScalars.prefix(1).contains {
            "=+-@\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}".unicodeScalars.contains($0)
          })
      }
    }
  }

  @Test func `as a table marks those who were there before, ongoing states and outages`() throws {
    var events = DrawnEvents()
    events.add("present", call: "call-aaaa", count: 1, label: "Ann")
    events.now = events.now + .seconds(5)
    events.add("watch.interrupted", "c", #","reason":"throttled""#)
    events.now = events.now + .milliseconds(3700)
    events.add("watch.heartbeat")
    #expect(
      ReportTable(names: .none, zone: .utc).text(try events.histories) == """
        c
        2026-11-23 09:43:00 to 09:43:08 UTC: 8.7 s, not over
        1 person (1 already there), at most 1 at once, 1.0 on average
        watching was interrupted once, for 3.7 s
        WHO  IN ROOM  MUTED  ON HOLD  COACHING  JOINED  FIRST     LAST      CALL
        Ann  0:08*+                             0       09:43:00  09:43:08  call-aaaa

        * already in the room when first seen; that arrival is not counted as a join
        + still running at the end

        """)
  }

  @Test func `as a table is true of a participant who came back, and of one first seen by a second run`() throws {
    var first = DrawnEvents()
    first.add("present", call: "call-aaaa", count: 1, label: "Ann")
    for (type, count) in [("left", 0), ("joined", 1)] {
      first.now = first.now + .seconds(10)
      first.add(type, call: "call-aaaa", count: count, label: "Ann")
    }
    var second = DrawnEvents()
    second.now = first.now + .seconds(60)
    for (index, name) in ["Ann", "Bob"].enumerated() {
      second.add("present", call: "call-\(index == 0 ? "aaaa" : "bbbb")", count: index + 1, label: name)
    }
    var fold = HistoryFold()
    for line in first.lines { try fold.fold(line: line) }
    for line in second.lines {
      let text = String(decoding: line, as: UTF8.self)
      try fold.fold(line: Array(text.replacing("evt_0000000000000007", with: "evt_0000000000000008").utf8))
    }
    let text = ReportTable(names: .none, zone: .utc).text(fold.finished())
    let lines = text.split(separator: "\n")
    #expect(text.contains("\n2 people (2 already there), at most 2 at once, "))
    #expect(lines.contains("* already in the room when first seen; that arrival is not counted as a join"))
    let rows = lines.filter { $0.hasPrefix("Ann") || $0.hasPrefix("Bob") }.map {
      $0.split(separator: " ").prefix(3).joined(separator: " ")
    }
    #expect(rows == ["Ann 0:10*+ 1", "Bob 0:00*+ 0"])
  }

  @Test(arguments: [60, 80, 120], [0, 200_000]) func `as a table fits its window`(width: Int, seconds: Int) throws {
    var events = DrawnEvents()
    let calls = ["4fd49ed5-bc5d-49a3-9622-9eb90c246ead", "4fd49ed5-bc5d-49a3-9622-9eb90c246eae"]
    for (index, call) in calls.enumerated() {
      events.add("joined", call: call, count: index + 1, label: "A name that is rather long")
      for state in ["muted", "held", "coaching_started"] { events.add(state, call: call, count: index + 1) }
    }
    events.now = events.now + .seconds(seconds)
    events.add("watch.heartbeat")
    let table = ReportTable(names: .none, terminal: TerminalCapabilities(hasColour: false) { width }, zone: .utc)
    let lines = table.text(try events.histories).split(separator: "\n")
    #expect(lines.allSatisfy { TextColumns.count(String($0)) <= width })
    let row = try #require(lines.first { $0.hasPrefix("A name") })
    // Times are never cut.
    #expect(row.split(separator: " ").count { $0.hasSuffix("+") } == 4)
    if width == 120, seconds == 0 { #expect(row.hasSuffix(calls[0])) }
  }

  @Test func `as JSON has the names of --names beside those of the provider`() throws {
    var events = DrawnEvents()
    events.add("present", "conf", call: "person-a", count: 1, label: "agent")
    events.add("present", "conf", call: "person-b", count: 2)
    try Self.withFile(of: events) { path in
      try TemporaryFile.with("person-a Ann\nconf Support\n", mode: 0o600) { names in
        let run = try CommandRun(["report", path, "--format", "json", "--names", names], environment: [:])
        #expect(run.status == 0 && run.errors == "")
        #expect(run.output.contains(bytesOf: #""conference_sid":"conf","friendly_name":null,"name":"Support","#))
        #expect(run.output.contains(bytesOf: #""call_sid":"person-a","label":"agent","address":null,"name":"Ann","#))
        #expect(run.output.contains(bytesOf: #""call_sid":"person-b","label":null,"address":null,"name":null,"#))
      }
    }
  }

  @Test func `warns of participants whose join is missing`() throws {
    var events = DrawnEvents()
    events.add("left", call: "a", count: 3)
    try Self.withFile(of: events) { path in
      let run = try CommandRun(["report", path, "--format", "json"], environment: [:])
      #expect(
        run.errors
          == "rollcall: warning: 3 people are left out of c: their join events are missing\n")
      #expect(run.status == 0 && run.output.contains(bytesOf: #""missing":3"#))
    }
  }

  private static func withFile(of events: DrawnEvents, _ body: (String) throws -> Void) throws {
    let text = events.lines.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined()
    try TemporaryFile.with(text, mode: 0o600, body)
  }

  @Test(arguments: [(0.0, "0.000"), (1.0 / 3, "0.333"), (2.9996, "3.000"), (-0.05, "-0.050"), (.infinity, "0.000")])
  func `gives numbers with three decimals`(number: Double, text: String) { #expect(Thousandths.text(number) == text) }
}
