import Testing

@testable import RollcallCore

@Suite struct `A table of names` {
  private static func names(_ text: String) throws(SIDNames.Flaw) -> SIDNames { try SIDNames(text: Array(text.utf8)) }

  @Test(arguments: [
    "ca-1 Anna\nca Bob B.\n# no ca-2\n\n  CF:x\t Desk 1  \n", "\u{FEFF}ca-1 Anna\r\nca Bob B.\r\nCF:x Desk 1\r\n",
    "ca-1 Anna\rca Bob B.\r\rCF:x Desk 1",
    #" {"ca-1": "Anna", "ca": "Bob B.", "CF:x": "Desk 1"}"#,
  ])
  func `names sids and what begins like them, the longest first`(text: String) throws {
    let names = try Self.names(text)
    #expect(names.count == 3)
    #expect(names["ca-1"] == "Anna" && names["ca-17"] == "Anna")
    #expect(names["ca-2"] == "Bob B." && names["ca"] == "Bob B." && names["CF:x"] == "Desk 1")
    #expect(names["c"] == nil && names["CF"] == nil && names[""] == nil && names["é-1"] == nil)
  }

  @Test func `may be empty`() throws {
    for text in ["", "\n", "# nobody", "{}", "\u{FEFF}"] { #expect(try Self.names(text) == .none) }
  }

  @Test(
    arguments: [
      ("ca-1 Anna\nca-2\n", 2, "has no name"), ("ca-1 Anna\n\nca 1/2 Bob\nca/3 Bob", 4, "begins with no sid"),
      ("a A\nb B\na C", 3, "has a sid that is there already"),
      ("a A\rb B\ra C\r", 3, "has a sid that is there already"), (". A", 1, "begins with no sid"),
      ("ca \(String(repeating: "x", count: 129))", 1, "has a name of 129 bytes"),
      (#"{"a": "A""#, nil, "is no JSON at line 1, column 10: no , or } after a value"),
      (#"{"a": 1}"#, nil, "has a name that is no text"),
      (#"{"a": "A", "a": "B"}"#, nil, "has a member that has a sid that is there already"),
      (#"{"a b": "A"}"#, nil, "has a member that begins with no sid"),
    ] as [(String, Int?, String)])
  func `says which line is wrong, and what would be right`(text: String, line: Int?, problem: String) {
    let flaw = #expect(throws: SIDNames.Flaw.self) { try Self.names(text) }
    #expect(flaw?.line == line)
    if flaw?.problem.hasPrefix("is no JSON") != true { #expect(flaw?.problem == problem) }
    #expect(flaw?.right.hasPrefix("give") == true)
  }

  @Test func `refuses what is not UTF-8, too long or too much`() {
    let bytes: [UInt8] = Array("a A\nb ".utf8) + [0xFF, 0x0A]
    #expect(throws: SIDNames.Flaw(2, "is no UTF-8", "give the file as UTF-8")) { try SIDNames(text: bytes) }
    let many = (0...SIDNames.maximumCount).map { "c\($0) n\n" }.joined()
    #expect(#expect(throws: SIDNames.Flaw.self) { try Self.names(many) }?.line == SIDNames.maximumCount + 1)
    #expect(throws: SIDNames.Flaw.self) {
      try SIDNames(text: Array(repeating: UInt8(ascii: "#"), count: SIDNames.maximumBytes + 1))
    }
  }
}
