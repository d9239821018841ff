import FuzzOracles
import RollcallCore

/// Chat messages made from lines with arbitrary contents and from names given by users.
enum ChatFuzz {
  /// The maximum length that each service accepts, in UTF-16 units or, for Teams, bytes.
  private static let limits: [ChatService: Int] = [.slack: 3000, .discord: 2000, .mattermost: 4000, .teams: 21_000]

  static func check(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let type = EventType.allCases[input.number(below: EventType.allCases.count)]
    let count = 1 + input.number(below: 24)
    let rest = input.remainder()
    let names = (try? SIDNames(text: rest)) ?? .none
    check(names)
    for service in ChatService.allCases {
      var body = MessageBody(.chat(service, names))
      for sequence in 1...UInt64(count) { body.add(event(sequence, type, rest)) }
      check(body.bytes, of: service)
    }
  }

  /// Returns an event whose line is the bytes if they are JSON; otherwise its line has them as its texts.
  private static func event(_ sequence: UInt64, _ type: EventType, _ bytes: [UInt8]) -> StoredEvent {
    var line = bytes
    if PlainJSON.value(of: bytes) == nil {
      var text: [UInt8] = []
      JSONText.append(String(decoding: bytes.prefix(128), as: UTF8.self), to: &text)
      line = Array(#"{"call_sid":"c\#(sequence)","friendly_name":"#.utf8) + text
      line +=
        Array(#","reason":"#.utf8) + text + Array(#","error":"#.utf8) + text + Array(#","participant":{"label":"#.utf8)
      line +=
        text + Array(#"},"changes":{"label":{"from":"#.utf8) + text + Array(#","to":"#.utf8) + text + Array("}}}".utf8)
    }
    return StoredEvent(
      sequence: sequence, id: "evt_\(sequence)", type: type, timestamp: Timestamp(milliseconds: Int64(sequence)),
      conference: ConferenceSID("CF"), call: nil, line: line + [UInt8(ascii: "\n")])
  }

  private static func check(_ body: [UInt8], of service: ChatService) {
    require(Safety.isQuiet(body), "the body is not safe to print")
    guard let value = PlainJSON.value(of: body) else { fatalError("the body is not JSON") }
    let text = value["content"]?.asText ?? value["text"]?.asText
    let length = text?.utf16.count ?? body.count
    require(length <= limits[service] ?? 0, "a message of length \(length) exceeds the limit of \(service)")
    if service == .slack {
      require(text?.utf8.contains(UInt8(ascii: "<")) == false, "the message contains an unescaped <")
    }
  }

  private static func check(_ names: SIDNames) {
    require(names.count <= SIDNames.maximumCount, "expected at most \(SIDNames.maximumCount) names, got \(names.count)")
    require(names[""] == nil, "the empty key has a name")
  }
}
