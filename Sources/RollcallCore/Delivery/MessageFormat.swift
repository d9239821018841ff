/// The format of events sent to a target. Each format is a pure function of frozen lines and of names.
package enum MessageFormat: Hashable, Sendable {
  /// The line itself, without its newline.
  case rollcall
  /// CloudEvents 1.0 in structured JSON, with the line's object as `data`.
  case cloudEvents(EventSource)
  /// A chat message about everything that one poll showed.
  case chat(ChatService, SIDNames)

  package init(_ name: WebhookFormat, source: EventSource, names: SIDNames = .none) {
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

  /// What is sent in one request, and how fast.
  package var pace: DeliveryPace { chatService == nil ? .events : .messages }

  /// Returns whether the format reports events of this type.
  package func reports(_ type: EventType) -> Bool { chatService == nil || ChatService.reports(type) }

  /// Returns the body for one event: equal bytes for equal lines.
  package func body(of event: StoredEvent, known: MessageContext = .nothing) -> [UInt8] {
    var body = MessageBody(self, known: known)
    body.add(event)
    return body.bytes
  }

  /// Returns what a reply means, and how long the receiver wants no request whatever the outcome.
  ///
  /// - Parameter now: the wall clock.
  package func judge(_ reply: HTTPResponse, at now: Timestamp) -> (outcome: DeliveryOutcome, rest: Duration?) {
    let pause = reply.headers["retry-after"].flatMap { RetryAfter.parse($0, now: now) }
    guard let chatService else { return (.classify(status: reply.status, retryAfter: pause), nil) }
    return ChatReply.judge(reply, of: chatService, retryAfter: pause)
  }
}

/// The format of a webhook's request body, named as in the options.
@nonexhaustive
public enum WebhookFormat: String, CaseIterable, Sendable {
  /// The event's line, without its newline.
  case rollcall
  /// CloudEvents 1.0 in structured JSON, with the event as `data`.
  case cloudevents
  /// A Slack message: one for each poll, and at most one per second.
  case slack
  /// A Discord message: one for each poll, and at most one per second.
  case discord
  /// A Mattermost message: one for each poll, and at most one per second.
  case mattermost
  /// A Microsoft Teams message: one for each poll, and at most one per second.
  case teams

  /// The chat service; nil for formats that programs read.
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

/// Builds the body of one request from its events. Only a chat message has more than one.
package struct MessageBody: Sendable {
  private enum Content: Sendable {
    case line([UInt8])
    case cloudEvent(EventSource, [UInt8])
    case chat(ChatService, ChatDigest)
  }

  private var content: Content

  /// - Parameter known: what earlier events said; only a chat message needs it.
  package init(_ format: MessageFormat, known: MessageContext = .nothing) {
    content =
      switch format {
      case .rollcall: .line([])
      case .cloudEvents(let source): .cloudEvent(source, [])
      case .chat(let service, let names): .chat(service, ChatDigest(names: names, known: known))
      }
  }

  /// Adds the next event.
  package mutating func add(_ event: StoredEvent) {
    switch content {
    case .line: content = .line(Array(event.line.dropLast()))
    case .cloudEvent(let source, _): content = .cloudEvent(source, CloudEvent.body(of: event, source: source))
    case .chat(let service, var digest):
      digest.add(event)
      content = .chat(service, digest)
    }
  }

  /// The body: equal bytes for equal lines.
  package var bytes: [UInt8] {
    switch content {
    case .line(let bytes), .cloudEvent(_, let bytes): bytes
    case .chat(let service, let digest): service.body(of: digest.message)
    }
  }
}

/// Writes events as CloudEvents 1.0 in structured JSON.
///
/// Sources: the CloudEvents specification and its JSON format, 1.0.2; `sequence` and `partitionkey` are documented
/// extensions of it. Attribute names may only have lower-case letters and digits, so everything else stays in `data`.
enum CloudEvent {
  /// The attribute that every CloudEvent has and no event of rollcall's own has.
  static let mark: StaticString = "specversion"
  /// The prefix of an event's type.
  static let typePrefix = "rollcall."
  /// The number of digits of `sequence`, which is compared as text: those of the greatest number.
  static let sequenceDigits = 20
  /// The approximate size of the attributes in bytes.
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

/// The source of an event as a URL of the provider's API: the `source` of CloudEvents.
package struct EventSource: Hashable, Sendable {
  /// The account's URL, without a trailing slash.
  private let account: String
  /// The same URL without the account's identifier.
  private let nobody: String

  /// - Parameters:
  ///   - account: the URL of the account, such as `https://example.signalwire.com/api/laml/2010-04-01/Accounts/1`.
  ///   - nobody: the same URL without the account's identifier; nil if it needs no redaction.
  package init(account: String, nobody: String? = nil) {
    self.account = account
    self.nobody = nobody ?? account
  }

  /// This source without the account's identifier.
  var withoutAccount: EventSource { EventSource(account: nobody) }

  /// Returns the URL of a conference, or that of the account for events without one.
  func url(of conference: ConferenceSID?) -> String {
    // A sid has no characters that need encoding in a path.
    conference.map { "\(account)/Conferences/\($0)" } ?? account
  }
}
