/// A chat service that takes messages by webhook.
package enum ChatService: String, CaseIterable, Sendable {
  case slack
  case discord
  case mattermost
  case teams

  /// Returns the service whose webhooks a host serves; nil if the host does not tell, as with Mattermost and with
  /// Workflows of Teams.
  ///
  /// - Parameter host: a host, with or without a port.
  package static func at(host: String) -> ChatService? {
    switch host.prefix(while: { $0 != ":" }).lowercased() {
    case "hooks.slack.com": .slack
    case "discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com": .discord
    case let host where host.hasSuffix(".webhook.office.com"): .teams
    default: nil
    }
  }

  /// Returns the body of a message, within the service's maximum length.
  func body(of message: ChatMessage) -> [UInt8] {
    switch self {
    case .slack: SlackMessage.fitted(message)
    case .discord: DiscordMessage.fitted(message)
    case .mattermost: MattermostMessage.fitted(message)
    case .teams: TeamsMessage.fitted(message)
    }
  }

  /// Returns the URL to post to. Discord confirms a message only with `wait=true`.
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

  /// Returns whether a chat gets events of this type; of `watch.*` only outages.
  package static func reports(_ type: EventType) -> Bool {
    switch type {
    case .participantPresent, .participantJoined, .participantLeft, .participantMuted, .participantUnmuted,
      .participantHeld, .participantUnheld, .participantCoachingStarted, .participantCoachingStopped,
      .participantUpdated, .conferencePresent, .conferenceStarted, .conferenceEnded, .alertRaised, .alertResolved,
      .watchInterrupted, .watchResumed:
      true
    case .watchStarted, .watchHeartbeat, .watchStopped: false
    }
  }
}

/// The message format of one chat service.
protocol ChatFormat {
  /// The maximum length of a message, as ``write(_:)`` counts it.
  static var maximumLength: Int { get }

  /// Returns the body with all lines of the message, and its length as the service counts it.
  static func write(_ message: ChatMessage) -> (body: [UInt8], length: Int)
}

extension ChatFormat {
  /// Returns the body with as many lines as the service accepts. A message without lines always fits.
  static func fitted(_ message: ChatMessage) -> [UInt8] {
    var count = message.lines.count
    while true {
      let (body, length) = write(message.shortened(to: count))
      if length <= maximumLength || count == 0 { return body }
      count -= 1
    }
  }

  /// Returns a text with replacements for the characters that have a meaning at the service.
  static func escaped(_ text: String, _ replacement: (Unicode.Scalar) -> String?) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if let other = replacement(scalar) { result += other } else { result.unicodeScalars.append(scalar) }
    }
    return result
  }
}

/// Judges a chat service's reply by more than its status.
enum ChatReply {
  /// The text with which old connectors of Teams report, in a 200 reply, that Teams itself refused the message.
  private static let refusal = "returned HTTP error "

  /// - Parameter retryAfter: the reply's `Retry-After`; nil if it is absent or invalid.
  /// - Returns: the outcome, and how long to send no more messages, whatever the outcome.
  static func judge(
    _ reply: HTTPResponse, of service: ChatService, retryAfter: Duration?
  ) -> (outcome: DeliveryOutcome, rest: Duration?) {
    var pause = retryAfter
    switch service {
    case .slack, .mattermost: break
    case .teams:
      guard (200...299).contains(reply.status), let status = refusedStatus(in: reply.bytes) else { break }
      // Teams does not report a deleted webhook this way, so a 410 in the text is retried.
      let outcome = DeliveryOutcome.classify(status: status, retryAfter: retryAfter)
      return (outcome == .delivered || outcome == .gone ? .retry(retryAfter: retryAfter) : outcome, nil)
    case .discord:
      if reply.status == 429, pause == nil { pause = wait(in: reply.bytes) }
    }
    let outcome = DeliveryOutcome.classify(status: reply.status, retryAfter: pause, refusalIsFinal: true)
    return (outcome, rest(after: reply))
  }

  /// Returns the pause if the reply's rate-limit headers say that no requests are left; nil otherwise.
  private static func rest(after reply: HTTPResponse) -> Duration? {
    guard reply.headers["x-ratelimit-remaining"] == "0" else { return nil }
    return reply.headers["x-ratelimit-reset-after"].flatMap(seconds)
  }

  /// Returns the status in a body such as `… endpoint returned HTTP error 429 with …`.
  private static func refusedStatus(in body: ArraySlice<UInt8>) -> Int? {
    guard let found = body.range(ofRun: refusal.utf8) else { return nil }
    let digits = body[found.upperBound...].prefix(while: \.isASCIIDigit)
    return digits.count == 3 ? Int(String(decoding: digits, as: UTF8.self)) : nil
  }

  /// Returns the `retry_after` in the body of Discord's 429.
  private static func wait(in body: ArraySlice<UInt8>) -> Duration? {
    guard case .number(let text)? = (try? JSONReader.read(Array(body)))?["retry_after"] else { return nil }
    return seconds(text)
  }

  /// Reads a decimal number of seconds, rounded up.
  private static func seconds(_ text: String) -> Duration? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let whole = RetryAfter.parse(String(first), now: nil) else { return nil }
    return parts.count == 1 ? whole : whole + .seconds(1)
  }
}

extension HTTPResponse {
  fileprivate var bytes: ArraySlice<UInt8> {
    switch body {
    case .asExpected: []
    case .bytes(let bytes): bytes.bytes
    }
  }
}
