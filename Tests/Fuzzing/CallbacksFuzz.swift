import FuzzOracles
import RollcallCore

/// Status callbacks, which anyone who knows the address and the token can send.
enum CallbacksFuzz {
  private static let names = ["ConferenceSid", "conference_sid"]

  static func check(_ bytes: [UInt8]) {
    let callback = StatusCallback(bytes)
    if bytes.first(where: { $0 > UInt8(ascii: " ") }) == UInt8(ascii: "{") {
      check(callback, json: bytes)
    } else {
      let fields = fields(bytes)
      let event = fields.last { $0.name == "StatusCallbackEvent" }?.value
      expect(callback, event, fields.filter { names.contains($0.name) }.map(\.value), bytes)
    }
  }

  private static func check(_ callback: StatusCallback, json bytes: [UInt8]) {
    guard case .object(let members)? = PlainJSON.value(of: bytes) else {
      return require(callback == .withoutConference, "expected no conference in invalid JSON, got \(callback)")
    }
    var (sids, event): ([String], String?) = ([], nil)
    for (key, value) in members {
      if key == "StatusCallbackEvent" { event = value.asText }
      if names.contains(key) { sids.append(value.asText ?? "") }
      guard key == "params", case .object(let inner) = value else { continue }
      sids += inner.filter { $0.key == "conference_id" }.map { $0.value.asText ?? "" }
    }
    // It is unspecified which of two members with the same name counts.
    guard Set(members.map(\.key)).count == members.count, sids.count < 4 else { return }
    expect(callback, event, sids, bytes)
  }

  /// Requires a hint if the callback names one conference, however often, and is about something that the list shows.
  private static func expect(_ callback: StatusCallback, _ event: String?, _ sids: [String], _ bytes: [UInt8]) {
    let isIrrelevant = event.map { $0.starts(with: "participant-speech-") || $0.starts(with: "announcement-") } == true
    let expected: StatusCallback =
      if Set(sids).count == 1, let conference = ConferenceSID(sids[0]) {
        isIrrelevant ? .irrelevant : .hint(conference)
      } else {
        .withoutConference
      }
    require(callback == expected, "expected \(expected), got \(callback): \(String(decoding: bytes, as: UTF8.self))")
  }

  /// Returns the fields of a form, parsed independently of the code under test.
  private static func fields(_ bytes: [UInt8]) -> [(name: String, value: String)] {
    bytes.split(separator: UInt8(ascii: "&")).map { pair in
      let end = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
      return (text(pair[..<end]), text(pair[end...].dropFirst()))
    }
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    var rest = bytes
    var result: [UInt8] = []
    while let byte = rest.popFirst() {
      let digits = rest.prefix(2)
      if byte == UInt8(ascii: "%"), digits.count == 2, digits.allSatisfy(isHexadecimal),
        let hidden = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
      {
        result.append(hidden)
        rest = rest.dropFirst(2)
      } else {
        result.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool { "0123456789abcdefABCDEF".utf8.contains(byte) }
}
