import Libc
import RollcallCore
import Testing

/// Project Wycheproof's vectors for HMAC-SHA256, which are outside the package and may be absent.
struct WycheproofTests {
  @Test(.enabled(if: !WycheproofCase.all.isEmpty, "the vectors are not there"))
  func `every vector is accepted or rejected as specified`() {
    #expect(WycheproofCase.all.count == 174)
    for vector in WycheproofCase.all {
      let code = Array(HMACSHA256.code(of: vector.message, key: vector.key).prefix(vector.tag.count))
      #expect(ConstantTime.equals(code, vector.tag) == vector.isValid, "vector \(vector.id)")
    }
  }
}

struct WycheproofCase: Sendable {
  let id: String
  let key: [UInt8]
  let message: [UInt8]
  let tag: [UInt8]
  let isValid: Bool

  static let all: [WycheproofCase] = read(folder + "/wycheproof/hmac_sha256_test.json")

  /// The folder named by `ROLLCALL_TEST_DATA`, by default `../shared/data` relative to the package.
  private static var folder: String {
    if let named = unsafe getenv("ROLLCALL_TEST_DATA") { return unsafe String(cString: named) }
    let package = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    return "/" + package + "/../shared/data"
  }

  /// Returns the texts after `"tcId"`, `"key"`, `"msg"`, `"tag"` and `"result"`, which are in this order.
  private static func read(_ path: String) -> [WycheproofCase] {
    var cases: [WycheproofCase] = []
    var fields: [Substring: Substring] = [:]
    for line in contents(path).split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.filter { !" \",".contains($0) } }
      guard parts.count == 2 || line.contains("\"msg\"") else { continue }
      fields[parts[0][...]] = parts.count == 2 ? parts[1][...] : ""
      guard parts[0] == "result", let key = bytes(fields["key"]), let message = bytes(fields["msg"]),
        let tag = bytes(fields["tag"])
      else { continue }
      let isValid = fields["result"] == "valid"
      cases.append(
        WycheproofCase(id: String(fields["tcId"] ?? ""), key: key, message: message, tag: tag, isValid: isValid))
    }
    return cases
  }

  private static func bytes(_ hex: Substring?) -> [UInt8]? {
    guard let hex, hex.utf8.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    var rest = hex
    while !rest.isEmpty {
      guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
      bytes.append(byte)
      rest = rest.dropFirst(2)
    }
    return bytes
  }

  private static func contents(_ path: String) -> String {
    guard let file = unsafe fopen(path, "r") else { return "" }
    defer { unsafe fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = unsafe fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}
