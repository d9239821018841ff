import Libc
import Testing

@testable import RollcallKit

@Suite struct `A file opened as immutable` {
  @Test(arguments: ["state.db", "a ?#%&=b.db", "ä:1.db"])
  func `may have any name`(name: String) throws {
    var template = Array("/tmp/rollcall-immutable-XXXXXX".utf8CString)
    try #require(unsafe mkdtemp(&template) != nil)
    let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let path = "\(directory)/\(name)"
    defer {
      unsafe unlink(path)
      unsafe rmdir(directory)
    }
    try SQLiteDatabase(path: path, .readWrite).execute("CREATE TABLE t (n); INSERT INTO t VALUES (42)")
    // The second slash at the beginning does not start a host.
    for path in [path, "/" + path] {
      let database = try SQLiteDatabase(path: path, .immutable)
      #expect(try database.integer("SELECT n FROM t") == 42)
      #expect(throws: (any Error).self) { try database.execute("DELETE FROM t") }
    }
  }
}
