/// Bytes that are no JSON document.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Bytes from the start of the document.
  package let offset: Int
  /// From 1; lines end with a line feed.
  package let line: Int
  /// From 1, in bytes.
  package let column: Int
  /// What was expected there, such as `a value was expected`.
  package let reason: String

  package init(offset: Int, reason: String, in document: ArraySlice<UInt8>) {
    self.offset = offset
    self.reason = reason
    let before = document.prefix(offset)
    line = 1 + before.count { $0 == 0x0a }
    column = offset - (before.lastIndex(of: 0x0a).map { $0 - document.startIndex + 1 } ?? 0) + 1
  }

  package var description: String { "line \(line), column \(column): \(reason)" }
}
