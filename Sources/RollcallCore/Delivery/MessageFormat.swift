/// How an event is put for whoever gets it. Each format is a pure function of the event's frozen line.
package enum MessageFormat: Hashable, Sendable {
  /// The line itself, without its newline.
  case rollcall
  /// CloudEvents 1.0 in structured JSON, with the line's object as `data`.
  case cloudEvents(EventSource)

  /// What users call the formats.
  package enum Name: String, CaseIterable, Sendable {
    case rollcall
    case cloudevents
  }

  package init(_ name: Name, source: EventSource) {
    switch name {
    case .rollcall: self = .rollcall
    case .cloudevents: self = .cloudEvents(source)
    }
  }

  /// The media type of the body.
  package var contentType: String {
    switch self {
    case .rollcall: "application/json"
    case .cloudEvents: "application/cloudevents+json"
    }
  }

  /// The body that tells of the event: equal bytes for equal lines.
  package func body(of event: StoredEvent) -> [UInt8] {
    switch self {
    case .rollcall: Array(event.line.dropLast())
    case .cloudEvents(let source): CloudEvent.body(of: event, source: source)
    }
  }
}
