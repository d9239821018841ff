/// How events are put for whoever gets them. Each format is a pure function of frozen lines, and of names.
package enum MessageFormat: Hashable, Sendable {
  /// The line itself, without its newline.
  case rollcall
  /// CloudEvents 1.0 in structured JSON, with the line's object as `data`.
  case cloudEvents(EventSource)
  /// A message for people, about all that one poll has shown.
  case chat(ChatService, SIDNames)

  /// What users call the formats.
  package enum Name: String, CaseIterable, Sendable {
    case rollcall
    case cloudevents
    case slack
    case discord
    case mattermost
    case teams

    /// The chat service; nil for the formats that programs read.
    package var chatService: ChatService? {
      switch self {
      case .rollcall, .cloudevents: nil
      case .slack: .slack
      case .discord: .discord
      case .mattermost: .mattermost
      case .teams: .teams
      }
    }
  }

  package init(_ name: Name, source: EventSource, names: SIDNames = .none) {
    switch name {
    case .rollcall: self = .rollcall
    case .cloudevents: self = .cloudEvents(source)
    case .slack: self = .chat(.slack, names)
    case .discord: self = .chat(.discord, names)
    case .mattermost: self = .chat(.mattermost, names)
    case .teams: self = .chat(.teams, names)
    }
  }

  package var chatService: ChatService? {
    if case .chat(let service, _) = self { service } else { nil }
  }

  /// The media type of the body.
  package var contentType: String {
    switch self {
    case .rollcall, .chat: "application/json"
    case .cloudEvents: "application/cloudevents+json"
    }
  }

  /// What goes out in one request, and how fast.
  package var pace: DeliveryPace { chatService == nil ? .events : .messages }

  /// Whether it has words for an event of this type.
  package func tells(of type: EventType) -> Bool { chatService == nil || ChatService.tells(of: type) }

  /// The body that tells of one event: equal bytes for equal lines.
  package func body(of event: StoredEvent, friendlyName: String? = nil) -> [UInt8] {
    var body = MessageBody(self, friendlyName: friendlyName)
    body.add(event)
    return body.bytes
  }

  /// What a reply means, and how long the receiver wants no request in any case.
  ///
  /// - Parameter now: the wall clock.
  package func judge(_ reply: HTTPResponse, at now: Timestamp) -> (outcome: DeliveryOutcome, rest: Duration?) {
    let pause = reply.headers["retry-after"].flatMap { RetryAfter.parse($0, now: now) }
    guard let chatService else { return (.classify(status: reply.status, retryAfter: pause), nil) }
    return ChatReply.judge(reply, of: chatService, retryAfter: pause)
  }
}
