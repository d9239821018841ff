/// Texts as parts of a URL. Source: RFC 3986 section 2.
enum PercentEncoding {
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// One segment of a path; colons stay, as in sids.
  static func segment(_ text: String) -> String { encode(text.utf8, keeping: ":") }

  /// A value in a query.
  static func value(_ text: String) -> String { encode(text.utf8, keeping: "") }

  /// The same, of bytes that need not be text.
  static func value(_ bytes: [UInt8]) -> String { encode(bytes, keeping: "") }

  /// The text that a query's value stands for. What is not encoded properly stays as it is.
  static func decoded(_ value: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = value.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let hidden = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(hidden)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func encode(_ text: some Collection<UInt8>, keeping kept: String) -> String {
    var bytes: [UInt8] = []
    for byte in text {
      if isUnreserved(byte) || kept.utf8.contains(byte) {
        bytes.append(byte)
      } else {
        bytes.append(contentsOf: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]])
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-._~".utf8.contains(byte)
    }
  }
}
