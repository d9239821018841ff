import Libc
import Testing

/// Makes what a shell's `<(…)` gives: the path of a pipe that contains a text and has no writer any longer.
enum ReadablePipe {
  static func with(_ text: String, _ body: (String) throws -> Void) throws {
    var ends: [Int32] = [-1, -1]
    try #require(unsafe pipe(&ends) == 0)
    let bytes = Array(text.utf8)
    let written = unsafe write(ends[1], bytes, bytes.count)
    close(ends[1])
    defer { close(ends[0]) }
    try #require(written == bytes.count)
    try body("/dev/fd/\(ends[0])")
  }
}
