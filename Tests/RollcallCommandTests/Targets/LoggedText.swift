import Libc
import Testing

@testable import rollcall

/// A log whose lines a test can read, as many as fit into a pipe.
final class LoggedText: Sendable {
  private static let most = 16 << 10

  let log: StandardError
  private let reader: Int32
  private let writer: Int32

  init() throws {
    var ends: [Int32] = [-1, -1]
    try #require(unsafe pipe(&ends) == 0)
    (reader, writer) = (ends[0], ends[1])
    _ = fcntl(reader, F_SETFL, O_NONBLOCK)
    log = StandardError(LogOptions(), descriptor: writer)
  }

  deinit {
    close(reader)
    close(writer)
  }

  /// Returns the lines that were logged since the last call.
  func lines() -> [String] {
    var bytes = [UInt8](repeating: 0, count: Self.most)
    let count = unsafe read(reader, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
