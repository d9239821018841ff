import RollcallCore
import Testing

@Suite struct `A saved list` {
  private static func list(_ text: String) -> Result<ConferenceSID?, SavedList.Flaw> {
    Result { () throws(SavedList.Flaw) in try SavedList(Array(text.utf8)) }.map(\.conference)
  }

  @Test(
    arguments: [
      (#"{"participants":[{"call_sid":"a","conference_sid":"CF"}]}"#, "CF"),
      (#"{"participants":[{"call_sid":"a","conference_sid":7},{"call_sid":"b"}]}"#, nil),
      (#"{"uri":"/x/Conferences/CF/Participants","participants":[]}"#, "CF"),
      (#"{"uri":"/x/Conferences","participants":[]}"#, nil), (#"{"uri":7,"participants":[]}"#, nil),
      (#"{"participants":[]} {"x":"}\"{\\","participants":[{"call_sid":"a","conference_sid":"CF"}]}"#, "CF"),
    ] as [(String, String?)])
  func `is of the conference that is named first`(text: String, conference: String?) {
    #expect(Self.list(text).map { $0?.text } == .success(conference))
  }

  @Test(
    arguments: [
      (" \n", "there is no JSON in it", 0), ("7", "the reply is not an object", 0),
      (#" {"a":x}"#, "expected a value", 6),
      (#"{"participants":[]}{"participants":7}"#, "the reply has no participants array", 19),
      (#" {"participants":[{"call_sid":"a b"}]}"#, "call_sid is missing or invalid", 31), (#"[{"a"#, "", 4),
      (#"{"participants":[{"call_sid":"a","conference_sid":"no sid"}]}"#, "the row belongs to another conference", 51),
      (#"{"participants":[]}}"#, "expected a value", 19),
    ])
  func `that is damaged is rejected with the place of the damage`(text: String, reason: String, offset: Int) {
    guard case .failure(.damaged(let found, let place)) = Self.list(text) else {
      Issue.record("the list was accepted")
      return
    }
    #expect(place == offset)
    #expect(found == reason || reason.isEmpty)
  }

  @Test func `of two conferences is rejected`() throws {
    let pages = #"{"participants":[{"call_sid":"a","conference_sid":"A"}]}{"uri":"/Conferences/B","participants":[]}"#
    #expect(Self.list(pages) == .failure(.mixed(try #require(ConferenceSID("A")), try #require(ConferenceSID("B")))))
  }

  /// Returns the events between two lists, as type, call and evidence.
  private static func difference(_ before: String, _ after: String) throws -> [String] {
    let (first, second) = (Array(before.utf8), Array(after.utf8))
    let events = try SavedListDifference.events(
      from: try SavedList(first), first, to: try SavedList(second), second)
    return try events.map { event in
      let line = try JSONReader.read(Array(event.line.dropLast()))
      let evidence = line["confirmed_by"]?.asText.map { " \($0)" } ?? ""
      return "\(event.type.rawValue) \(line["call_sid"]?.asText ?? "")\(evidence)"
    }
  }

  private static func page(_ rows: String...) -> String {
    #"{"uri":"/Conferences/CF","participants":[\#(rows.joined(separator: ","))]}"#
  }

  @Test func `shows who is in the room by their statuses`() throws {
    let before = Self.page(#"{"call_sid":"a"}"#, #"{"call_sid":"b"}"#, #"{"call_sid":"c","status":"ringing"}"#)
    let after = Self.page(
      #"{"call_sid":"a","status":"completed"}"#, #"{"call_sid":"b","status":"ringing"}"#, #"{"call_sid":"c"}"#,
      #"{"call_sid":"d"}"#)
    #expect(
      try Self.difference(before, after) == [
        "participant.left a row_finished", "participant.left b list_only", "participant.joined c",
        "participant.joined d",
      ])
  }

  /// Returns a page of participants with the calls a, b and c.
  private static func rows(_ statuses: String?...) -> String {
    let rows = zip(["a", "b", "c"], statuses).map { call, status in
      let member = status.map { #","status":"\#($0)""# } ?? ""
      return #"{"call_sid":"\#(call)"\#(member)}"#
    }
    return #"{"uri":"/Conferences/CF","participants":[\#(rows.joined(separator: ","))]}"#
  }

  private static func isSilent(_ before: String, _ after: String) throws -> Bool {
    SavedListDifference.isSilent(try SavedList(Array(before.utf8)), try SavedList(Array(after.utf8)))
  }

  @Test func `shows the room although every status is completed`() throws {
    let (one, two) = (Self.rows("completed"), Self.rows("completed", "complete"))
    #expect(try Self.difference(one, two) == ["participant.joined b"])
    #expect(try Self.difference(two, one) == ["participant.left b list_only"])
    #expect(try Self.difference(Self.rows(), one) == ["participant.joined a"])
    #expect(try Self.isSilent(one, two) && Self.isSilent(Self.rows(), one) && !Self.isSilent(Self.rows(), Self.rows()))
  }

  @Test(arguments: ["connected", "ringing", "failed", "joining"])
  func `treats statuses as live if either list has a live one`(status: String) throws {
    let (silent, live) = (Self.rows("completed", "completed"), Self.rows("completed", status))
    let isInRoom = ["connected", "joining"].contains(status)
    #expect(try Self.difference(silent, live) == (isInRoom ? ["participant.joined b"] : []))
    #expect(try Self.difference(live, silent) == (isInRoom ? ["participant.left b row_finished"] : []))
    #expect(try !Self.isSilent(silent, live) && !Self.isSilent(live, silent))
    #expect(try !Self.isSilent(Self.rows(nil), silent))
    #expect(try Self.difference(Self.rows(nil), silent) == ["participant.joined b", "participant.updated a"])
  }

  @Test(
    arguments: [
      ([nil], false), (["2"], true), (["2", nil], false), (["2", "3"], true), ([nil, "2"], false),
      (["2", "3", nil], false), ([nil, nil], false), ([""], false),
    ] as [([String?], Bool)])
  func `is incomplete if all of its pages have a next page`(links: [String?], isLacking: Bool) throws {
    let pages = links.map { link in
      #"{"participants":[],"next_page_uri":\#(link.map { "\"\($0)\"" } ?? "null")}"#
    }
    #expect(try SavedList(Array(pages.joined(separator: "\n").utf8)).lacksPage == isLacking)
  }

  @Test func `shows a participant on two pages once`() throws {
    let first = Self.page(#"{"call_sid":"a","muted":true}"#)
    let second = Self.page(#"{"call_sid":"a","muted":false}"#)
    #expect(try Self.difference(first, first + second) == ["participant.unmuted a"])
  }

  @Test func `may be the output of rollcall list, one record per line`() throws {
    let rows = [
      #"{"call_sid":"a","conference_sid":"CF","muted":true}"#, #"{"call_sid":"b","conference_sid":"CF","hold":true}"#,
    ]
    let lines = rows.map { $0 + "\n" }.joined()
    #expect(try Self.difference(lines, Self.page(rows[0])) == ["participant.left b list_only"])
    #expect(try Self.difference(rows[0], lines) == ["participant.joined b", "participant.held b"])
    #expect(try !SavedList(Array(lines.utf8)).lacksPage)
    let unnamed = #"{"call_sid":"a","uri":"/Accounts/x/Conferences/CF/Participants/a"}"#
    #expect(Self.list(unnamed).map { $0?.text } == .success("CF"))
  }

  @Test func `is rejected if it is a single participant's resource`() {
    for text in [#"{"call_sid": "a"}"#, "{\n\"call_sid\":\"a\"}", #"{"call_sid":"a","uri":"\/a"}"#] {
      #expect(throws: SavedList.Flaw.damaged(reason: "the reply has no participants array", offset: 0)) {
        try SavedList(Array(text.utf8))
      }
    }
  }

  @Test(arguments: [
    (#"{"call_sid":"a b"}"#, 13), ("\n" + #"{"call_sid":"a","muted":1}"#, 25),
    (#"{"call_sid":"a","conference_sid":"A"}"# + "\n" + #"{"call_sid":"b","call_sid":"c"}"#, 65),
  ])
  func `of records is rejected with the place of the damage`(text: String, offset: Int) {
    guard case .failure(.damaged(_, let place)) = Self.list(text) else {
      Issue.record("the list was accepted")
      return
    }
    #expect(place == offset)
  }

  @Test func `without a conference is rejected`() throws {
    let nobody = #"{"participants":[]}"#
    #expect(try Self.difference(nobody, nobody).isEmpty)
    #expect(throws: SavedList.Flaw.nameless) { try Self.difference(nobody, #"{"participants":[{"call_sid":"a"}]}"#) }
  }
}
