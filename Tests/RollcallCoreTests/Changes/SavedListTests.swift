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
      (" \n", "there is no JSON in it", 0), ("7", "the reply is no object", 0),
      (#" {"a":x}"#, "a value was expected", 6),
      (#"{"participants":[]}{"participants":7}"#, "the reply has no participants array", 19),
      (#" {"participants":[{"call_sid":"a b"}]}"#, "call_sid is absent or not valid", 31), (#"[{"a"#, "", 4),
      (#"{"participants":[{"call_sid":"a","conference_sid":"no sid"}]}"#, "the row names another conference", 51),
      (#"{"participants":[]}}"#, "a value was expected", 19),
    ])
  func `that is damaged says where`(text: String, reason: String, offset: Int) {
    guard case .failure(.damaged(let found, let place)) = Self.list(text) else {
      Issue.record("it was read")
      return
    }
    #expect(place == offset)
    #expect(found == reason || reason.isEmpty)
  }

  @Test func `of two conferences is refused`() throws {
    let pages = #"{"participants":[{"call_sid":"a","conference_sid":"A"}]}{"uri":"/Conferences/B","participants":[]}"#
    #expect(Self.list(pages) == .failure(.mixed(try #require(ConferenceSID("A")), try #require(ConferenceSID("B")))))
  }

  /// The events between two of them, as type, call and evidence.
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

  @Test func `believes what a status says of somebody`() throws {
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

  @Test func `shows somebody of two pages once`() throws {
    let first = Self.page(#"{"call_sid":"a","muted":true}"#)
    let second = Self.page(#"{"call_sid":"a","muted":false}"#)
    #expect(try Self.difference(first, first + second) == ["participant.unmuted a"])
  }

  @Test func `without a name says nothing of anybody`() throws {
    let nobody = #"{"participants":[]}"#
    #expect(try Self.difference(nobody, nobody).isEmpty)
    #expect(throws: SavedList.Flaw.nameless) { try Self.difference(nobody, #"{"participants":[{"call_sid":"a"}]}"#) }
  }
}
