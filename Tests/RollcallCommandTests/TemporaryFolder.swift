import Libc
import Testing

/// A folder that exists during one test. It contains only files.
enum TemporaryFolder {
  static func with(_ body: (String) throws -> Void) throws {
    let folder = try make()
    defer { remove(folder) }
    try body(folder)
  }

  static func with(_ body: (String) async throws -> Void) async throws {
    let folder = try make()
    defer { remove(folder) }
    try await body(folder)
  }

  private static func make() throws -> String {
    var template = Array("/tmp/rollcall-test-XXXXXX".utf8CString)
    try #require(unsafe mkdtemp(&template) != nil)
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func remove(_ folder: String) {
    for name in names(folder) { unsafe unlink("\(folder)/\(name)") }
    unsafe rmdir(folder)
  }

  /// Returns the names of the files in a folder, sorted.
  static func names(_ folder: String) -> [String] {
    guard let stream = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
