import RollcallCore
import Testing

@Suite struct `A JSON value` {
  private static let all: [JSONValue] = [
    .null, .bool(true), .bool(false), .number(text: "1"), .number(text: "1.0"), .string("a"), .string("\u{e9}"),
    .string("e\u{301}"), .array([]), .array([.null]), .object([]), .object([("a", .null)]), .object([("b", .null)]),
    .object([("a", .bool(true))]),
  ]

  @Test func `is equal only to itself`() {
    for (index, value) in Self.all.enumerated() {
      for (other, another) in Self.all.enumerated() { #expect((value == another) == (index == other)) }
    }
  }

  @Test func `returns only values of its own kind`() {
    #expect(Self.all.map { $0.asText != nil }.count { $0 } == 3)
    #expect(Self.all.map { $0.asBool != nil }.count { $0 } == 2)
    #expect(Self.all.compactMap(\.asInteger) == [1])
    #expect(Self.all.map { $0.asArray != nil }.count { $0 } == 2)
    #expect(Self.all.map { $0.asObject != nil }.count { $0 } == 4)
    #expect(Self.all.map { $0["a"] != nil }.count { $0 } == 2)
  }

  @Test(arguments: ["\u{800}", "\u{fff}", "\u{1000}", "\u{d7ff}", "\u{e000}", "\u{10000}", "\u{3ffff}", "\u{10ffff}"])
  func `keeps the first and last characters of each UTF-8 length`(text: String) throws {
    #expect(try JSONReader.read(Array("\"\(text)\"".utf8)) == .string(text))
  }

  @Test func `that is not a page causes an error of one line`() {
    let errors: [PageError] = [
      .notJSON(offset: 7), .malformedPage(reason: "no page"), .malformedRow(reason: "no row", index: 2, offset: 9),
    ]
    #expect(errors.map(\.description) == ["the reply is not JSON at byte 7", "no page", "row 2, byte 9: no row"])
  }
}
