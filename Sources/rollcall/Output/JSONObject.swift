import RollcallCore

/// A JSON object for programs, written member by member.
struct JSONObject {
  private var bytes: [UInt8] = []

  private init() {}

  /// Returns an object with the members that the closure adds, in that order.
  static func of(_ members: (inout JSONObject) -> Void) -> [UInt8] {
    var object = JSONObject()
    members(&object)
    return (object.bytes.isEmpty ? [UInt8(ascii: "{")] : object.bytes) + [UInt8(ascii: "}")]
  }

  mutating func add(_ key: String, text: String?) {
    begin(key)
    JSONText.append(text, to: &bytes)
  }

  mutating func add(_ key: String, _ number: Int64?) {
    begin(key)
    bytes += number.map { Array(String($0).utf8) } ?? Array("null".utf8)
  }

  /// - Parameter number: the number as JSON.
  mutating func add(_ key: String, number: String) {
    begin(key)
    bytes += Array(number.utf8)
  }

  mutating func add(_ key: String, _ flag: Bool?) {
    begin(key)
    if let flag { JSONText.append(flag, to: &bytes) } else { bytes += Array("null".utf8) }
  }

  /// - Parameter elements: the elements as JSON.
  mutating func add(_ key: String, _ elements: [[UInt8]]) {
    begin(key)
    bytes.append(UInt8(ascii: "["))
    bytes += elements.joined(separator: [UInt8(ascii: ",")])
    bytes.append(UInt8(ascii: "]"))
  }

  mutating func add(_ key: String, _ members: (inout JSONObject) -> Void) {
    begin(key)
    bytes += Self.of(members)
  }

  private mutating func begin(_ key: String) {
    bytes.append(UInt8(ascii: bytes.isEmpty ? "{" : ","))
    JSONText.append(key, to: &bytes)
    bytes.append(UInt8(ascii: ":"))
  }
}
