import RollcallCore

/// What files and variables from elsewhere leave around a text.
enum LineEnds {
  /// The text without carriage returns and line feeds around it, and without a byte order mark before it.
  static func trimmed(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    var bytes = ByteOrderMark.dropped(from: bytes)[...]
    while let last = bytes.last, isEnd(last) { bytes.removeLast() }
    while let first = bytes.first, isEnd(first) { bytes.removeFirst() }
    return bytes
  }

  static func trimmed(_ text: String) -> String { String(decoding: trimmed(Array(text.utf8)), as: UTF8.self) }

  private static func isEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }
}
