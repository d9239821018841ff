/// The text of a secret, as files and variables hold it.
enum SecretText {
  /// The text without the newlines at its end.
  ///
  /// - Returns: nil where it is not UTF-8, or a control character (another line, for one) is left in it.
  static func trimmed(_ bytes: [UInt8]) -> String? {
    var bytes = bytes[...]
    while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { bytes.removeLast() }
    guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}
