/// Reads parts of a header line.
enum HeaderText {
  /// Whether a part of a line is a text in lower case, cases apart.
  static func isEqual(_ line: Span<UInt8>, _ range: Range<Int>, to lowercase: String) -> Bool {
    let text = lowercase.utf8
    guard range.count == text.count else { return false }
    return zip(range, text).allSatisfy { index, byte in
      let other = line[index]
      return byte == ((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(other) ? other | 0x20 : other)
    }
  }

  /// A part of a line as text, without the white space around it; what is not UTF-8 becomes U+FFFD.
  static func string(_ line: Span<UInt8>, _ range: Range<Int>) -> String {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, isSpace(line[start]) { start += 1 }
    while end > start, isSpace(line[end - 1]) { end -= 1 }
    return String(decoding: (start..<end).map { line[$0] }, as: UTF8.self)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  /// Whether a text is a header's name (RFC 9110, section 5.1).
  static func isName(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default:
          "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }

  /// Whether a text can be a header's value: nothing in it ends the line.
  static func isValue(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == UInt8(ascii: "\t") }
  }
}
