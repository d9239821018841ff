/// The parts of an event line that a history needs.
package struct HistoryEvent: Sendable {
  let epoch: UInt64
  let sequence: UInt64
  /// The type; nil for a type of a later version.
  let type: EventType?
  let timestamp: Timestamp
  let occurredAfter: Timestamp?
  package let conference: ConferenceSID?
  /// The participant's call; events about people always have one.
  let call: CallSID?
  let json: JSONValue

  /// Reads a line, with or without its newline: an event, or a CloudEvent with one as its `data`.
  package init(line: [UInt8]) throws(HistoryFault) {
    json = try Self.event(in: line)
    guard let id = json["id"]?.asText, let numbers = EventStream.numbers(ofID: id) else { throw .foreign(lacks: "id") }
    epoch = numbers.epoch
    guard let type = json["type"]?.asText else { throw .foreign(lacks: "type") }
    self.type = EventType(rawValue: type)
    guard let timestamp = Self.moment(json["timestamp"]) else { throw .foreign(lacks: "timestamp") }
    self.timestamp = timestamp
    guard let sequence = json["sequence"]?.asInteger, sequence > 0 else { throw .foreign(lacks: "sequence") }
    self.sequence = UInt64(sequence)
    occurredAfter = Self.moment(json["occurred_after"])
    conference = json["conference_sid"]?.asText.flatMap(ConferenceSID.init)
    call = json["call_sid"]?.asText.flatMap(CallSID.init)
    guard conference != nil || self.type?.isOfConference != true else { throw .foreign(lacks: "conference_sid") }
    guard call != nil || self.type?.isAboutPerson != true else { throw .foreign(lacks: "call_sid") }
  }

  private static func event(in line: [UInt8]) throws(HistoryFault) -> JSONValue {
    let json: JSONValue
    do throws(JSONError) {
      json = try JSONReader.read(line)
    } catch {
      throw .notJSON(column: error.offset + 1, reason: error.reason)
    }
    guard json[CloudEvent.mark.description] != nil else { return json }
    guard json["type"]?.asText?.hasPrefix(CloudEvent.typePrefix) == true else { throw .otherProgram }
    guard let data = json["data"] else { throw .foreign(lacks: "data") }
    return data
  }

  /// The number of people in the room after the event; nil if it does not say.
  var count: Int? { json["participant_count"]?.asInteger.flatMap { $0 >= 0 ? Int(clamping: $0) : nil } }

  /// The alert that the event is about.
  var alert: Alert? { json["alert"]?.asText.map { Alert($0, of: call) } }

  /// The edge of a span that begins or ends with this event.
  var edge: HistorySpan.Edge { .seen(after: occurredAfter.map { min($0, timestamp) }) }

  func moment(_ key: String) -> Timestamp? { Self.moment(json[key]) }

  private static func moment(_ value: JSONValue?) -> Timestamp? { value?.asText.flatMap(Timestamp.init(rfc3339:)) }
}

extension EventType {
  /// Whether events of this type name a conference: all but `watch.heartbeat` and `watch.stopped`.
  var isOfConference: Bool { self != .watchHeartbeat && self != .watchStopped }
}

/// Why a line cannot continue a history.
package enum HistoryFault: Error, Equatable, Sendable {
  /// The line is not JSON; the column is in bytes, from 1.
  case notJSON(column: Int, reason: String)
  /// The line is JSON but not a rollcall event; `lacks` is the missing or invalid key.
  case foreign(lacks: String)
  /// The line is a CloudEvent of another program.
  case otherProgram
  /// The event is earlier than the one before it, or belongs to a run that has already been followed by another.
  case disordered
  /// There are more than ``HistoryFold/maximumSpans`` spans to keep.
  case tooMuch

  /// A predicate for a sentence whose subject is the line.
  package var text: String {
    switch self {
    case .notJSON(let column, let reason): "is not JSON at byte \(column): \(reason)"
    case .foreign(let lacks): "is not a rollcall event: missing or invalid \(lacks)"
    case .otherProgram: "is a CloudEvent from another program"
    case .disordered: "is out of order: each conference's events must be in order, one run after the other"
    case .tooMuch: "exceeds the maximum of \(HistoryFold.maximumSpans) time spans"
    }
  }
}

/// A time during which a participant was in the room, muted, held or coaching.
package struct HistorySpan: Equatable, Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    case presence = "room"
    case muted
    case held
    case coaching
  }

  /// What is known about one end of a span.
  package enum Edge: Equatable, Sendable {
    /// The change came after this time and no later than the span's own; nil if only the latter is known.
    case seen(after: Timestamp?)
    /// The change is not in the stream: the state was already there at the beginning, or still is at the end.
    case unseen
  }

  package let kind: Kind
  /// The coached call, according to the event; nil if it names none.
  package let target: String?
  package internal(set) var start: Timestamp
  package internal(set) var beginning: Edge
  package internal(set) var end: Timestamp
  package internal(set) var ending: Edge

  package var milliseconds: Int64 { (end - start).wholeMilliseconds }

  /// Whether the state lasts beyond the end of the history.
  package var isOpen: Bool { ending == .unseen }

  /// Returns the part within a window; nil if there is none.
  func clipped(to window: ClosedRange<Timestamp>) -> HistorySpan? {
    guard end > window.lowerBound || start >= window.lowerBound, start <= window.upperBound else { return nil }
    var span = self
    if start < window.lowerBound { (span.start, span.beginning) = (window.lowerBound, .unseen) }
    if end > window.upperBound { (span.end, span.ending) = (window.upperBound, .unseen) }
    return span
  }
}
