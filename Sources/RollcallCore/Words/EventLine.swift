/// The contents of a frozen line, for putting an event into words.
package struct EventLine: Sendable {
  package let type: EventType
  package let timestamp: Timestamp
  package let conference: ConferenceSID?
  private let value: JSONValue

  /// Reads an event. If the line is unreadable, only the type and the time are known.
  package init(_ event: StoredEvent) {
    type = event.type
    timestamp = event.timestamp
    conference = event.conference
    value = (try? JSONReader.read(Array(event.line.dropLast()))) ?? .null
  }

  /// Reads an event as delivered, possibly as the data of a CloudEvent.
  ///
  /// - Returns: nil if the bytes are not an event, or are one of a later version.
  package init?(delivered bytes: [UInt8]) {
    guard let event = try? HistoryEvent(line: bytes), let type = event.type else { return nil }
    self.type = type
    timestamp = event.timestamp
    conference = event.conference
    value = event.json
  }

  package func text(_ key: String) -> String? { value[key]?.asText }
  package func number(_ key: String) -> Int64? { value[key]?.asInteger }
  package var call: String? { text("call_sid") }
  /// The coached call; nil if it is not named. A baseline has it in the record, under the provider's key.
  package var coached: String? {
    var found = text("call_sid_to_coach")
    if type == .participantPresent, record["coaching"]?.asBool == true {
      found = (record["call_sid_to_coach"] ?? record["coaching_call_sid"])?.asText
    }
    return found.flatMap { $0.isEmpty ? nil : $0 }
  }
  package var isInitial: Bool { value["initial"]?.asBool ?? false }
  /// The number of people in the room after the event.
  package var count: Int64? { number("participant_count") }
  package var friendlyName: String? { text("friendly_name") }
  package var record: JSONValue { value["participant"] ?? .null }
  /// The participant's label at the provider.
  package var label: String? { record["label"]?.asText }
  /// The condition that raised the alert.
  package var alert: String? { text("alert") }
  /// What the event says about who the participant is.
  package var identity: CallerIdentity {
    CallerIdentity(label: label, address: record["call"].flatMap { CallDetails($0).address })
  }
  var changes: [(key: String, value: JSONValue)] { value["changes"]?.asObject ?? [] }
  /// Whether the line is the test delivery of `rollcall check`, whose type is not an event type.
  var isTest: Bool { text("type") == "watch.test" }
  /// Why the watch was interrupted or stopped, in words.
  package var reason: String { text("reason").map(Self.spaced) ?? "unknown reason" }

  /// How long something lasted, in words; nil if that is unknown.
  var lasted: String? { number("lasted_ms").flatMap(Self.spoken) }

  /// Returns the time between two timestamps of the line, in words.
  func span(from start: String, to end: String) -> String? {
    guard let start = text(start).flatMap(Timestamp.init(rfc3339:)),
      let end = text(end).flatMap(Timestamp.init(rfc3339:))
    else { return nil }
    return Self.spoken(end.milliseconds - start.milliseconds)
  }

  private static func spoken(_ milliseconds: Int64) -> String? {
    milliseconds < 0 ? nil : SpokenDuration.text(milliseconds: milliseconds)
  }

  /// Returns a word of the provider or the stream, such as `poll_failed`, in a form for people.
  static func spaced(_ text: String) -> String { text.split(separator: "_").joined(separator: " ") }
}
