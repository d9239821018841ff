/// A chat service that takes messages by webhook.
package enum ChatService: String, CaseIterable, Sendable {
  case slack
  case discord
  case mattermost
  case teams

  /// The body of a message, as long as the service takes it.
  func body(of message: ChatMessage) -> [UInt8] {
    switch self {
    case .slack: SlackMessage.fitted(message)
    case .discord: DiscordMessage.fitted(message)
    case .mattermost: MattermostMessage.fitted(message)
    case .teams: TeamsMessage.fitted(message)
    }
  }

  /// The URL that is asked. Discord says only with `wait=true` whether it has kept a message.
  package func address(_ url: String) -> String {
    switch self {
    case .slack, .mattermost, .teams: return url
    case .discord:
      let mark = url.utf8.firstIndex(of: UInt8(ascii: "?"))
      let query = mark.map { url[url.utf8.index(after: $0)...] } ?? ""
      let kept = query.split(separator: "&").filter { $0 != "wait" && !$0.hasPrefix("wait=") }
      return url[..<(mark ?? url.endIndex)] + "?" + (kept + ["wait=true"]).joined(separator: "&")
    }
  }

  /// Whether an event is told. Of what concerns the watch itself only gaps are: the rest is of no use in a room of people.
  package static func tells(of type: EventType) -> Bool {
    switch type {
    case .participantPresent, .participantJoined, .participantLeft, .participantMuted, .participantUnmuted,
      .participantHeld, .participantUnheld, .participantCoachingStarted, .participantCoachingStopped,
      .participantUpdated, .conferencePresent, .conferenceStarted, .conferenceEnded, .watchInterrupted, .watchResumed:
      true
    case .watchStarted, .watchHeartbeat, .watchStopped: false
    }
  }
}

/// How one chat service wants its messages.
protocol ChatFormat {
  /// The longest message that is sent, as ``length(of:)`` counts.
  static var maximumLength: Int { get }

  /// The body with all lines of the message, and its length as the service counts.
  static func write(_ message: ChatMessage) -> (body: [UInt8], length: Int)
}

extension ChatFormat {
  /// The body with as many lines as the service takes. Without any line every message is short enough.
  static func fitted(_ message: ChatMessage) -> [UInt8] {
    var count = message.lines.count
    while true {
      let (body, length) = write(message.shortened(to: count))
      if length <= maximumLength || count == 0 { return body }
      count -= 1
    }
  }

  /// A text with something before characters that mean something to the service, or in their place.
  static func escaped(_ text: String, _ replacement: (Unicode.Scalar) -> String?) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if let other = replacement(scalar) { result += other } else { result.unicodeScalars.append(scalar) }
    }
    return result
  }
}
