/// What a frozen line says, for those who put it into words.
struct EventLine: Sendable {
  let type: EventType
  private let value: JSONValue

  /// A line that cannot be read says nothing but its type.
  init(_ event: StoredEvent) {
    type = event.type
    value = (try? JSONReader.read(Array(event.line.dropLast()))) ?? .null
  }

  func text(_ key: String) -> String? { value[key]?.asText }
  func number(_ key: String) -> Int64? { value[key]?.asInteger }
  var call: String? { text("call_sid") }
  /// Who is coached; nil where nobody is named.
  var coached: String? { text("call_sid_to_coach").flatMap { $0.isEmpty ? nil : $0 } }
  var isInitial: Bool { value["initial"]?.asBool ?? false }
  /// People in the room after the event.
  var count: Int64? { number("participant_count") }
  var record: JSONValue { value["participant"] ?? .null }
  var changes: [(key: String, value: JSONValue)] { value["changes"]?.asObject ?? [] }
  /// Whether it is the delivery of `rollcall check`, whose type is no event's.
  var isTest: Bool { text("type") == "watch.test" }

  /// How long something lasted, in words; nil where that is not known.
  var lasted: String? { number("lasted_ms").flatMap(Self.words) }

  /// From one moment of the line to another, in words.
  func span(from start: String, to end: String) -> String? {
    guard let start = text(start).flatMap(Timestamp.init(rfc3339:)),
      let end = text(end).flatMap(Timestamp.init(rfc3339:))
    else { return nil }
    return Self.words(end.milliseconds - start.milliseconds)
  }

  /// Milliseconds in the two largest units that are there.
  static func words(_ milliseconds: Int64) -> String? {
    guard milliseconds >= 0 else { return nil }
    let seconds = milliseconds / 1000
    if seconds == 0 { return "less than 1 s" }
    let units = [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")]
    let shown = units.drop { $0.0 == 0 }.prefix(2).filter { $0.0 > 0 }
    return shown.map { "\($0.0) \($0.1)" }.joined(separator: " ")
  }
}
