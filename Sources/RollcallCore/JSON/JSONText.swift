/// Writes JSON as rollcall writes it: no raw C0, DEL, C1, U+2028 or U+2029, which are `\u` escapes of lower-case digits.
package enum JSONText {
  /// Appends a string literal, quotes included.
  package static func append(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(0x22)
    appendContents(of: text, to: &bytes)
    bytes.append(0x22)
  }

  /// Appends an integer.
  package static func append(_ number: some BinaryInteger, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: String(number).utf8)
  }

  /// Appends `true` or `false`.
  package static func append(_ flag: Bool, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: flag ? "true".utf8 : "false".utf8)
  }

  /// Appends a text, or `null` where there is none.
  package static func append(_ text: String?, to bytes: inout [UInt8]) {
    if let text { append(text, to: &bytes) } else { bytes.append(contentsOf: "null".utf8) }
  }

  /// Appends what stands between the quotes of a text's literal.
  package static func appendContents(of text: String, to bytes: inout [UInt8]) {
    if isPlain(text.utf8Span.span) {
      bytes.append(contentsOf: text.utf8)
      return
    }
    for scalar in text.unicodeScalars { append(scalar, to: &bytes) }
  }

  /// Whether a text is written as it is.
  private static func isPlain(_ text: Span<UInt8>) -> Bool {
    for i in text.indices {
      let c = text[i]
      guard c >= 0x20, c < 0x7f, c != 0x22, c != 0x5c else { return false }
    }
    return true
  }

  /// Appends one character of a text in its shortest form.
  static func append(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
    switch scalar.value {
    case 0x22: bytes.append(contentsOf: [0x5c, 0x22])
    case 0x5c: bytes.append(contentsOf: [0x5c, 0x5c])
    case 0x08: bytes.append(contentsOf: [0x5c, 0x62])
    case 0x09: bytes.append(contentsOf: [0x5c, 0x74])
    case 0x0a: bytes.append(contentsOf: [0x5c, 0x6e])
    case 0x0c: bytes.append(contentsOf: [0x5c, 0x66])
    case 0x0d: bytes.append(contentsOf: [0x5c, 0x72])
    case 0x00..<0x20, 0x7f..<0xa0, 0x2028, 0x2029:
      appendEscape(UInt16(truncatingIfNeeded: scalar.value), to: &bytes)
    default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
  }

  /// Appends `\u` and four lower-case digits.
  static func appendEscape(_ unit: UInt16, to bytes: inout [UInt8]) {
    bytes.append(0x5c)
    bytes.append(0x75)
    var rest = unit
    for _ in 0..<4 {
      let digit = UInt8(truncatingIfNeeded: rest >> 12)
      bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
      rest <<= 4
    }
  }
}
