import RollcallCore
import RollcallTestKit
import Testing

@testable import rollcall

@Suite struct `The page of a timeline` {
  /// Names that try to break the page, or to make it load another.
  private static let hostile = [
    "</style><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "]]>", "<!--",
    "&amp;&#60;", "\u{202E}gnp.exe", "a\u{0}b\u{1B}[31m", "\u{FFFE}\u{FFFF}", "url(x)", "\u{200B}", "e\u{301}", "",
    "<title>", "line\nline", "𝕏",
  ]

  private static func page(_ histories: [ConferenceHistory], _ names: ShownNames = .none) -> (String, TimelinePage) {
    let page = TimelinePage(histories, names: names)
    return (String(decoding: page.html(), as: UTF8.self), page)
  }

  @Test(arguments: [(1, 0), (2, 1), (3, 5), (4, 5), (5, 30), (6, 120), (7, 200)] as [(UInt64, Int)])
  func `is well-formed, whatever the names, and loads nothing`(seed: UInt64, people: Int)
    throws
  {
    var events = DrawnEvents.lively(seed: seed, people: people) { Self.hostile[$0 % Self.hostile.count] }
    events.add("conference.ended", "c", #","friendly_name":"</title><script src=//x>","participant_count":0"#)
    let (text, page) = Self.page(try events.histories)
    let read = WellFormedness(text)
    #expect(read.fault == nil && page.omissions.isEmpty)
    for name in ["script", "img", "link", "iframe", "object", "a", "image", "foreignObject", "style"] {
      #expect(read.elements[name] ?? 0 == (name == "style" ? 1 : 0))
    }
    #expect(!read.attributes.contains { $0.name.hasPrefix("on") || $0.name == "src" || $0.value.hasPrefix("http") })
    #expect(read.attributes.allSatisfy { $0.name != "href" || $0.value.hasPrefix("#") })
    for reference in ["http:", "https:", "//x", "<script"] {
      #expect(!text.contains(bytesOf: reference) || reference == "//x")
    }
    #expect(read.elements["li"] == people + TimelineLegend.count)
  }

  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func `has its bars between its edges, and a lane for each participant`(seed: UInt64) throws {
    let (text, _) = Self.page(try DrawnEvents.lively(seed: seed, people: 40) { "P\($0)" }.histories)
    let read = WellFormedness(text)
    for (name, value) in read.attributes where ["x", "x1", "x2", "width"].contains(name) && value.last == "%" {
      let number = try #require(Double(value.dropLast()))
      #expect(number >= 0 && number <= 100)
    }
    let lanes = read.attributes.count { $0.name == "class" && $0.value == "lane" }
    let rows = read.attributes.count { $0.name == "class" && $0.value == "row" }
    #expect(lanes == 40 && rows == 40)
    for index in 0..<40 { #expect(read.texts.contains("P\(index)")) }
  }

  @Test func `marks alerts about participants in their lanes, and those about the conference above`() throws {
    var events = DrawnEvents()
    events.add("joined", call: "a-1234567", count: 1, label: "Ann")
    events.now = events.now + .seconds(60)
    let since = #""since":"2026-11-23T09:43:30.000Z","participant_count":1"#
    events.add("alert.raised", "c", #","call_sid":"a-1234567","alert":"hold:30s",\#(since)"#)
    events.add("alert.raised", "c", #","alert":"alone:30s",\#(since)"#)
    events.now = events.now + .seconds(60)
    events.add("alert.resolved", "c", #","call_sid":"a-1234567","alert":"hold:30s","lasted_ms":90000,\#(since)"#)
    let (text, _) = Self.page(try events.histories)
    let read = WellFormedness(text)
    #expect(read.fault == nil)
    let marks = read.attributes.count { $0.name == "href" && $0.value == "#alert" }
    #expect(marks == 3, "expected two marks, and one in the legend")
    #expect(
      read.texts.contains(
        "Ann: alert hold:30s\nraised at 09:44:00.000, true since 09:43:30.000\nover at 09:45:00.000"))
    #expect(
      read.texts.contains(
        "the conference: alert alone:30s\nraised at 09:44:00.000, true since 09:43:30.000\nnot over at the end"))
    #expect(read.texts.contains("alone:30s once, hold:30s once") && read.texts.contains("Alerts"))
  }

  @Test func `shows exact times, and marks unknown ones`() throws {
    var events = DrawnEvents()
    events.add("present", call: "a-1234567", count: 1)
    events.now = events.now + .seconds(60)
    events.add("coaching_started", call: "a-1234567", count: 1, #","call_sid_to_coach":"b-7654321""#)
    events.now = events.now + .milliseconds(8500)
    events.add("left", call: "a-1234567", count: 0)
    let read = WellFormedness(Self.page(try events.histories).0)
    #expect(
      read.texts.contains(
        """
        …4567: coaches …4321
        09:44:00.000 to 09:44:08.500, 8.5 s
        started after 09:43:58.000
        ended after 09:44:06.500
        """))
    #expect(
      read.texts.contains(
        "…4567: in the room\n09:43:00.000 to 09:44:08.500, 1 min 8 s\nstarted before 09:43:00.000\nended after 09:44:06.500"
      ))
    #expect(read.attributes.contains { $0 == ("href", "#before") })
  }

  @Test func `accepts impossible counts and times`() throws {
    var events = DrawnEvents()
    events.now = try #require(Timestamp(rfc3339: "0000-01-01T00:00:00Z"))
    events.add("joined", call: "a", count: .max)
    events.now = .latestWritable
    events.add("watch.started", "c", #","interval_ms":-9223372036854775808"#)
    let histories = try events.histories
    #expect(WellFormedness(Self.page(histories).0).fault == nil)
    #expect(!ReportJSON(names: .none).line(histories).isEmpty && !ReportTable(names: .none).text(histories).isEmpty)
  }

  @Test func `draws within its limits, and says what it omits`() throws {
    var events = DrawnEvents()
    for index in 0...TimelinePage.maximumConferences { events.add("watch.started", "c\(index)") }
    for index in 0...TimelinePage.maximumLanes { events.add("joined", "c0", call: "p\(index)", count: index + 1) }
    let (text, page) = Self.page(try events.histories)
    let read = WellFormedness(text)
    #expect(read.fault == nil && page.omissions.count == 2)
    #expect(read.elements["section"] == TimelinePage.maximumConferences)
    #expect(read.attributes.count { $0.value == "lane" } == TimelinePage.maximumLanes)
    for omission in page.omissions { #expect(read.texts.contains(omission)) }
  }

  @Test func `uses the user's names, and distinguishes equal ones`() throws {
    var events = DrawnEvents()
    for (index, call) in ["call-aaaa-1111", "call-bbbb-1111", "call-cccc-2222", "dddd"].enumerated() {
      events.add("joined", call: call, count: index + 1, label: index == 2 ? "Ann" : nil)
    }
    let people = try #require(try events.histories.first).people
    let names = ShownNames { $0 == "dddd" ? "Ann" : nil }.names(of: people)
    #expect(people.map { names[$0.call] } == ["…aaa-1111", "…bbb-1111", "Ann …2222", "Ann dddd"])
  }

  @Test func `draws an arrow between close lanes, and otherwise labels both`() throws {
    func page(_ count: Int, target: Int) throws -> WellFormedness {
      var events = DrawnEvents()
      for index in 0..<count {
        events.add("joined", call: "call-\(1000 + index)", count: index + 1, label: "P\(index)")
      }
      events.now = events.now + .seconds(5)
      events.add("coaching_started", call: "call-1000", count: count, #","call_sid_to_coach":"call-\#(1000 + target)""#)
      events.now = events.now + .seconds(5)
      events.add("watch.heartbeat")
      return WellFormedness(Self.page(try events.histories).0)
    }
    for (count, target, hasArrow) in [(10, 6, true), (10, 7, false), (41, 1, false)] {
      let read = try page(count, target: target)
      #expect(read.fault == nil)
      // The legend has an arrow too.
      #expect(read.attributes.count { $0 == ("class", "arrow") } == (hasArrow ? 2 : 1))
      #expect(read.texts.contains("→ P\(target)") == !hasArrow && read.texts.contains("← P0") == !hasArrow)
      #expect(read.attributes.count { $0 == ("class", "k") } == 2)
    }
  }

  @Test func `has readable times in its table`() throws {
    var events = DrawnEvents()
    events.add("joined", call: "call-1234", count: 1)
    events.now = events.now + .seconds(61)
    events.add("left", call: "call-1234", count: 0)
    #expect(WellFormedness(Self.page(try events.histories).0).texts.contains("09:44:01"))
    events.now = events.now + .seconds(86_400)
    events.add("joined", call: "call-1234", count: 1)
    #expect(WellFormedness(Self.page(try events.histories).0).texts.contains("24 Nov 09:44:01"))
  }

  @Test func `has lanes for the selected participants, and names of others who are coached`() throws {
    let events = try Self.crowd()
    let names = ShownNames(try SIDNames(text: Array("+12025550101 Anna\n".utf8)))
    for text in ["call-1000", "call-1", "Anna", "anna", "+1 (202) 555-0101", "desk"] {
      let selected = try PeopleSelection(texts: [text]).selecting(from: events, names)
      let isPrefix = text == "call-1"
      #expect(selected.map(\.people.count) == [isPrefix ? 3 : text == "desk" ? 1 : 1])
      #expect(selected.first?.unselected == (isPrefix ? 0 : 2))
    }
    let both = try PeopleSelection(texts: ["Anna", "desk"]).selecting(from: events, names)
    let people = [events[0].conference: names.names(of: events[0].people)]
    let page = TimelinePage(both, names: names, people: people)
    let read = WellFormedness(String(decoding: page.html(), as: UTF8.self))
    #expect(read.texts.contains("→ third") && read.texts.contains("2 of 3"))
    #expect(read.attributes.count { $0.value == "lane" } == 2)
    let error = #expect(throws: UsageError.self) {
      try PeopleSelection(texts: ["Anna", "Bob"]).selecting(from: events, names)
    }
    #expect(
      error?.exit == .unavailable
        && error?.message.hasPrefix(#"no participant in these events is called "Bob""#) == true)
  }

  private static func crowd() throws -> [ConferenceHistory] {
    var fold = HistoryFold()
    let records = [
      #""call":{"from":"+12025550101","to":"+15550199","direction":"inbound"}"#, #""label":"Desk""#,
      #""label":"third""#,
    ]
    for (index, record) in records.enumerated() {
      let call = "call-\(1000 + index)"
      try fold.fold(line: Self.line(2 * index + 1, "joined", call, record, ""))
      let target = #","call_sid_to_coach":"call-1002""#
      guard index == 0 else { continue }
      try fold.fold(line: Self.line(2 * index + 2, "coaching_started", call, record, target))
    }
    return fold.finished()
  }

  private static func line(
    _ sequence: Int, _ type: String, _ call: String, _ record: String, _ rest: String
  ) -> [UInt8] {
    let id = EventStream.id(epoch: 7, sequence: UInt64(sequence))
    let time = (DrawnEvents.start + .seconds(sequence)).rfc3339
    return Array(
      (#"{"id":"\#(id)","type":"participant.\#(type)","timestamp":"\#(time)","sequence":\#(sequence),"#
        + #""conference_sid":"c","call_sid":"\#(call)","participant":{\#(record)},"participant_count":1\#(rest)}"#).utf8
    )
  }

  @Test func `never shows a redacted or blank label, and names the conference`() throws {
    var events = DrawnEvents()
    events.add("joined", call: "call-1234", count: 1, label: "redacted_0123456789abcdef01234567")
    events.add("joined", call: "call-5678", count: 2, label: " ")
    let histories = try events.histories
    let names = ShownNames { $0 == "c" ? "Support" : nil }
    #expect(
      try #require(histories.first).people.map { names.names(of: histories[0].people)[$0.call] } == ["…1234", "…5678"])
    #expect(WellFormedness(Self.page(histories, names).0).texts.contains("Support"))
    #expect(ReportTable(names: names).text(histories).hasPrefix("Support\nc\n"))
  }
}
