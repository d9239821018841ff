import Libc
import Testing

/// A file that exists during one test.
enum TemporaryFile {
  static func with(_ text: String, mode: mode_t, _ body: (String) throws -> Void) throws {
    var template = Array("/tmp/rollcall-test-XXXXXX".utf8CString)
    let descriptor = unsafe mkstemp(&template)
    try #require(descriptor >= 0)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unsafe unlink(path) }
    let bytes = Array(text.utf8)
    let written = unsafe write(descriptor, bytes, bytes.count)
    let changed = fchmod(descriptor, mode)
    close(descriptor)
    try #require(written == bytes.count && changed == 0)
    try body(path)
  }
}
