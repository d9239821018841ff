import Libc
import Testing

/// A directory for a state file, which exists for as long as the value.
final class StateDirectory: Sendable {
  private let path: String

  init() throws {
    var template = Array("/tmp/rollcall-test-XXXXXX".utf8CString)
    try #require(unsafe mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  var file: String { path + "/state" }

  deinit {
    for suffix in ["", "-wal", "-shm"] { _ = unsafe unlink(file + suffix) }
    _ = unsafe rmdir(path)
  }
}
