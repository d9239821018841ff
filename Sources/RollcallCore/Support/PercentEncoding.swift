/// Percent-encoding of parts of a URL. Source: RFC 3986 section 2.
package enum PercentEncoding {
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// Encodes a path segment; colons, which sids may contain, are kept.
  package static func segment(_ text: String) -> String {
    // Sids, which are encoded for every request, need no encoding.
    let isPlain = unsafe text.utf8.withContiguousStorageIfAvailable { unsafe $0.allSatisfy(isUnreserved) } ?? false
    return isPlain ? text : encode(text.utf8, keeping: ":")
  }

  /// Encodes a value of a query or a form.
  package static func value(_ text: String) -> String { encode(text.utf8, keeping: "") }

  /// Encodes bytes that need not be text as a value of a query.
  package static func value(_ bytes: [UInt8]) -> String { encode(bytes, keeping: "") }

  /// Decodes a part of a URL. Malformed escapes are kept, and bytes that are not UTF-8 are replaced.
  package static func decoded(_ text: some StringProtocol) -> String { decoded(text.utf8) { $0 } }

  /// Decodes a value of a form, in which a plus sign stands for a space.
  package static func decodedForm(_ bytes: some Collection<UInt8>) -> String {
    decoded(bytes) { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }
  }

  private static func decoded(_ bytes: some Collection<UInt8>, _ unescaped: (UInt8) -> UInt8) -> String {
    var result: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      let escape = rest.prefix(2)
      if byte == UInt8(ascii: "%"), let high = escape.first?.hexadecimalValue, escape.count == 2,
        let low = escape.dropFirst().first?.hexadecimalValue
      {
        result.append(high << 4 | low)
        rest = rest.dropFirst(2)
      } else {
        result.append(unescaped(byte))
      }
    }
    return String(decoding: result, as: UTF8.self)
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
    byte.isASCIILetterOrDigit || "-._~".utf8.contains(byte)
  }
}
