/// What some programs of Windows write before UTF-8, and no reader wants.
package enum ByteOrderMark {
  private static let utf8: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// The bytes without such a mark before them.
  package static func dropped(from bytes: [UInt8]) -> [UInt8] {
    bytes.starts(with: utf8) ? Array(bytes[utf8.count...]) : bytes
  }
}
