/// The body of one request, made of the events that it tells. Only a chat message tells more than one.
package struct MessageBody: Sendable {
  private enum Content: Sendable {
    case line([UInt8])
    case cloudEvent(EventSource, [UInt8])
    case chat(ChatService, ChatDigest)
  }

  private var content: Content

  package init(_ format: MessageFormat) {
    content =
      switch format {
      case .rollcall: .line([])
      case .cloudEvents(let source): .cloudEvent(source, [])
      case .chat(let service, let names): .chat(service, ChatDigest(names: names))
      }
  }

  /// Takes the next event.
  package mutating func add(_ event: StoredEvent) {
    switch content {
    case .line: content = .line(Array(event.line.dropLast()))
    case .cloudEvent(let source, _): content = .cloudEvent(source, CloudEvent.body(of: event, source: source))
    case .chat(let service, var digest):
      digest.add(event)
      content = .chat(service, digest)
    }
  }

  /// Equal bytes for equal lines.
  package var bytes: [UInt8] {
    switch content {
    case .line(let bytes), .cloudEvent(_, let bytes): bytes
    case .chat(let service, let digest): service.body(of: digest.message)
    }
  }
}
