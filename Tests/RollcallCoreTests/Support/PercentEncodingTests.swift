import Testing

@testable import RollcallCore

@Suite struct `Percent-encoding` {
  @Test(arguments: [UInt8.min...0x7F, 0x80...UInt8.max])
  func `of any bytes is plain, and decodes to the same text`(bytes: ClosedRange<UInt8>) {
    let text = String(decoding: bytes, as: UTF8.self)
    for encoded in [PercentEncoding.value(text), PercentEncoding.segment(text)] {
      #expect(encoded.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") })
      #expect(PercentEncoding.decoded(encoded) == text)
      #expect(PercentEncoding.decodedForm(encoded.utf8) == text)
    }
  }

  @Test(
    arguments: [
      ("", "", ""), ("%41%2f%2F", "A//", "A//"), ("a+b", "a+b", "a b"), ("%2b", "+", "+"), ("%", "%", "%"),
      ("%4", "%4", "%4"),
      ("%+5", "%+5", "% 5"), ("%-1", "%-1", "%-1"), ("%4g", "%4g", "%4g"), ("%%41", "%A", "%A"),
      ("%2541", "%41", "%41"),
      ("%ff", "\u{FFFD}", "\u{FFFD}"),
    ])
  func `is decoded once, and what is malformed stays`(encoded: String, text: String, ofForm: String) {
    #expect(PercentEncoding.decoded(encoded) == text)
    #expect(PercentEncoding.decodedForm(encoded.utf8) == ofForm)
  }
}
