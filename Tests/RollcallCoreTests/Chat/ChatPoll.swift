@testable import RollcallCore

/// The events of one poll, frozen as a stream freezes them.
struct ChatPoll {
  static let conference = "00000000-0000-4000-8000-00000000b12f"
  static let now = Timestamp(milliseconds: 1_763_885_000_123)

  private(set) var events: [StoredEvent] = []
  private var stream = EventStream(epoch: 7)
  private let sid: ConferenceSID?

  init(conference: String = conference) { sid = ConferenceSID(conference) }

  mutating func add(_ type: EventType, _ call: String? = nil, _ finish: (inout Event) -> Void = { _ in }) {
    var draft = Event(type, at: Self.now, conference: sid)
    draft.call = call.flatMap { CallSID($0) }
    draft.participant = Array("{}".utf8)
    finish(&draft)
    events.append(stream.freeze(draft))
  }

  func message(
    _ names: SIDNames = .none, friendlyName: String? = nil, people: [String: CallerIdentity] = [:]
  ) -> ChatMessage {
    var digest = ChatDigest(
      names: names, known: MessageContext(friendlyName: friendlyName) { people[$0] })
    for event in events { digest.add(event) }
    return digest.message
  }

  func body(_ service: ChatService, _ names: SIDNames = .none) -> [UInt8] {
    var body = MessageBody(.chat(service, names))
    for event in events { body.add(event) }
    return body.bytes
  }

  /// Returns the record of a participant whose call was looked up.
  static func record(from: String, to: String, _ direction: String, label: String? = nil) -> [UInt8] {
    var record = ObjectWriter(capacity: 64)
    record.add("label", text: label)
    record.add("call", json: CallDetails(from: from, to: to, direction: direction).json)
    return record.finished()
  }

  /// Returns a record with a label as a provider might send it: any text, written as JSON.
  static func record(label: String) -> [UInt8] {
    var bytes = Array(#"{"label":"#.utf8)
    JSONText.append(label, to: &bytes)
    return bytes + [UInt8(ascii: "}")]
  }
}
