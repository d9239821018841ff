/// Writes events as CloudEvents 1.0 in structured JSON.
///
/// Sources: the CloudEvents specification and its JSON format, 1.0.2; `sequence` and `partitionkey` are documented extensions
/// of it. The names of attributes are lower-case letters and digits only, so what rollcall knows beyond them stays in `data`.
enum CloudEvent {
  /// The attribute that every CloudEvent has, and no event of rollcall's own.
  static let mark: StaticString = "specversion"
  /// What precedes an event's type.
  static let typePrefix = "rollcall."
  /// `sequence` is compared as text, so it has as many digits as the greatest number.
  static let sequenceDigits = 20
  /// About what the attributes take.
  private static let attributeBytes = 768

  static func body(of event: StoredEvent, source: EventSource) -> [UInt8] {
    let data = Array(event.line.dropLast())
    var object = ObjectWriter(capacity: data.count + attributeBytes)
    object.add(mark, text: "1.0")
    object.add("id", text: event.id)
    object.add("source", text: source.url(of: event.conference))
    let line = try? JSONReader.read(data)
    object.add("type", text: typePrefix + (line?["type"]?.asText ?? event.type.rawValue))
    // An attribute that is null or empty is not allowed; one that does not apply is left out.
    if let call = line?["call_sid"]?.asText { object.add("subject", text: call) }
    object.add("time", text: event.timestamp.rfc3339)
    let sequence = line?["sequence"]?.asInteger.map { UInt64(clamping: $0) }
    object.add("sequence", text: padded(sequence ?? event.sequence))
    if let conference = event.conference { object.add("partitionkey", text: conference.text) }
    object.add("datacontenttype", text: "application/json")
    object.add("data", json: data)
    return object.finished()
  }

  private static func padded(_ sequence: UInt64) -> String {
    let digits = String(sequence)
    return String(repeating: "0", count: sequenceDigits - digits.count) + digits
  }
}
