import RollcallCore
import RollcallKit

extension TargetSettings {
  /// The name that no webhook can have.
  static let standardOutput = LineWriter.target
  /// How old events get where they are kept in memory, and in a file, and how old where people are told of them.
  private static let maximumAges: (memory: Duration, file: Duration, chat: Duration) = (
    .seconds(3600), .seconds(72 * 3600), .seconds(600)
  )

  /// What the sink needs.
  ///
  /// - Parameters:
  ///   - source: whose events it gets.
  ///   - selection: that of the options, where the target has none of its own.
  ///   - names: what messages for people call calls and conferences.
  ///   - keepsState: whether events are kept in a file.
  func target(
    source: EventSource, selection: EventSelection, names: SIDNames, keepsState: Bool
  ) -> WebhookTarget {
    var target = target()
    target.format = MessageFormat(format, source: source, names: names)
    let kept = keepsState ? Self.maximumAges.file : Self.maximumAges.memory
    target.maximumAge = maximumAge ?? (format.chatService == nil ? kept : Self.maximumAges.chat)
    target.filter = self.selection ?? selection
    return target
  }

  /// Where to post, and how; the body is the line itself.
  func target() -> WebhookTarget {
    var target = WebhookTarget(url: url.url, host: url.host, name: name)
    target.secrets = secrets.map(\.secret)
    target.hubSecret = hubSecret
    target.headers = headers.map { HTTPRequest.Header($0.name, $0.value) }
    if let timeout { target.timeout = timeout }
    return target
  }
}
