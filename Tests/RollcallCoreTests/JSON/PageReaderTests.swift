import RollcallCore
import RollcallTestKit
import Testing

struct `Reading a page of participants` {
  static func read(_ text: String) throws(PageError) -> Page {
    var reader = PageReader()
    guard let conference = ConferenceSID("CF1") else { preconditionFailure("CF1 is not a valid sid") }
    return try reader.read(PaddedBytes(Array(text.utf8)), conference: conference)
  }

  enum Outcome: Equatable {
    case rows(Int), row(Int), page, notJSON
  }

  static func outcome(_ text: String) -> Outcome {
    do throws(PageError) {
      return .rows(try read(text).rows.count)
    } catch {
      switch error {
      case .notJSON: return .notJSON
      case .malformedPage: return .page
      case .malformedRow(_, let index, _): return .row(index)
      }
    }
  }

  static let long = String(repeating: "a", count: 129)

  @Test(
    arguments: [
      (#"{"call_sid":"CA1"}"#, .rows(2)),
      (#"{"call_sid":"\u0043A1"}"#, .rows(2)),
      (#"{"call_s\u0069d":"CA1","m\u0075ted":true}"#, .rows(2)),
      (#"{"call_sid" : "CA1" , "muted" : null}"#, .rows(2)),
      (#"{"call_sid":"CA1","status":7,"label":{"a":[]},"uri":false}"#, .rows(2)),
      (#"{"call_sid":"CA1","label":"a","label":"b"}"#, .rows(2)),
      (#"{"call_sid":"CA1","x":1,"x":2}"#, .rows(2)),
      (#"{"call_sid":"CA1","conference_sid":"CF1"}"#, .rows(2)),
      (#"{"call_sid":"CA1","conference_sid":"\u0043F1"}"#, .rows(2)),
      (#"{"call_sid":"CA1","conference_sid":null}"#, .rows(2)),
      (#"{"call_sid":"CA1","conference_sid":3}"#, .rows(2)),
      (#"{"call_sid":"CA1","conference_sid":"CF2"}"#, .row(1)),
      (#"{"call_sid":"CA1","conference_sid":"\u0043F2"}"#, .row(1)),
      (#"{"call_sid":"CA1","conference_sid":""}"#, .row(1)),
      (#"{}"#, .row(1)), (#"[]"#, .row(1)), (#"null"#, .row(1)), (#""CA1""#, .row(1)), (#"7"#, .row(1)),
      (#"{"call_sid":null}"#, .row(1)), (#"{"call_sid":5}"#, .row(1)), (#"{"call_sid":""}"#, .row(1)),
      (#"{"call_sid":".."}"#, .row(1)), (#"{"call_sid":"a b"}"#, .row(1)), (#"{"call_sid":"\u0020"}"#, .row(1)),
      (#"{"call_sid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaa/"}"#, .row(1)),
      (#"{"call_sid":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaé"}"#, .row(1)),
      (#"{"call_sid":"\#(long)"}"#, .row(1)), (#"{"call_sid":"\#(long.dropLast())"}"#, .rows(2)),
      (#"{"call_sid":"CA1","call_sid":"CA1"}"#, .row(1)),
      (#"{"call_sid":"CA1","muted":true,"m\u0075ted":true}"#, .row(1)),
      (#"{"call_sid":"CA1","status":null,"status":null}"#, .row(1)),
      (#"{"call_sid":"CA1","muted":"true"}"#, .row(1)), (#"{"call_sid":"CA1","hold":0}"#, .row(1)),
      (#"{"call_sid":"CA1","coaching":{}}"#, .row(1)), (#"{"call_sid":"CA1","coaching":tru}"#, .notJSON),
      (#"{"call_sid":"CA1",}"#, .notJSON), (#"{"call_sid":"CA1" "x":1}"#, .notJSON), (#"tru"#, .notJSON),
      (#"{"call_sid":"CA1","status":"\#("\u{1}")"}"#, .notJSON),
    ] as [(String, Outcome)])
  func `a row is malformed where the contract says so, and nowhere else`(row: String, expected: Outcome) {
    #expect(Self.outcome(#"{"participants":[{"call_sid":"CA0"},\#(row)]}"#) == expected)
  }

  @Test(
    arguments: [
      (#"{"participants":[]}"#, .rows(0)), (#" {"participants" : [ ] , "x":[] } "#, .rows(0)),
      (#"{"p\u0061rticipants":[]}"#, .rows(0)), (#"{"x":1,"x":2,"participants":[]}"#, .rows(0)),
      (#"{}"#, .page), (#"[]"#, .page), (#"null"#, .page), (#"{"participants":null}"#, .page),
      (#"{"participants":{}}"#, .page), (#"{"participants":[],"p\u0061rticipants":[]}"#, .page),
      (#"{"participants":[],"next_page_uri":5}"#, .page),
      (#"{"participants":[],"next_page_uri":null,"next_page_uri":null}"#, .page),
      ("", .notJSON), (#"{"participants":[]"#, .notJSON), (#"{"participants":[]}}"#, .notJSON),
      (#"{"participants":[],}"#, .notJSON), ("\u{feff}{\"participants\":[]}", .notJSON),
      (#"<html>"#, .notJSON), (#"{"participants":[]}"# + "\0", .notJSON),
    ] as [(String, Outcome)])
  func `a reply is a page only with exactly one participants array`(text: String, expected: Outcome) {
    #expect(Self.outcome(text) == expected)
  }

  @Test(
    arguments: [
      (#""""#, nil), ("null", nil), (#""/a?Page=1\u0026PageToken=PA\/1""#, "/a?Page=1&PageToken=PA/1"),
    ] as [(String, String?)])
  func `the link to the next page is unescaped, and an empty one counts as none`(written: String, expected: String?)
    throws
  {
    #expect(try Self.read(#"{"next_page_uri":\#(written),"participants":[]}"#).nextPageURI == expected)
    #expect(try Self.read(#"{"participants":[]}"#).nextPageURI == nil)
  }

  @Test(arguments: [(0, 61), (3, 64)])
  func `a page may be nested as deeply as any document`(outside: Int, levels: Int) throws {
    func nested(_ levels: Int) -> String {
      String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }
    func text(_ levels: Int) -> String {
      outside == 0 ? #"{"participants":[{"call_sid":"CA1","x":\#(nested(levels))}]}"# : nested(levels)
    }
    #expect((try? JSONReader.read(Array(text(levels).utf8))) != nil)
    #expect((try? JSONReader.read(Array(text(levels + 1).utf8))) == nil)
    guard outside == 0 else { return }
    #expect(Self.outcome(text(levels)) == .rows(1))
    #expect(Self.outcome(text(levels + 1)) == .notJSON)
    #expect(Self.outcome(#"{"x":\#(nested(63)),"participants":[]}"#) == .rows(0))
    #expect(Self.outcome(#"{"x":\#(nested(64)),"participants":[]}"#) == .notJSON)
  }

  @Test func `an error names the row and the byte`() {
    #expect(throws: PageError.malformedRow(reason: "call_sid is missing or invalid", index: 1, offset: 37)) {
      try Self.read(#"{"participants":[{"call_sid":"CA0"}, {}]}"#)
    }
  }
}
