import Testing

@testable import RollcallCore

@Suite struct `A table of names` {
  private static func names(_ text: String) throws(SIDNames.Flaw) -> SIDNames { try SIDNames(text: Array(text.utf8)) }

  @Test(arguments: [
    "call-1 Anna\ncall Bob B.\n# no call-2\n\n  CF:x\t Desk 1  \n",
    "\u{FEFF}call-1 Anna\r\ncall Bob B.\r\nCF:x Desk 1\r\n", "call-1 Anna\rcall Bob B.\r\rCF:x Desk 1",
    #" {"call-1": "Anna", "call": "Bob B.", "CF:x": "Desk 1"}"#,
  ])
  func `names sids by prefix, the longest first`(text: String) throws {
    let names = try Self.names(text)
    #expect(names.count == 3)
    #expect(names["call-1"] == "Anna" && names["call-17"] == "Anna")
    #expect(names["call-2"] == "Bob B." && names["call"] == "Bob B." && names["CF:x"] == "Desk 1")
    #expect(names["c"] == nil && names["CF"] == nil && names[""] == nil && names["é-1"] == nil)
    #expect(!names.hasAddresses)
  }

  @Test func `an address may be a name, and end one`() throws {
    #expect(try Self.names("call-1 +12025550101")["call-1"] == "+12025550101")
    #expect(try Self.names("Anna + Bob")["Anna"] == "+ Bob")
    let names = try Self.names("sip:anna@example.com Desk +12025550101")
    #expect(names.name(ofCall: "call-1", at: "sip:anna@example.com") == "Desk +12025550101")
  }

  @Test func `may be empty`() throws {
    for text in ["", "\n", "# nobody", "{}", "\u{FEFF}"] { #expect(try Self.names(text) == .none) }
  }

  @Test(
    arguments: [
      ("+12025550101", "+12025550101", true), ("+1(202)555-0101", "+12025550101", true),
      ("+1.202.555.0101", "tel:+12025550101", false), ("+12025550101", "+120255501010", false),
      ("+12025550101", "12025550101", false), ("sip:anna@example.com", "sip:Anna@Example.com;transport=tls", true),
      ("SIP:anna@example.com", "sip:anna@example.com?subject=x", true),
      ("sip:anna@example.com", "sips:anna@example.com", false), ("client:anna", "client:anna", true),
      ("client:anna", "client:Anna", false), ("client:anna", "client:anna2", false),
    ])
  func `names addresses, however they are written`(key: String, address: String, isNamed: Bool) throws {
    for names in [try Self.names("\(key) Anna\n"), try Self.names(#"{"\#(key)": "Anna"}"#)] {
      #expect(names.hasAddresses && names.count == 1)
      #expect(names.name(ofCall: "call-1", at: address) == (isNamed ? "Anna" : nil))
      #expect(names["call-1"] == nil && names.name(ofCall: "call-1", at: nil) == nil)
    }
  }

  @Test func `names a call by its sid before its address, and numbers with spaces only in JSON`() throws {
    let names = try Self.names(#"{"+1 (202) 555-0101": "Anna", "call-1": "Bea"}"#)
    #expect(names.name(ofCall: "call-17", at: "+12025550101") == "Bea")
    #expect(names.name(ofCall: "other", at: "+12025550101") == "Anna")
    #expect(throws: SIDNames.Flaw.self) { try Self.names("+1 (202) 555-0101 Anna") }
  }

  @Test(
    arguments: [
      ("call-1 Anna\ncall-2\n", 2, "has no name"),
      ("call-1 Anna\n\ncall 1/2 Bob\ncall/3 Bob", 4, "begins with neither a sid nor an address"),
      ("aaaa A\nbbbb B\naaaa C", 3, "repeats a key"), ("aaaa A\rbbbb B\raaaa C\r", 3, "repeats a key"),
      ("+12025550101 A\n# B\n+1(202)5550101 C", 3, "repeats a key"),
      ("sip:a@b.c A\nsip:A@B.c;x=y C", 2, "repeats a key"),
      (". A", 1, "begins with neither a sid nor an address"),
      ("call A\nabc B", 2, "begins with only 3 characters of a sid"),
      ("a B", 1, "begins with only 1 character of a sid"),
      ("+1202abc A", 1, "begins with an invalid telephone number"),
      ("+123456 A", 1, "begins with an invalid telephone number"),
      ("+1234567890123456 A", 1, "begins with an invalid telephone number"),
      ("+1 202 555 0101 A", 1, "begins with an invalid telephone number"),
      ("12025550101 A", 1, "begins with a telephone number without its +"),
      ("sip: A", 1, "begins with an invalid address"),
      ("call A\nAnna +12025550101", 2, "has the address after the name"),
      ("Anna Smith sip:anna@example.com", 1, "has the address after the name"),
      ("Anna Smith\t+12025550101", 1, "has the address after the name"),
      ("Anna +1 (202) 555-0101", 1, "has the address after the name"),
      (#"{"Anna": "client:anna"}"#, nil, #"has a member "Anna" that has the address after the name"#),
      ("client:\(String(repeating: "x", count: 122)) A", 1, "begins with an invalid address"),
      ("call \(String(repeating: "x", count: 129))", 1, "has a name of 129 bytes"),
      (#"{"aaaa": "A""#, nil, "is not JSON"), (#"{"aaaa": 1}"#, nil, "has a name that is not a string"),
      (#"{"aaaa": "A", "aaaa": "B"}"#, nil, #"has a member "aaaa" that repeats a key"#),
      (#"{"a b": "A"}"#, nil, #"has a member "a b" that begins with neither a sid nor an address"#),
      (#"{"sip:a b": "A"}"#, nil, #"has a member "sip:a b" that begins with an invalid address"#),
    ] as [(String, Int?, String)])
  func `says which line is wrong and what to do`(text: String, line: Int?, problem: String) {
    let flaw = #expect(throws: SIDNames.Flaw.self) { try Self.names(text) }
    #expect(flaw?.line == line)
    #expect(flaw?.problem.hasPrefix(problem) == true)
    #expect(flaw?.right.hasPrefix("give") == true)
  }

  @Test func `rejects text that is not UTF-8, too long, or has too many names`() {
    let bytes: [UInt8] = Array("aaaa A\nbbbb ".utf8) + [0xFF, 0x0A]
    #expect(throws: SIDNames.Flaw(2, "is not UTF-8", "save the file as UTF-8")) { try SIDNames(text: bytes) }
    let many = (0...SIDNames.maximumCount).map { "call\($0) n\n" }.joined()
    #expect(#expect(throws: SIDNames.Flaw.self) { try Self.names(many) }?.line == SIDNames.maximumCount + 1)
    #expect(throws: SIDNames.Flaw.self) {
      try SIDNames(text: Array(repeating: UInt8(ascii: "#"), count: SIDNames.maximumBytes + 1))
    }
  }
}
