/// The body of one request, made of the events that it tells. Only a chat message tells more than one.
package struct MessageBody: Sendable {
  private enum Content: Sendable {
    case line([UInt8])
    case cloudEvent(EventSource, [UInt8])
    case chat(ChatService, ChatDigest)
  }

  private var content: Content

  /// - Parameter friendlyName: the name of the conference, where it is known; a message has it even if no event does.
  package init(_ format: MessageFormat, friendlyName: String? = nil) {
    content =
      switch format {
      case .rollcall: .line([])
      case .cloudEvents(let source): .cloudEvent(source, [])
      case .chat(let service, let names): .chat(service, ChatDigest(names: names, friendlyName: friendlyName))
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
