/// Minified JSON in the provider's form: `&`, `<` and `>` in strings are written as `\u` escapes.
struct JSONOutput {
  private(set) var bytes: [UInt8] = []
  private var needsComma = false

  /// Returns the bytes of a whole document.
  static func document(_ write: (inout JSONOutput) -> Void) -> [UInt8] {
    var output = JSONOutput()
    write(&output)
    return output.bytes
  }

  mutating func object(_ members: (inout JSONOutput) -> Void) {
    enclosed("{", "}", members)
  }

  mutating func array(_ elements: (inout JSONOutput) -> Void) {
    enclosed("[", "]", elements)
  }

  mutating func key(_ name: String) {
    string(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  mutating func member(_ name: String, _ text: String) {
    key(name)
    string(text)
  }

  /// - Parameter absent: what to write for nil: `null` or `""`.
  mutating func member(_ name: String, _ text: String?, absent: String) {
    key(name)
    if let text { string(text) } else { raw(absent) }
  }

  mutating func member(_ name: String, _ flag: Bool) {
    key(name)
    raw(flag ? "true" : "false")
  }

  mutating func member(_ name: String, _ number: Int) {
    key(name)
    raw(String(number))
  }

  mutating func string(_ text: String) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 { append(escaped: byte) }
    bytes.append(UInt8(ascii: "\""))
    needsComma = true
  }

  private mutating func append(escaped byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"):
      bytes += [UInt8(ascii: "\\"), byte]
    case 0..<0x20, UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"):
      bytes += Array((byte < 0x10 ? "\\u000" : "\\u00").utf8)
      bytes += Array(String(byte, radix: 16).utf8)
    default:
      bytes.append(byte)
    }
  }

  private mutating func raw(_ text: String) {
    separate()
    bytes += Array(text.utf8)
    needsComma = true
  }

  private mutating func enclosed(_ open: Unicode.Scalar, _ close: Unicode.Scalar, _ inside: (inout JSONOutput) -> Void)
  {
    separate()
    bytes.append(UInt8(ascii: open))
    needsComma = false
    inside(&self)
    bytes.append(UInt8(ascii: close))
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = false
  }
}
