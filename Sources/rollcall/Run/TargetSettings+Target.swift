import RollcallCore
import RollcallKit

extension TargetSettings {
  /// The name that no webhook can have.
  static let standardOutput = LineWriter.target
  /// How old events get where they are kept in memory, and in a file.
  private static let maximumAges: (memory: Duration, file: Duration) = (.seconds(3600), .seconds(72 * 3600))

  /// What the sink needs.
  ///
  /// - Parameters:
  ///   - source: whose events it gets.
  ///   - filter: that of `--events`, where the target has none of its own.
  ///   - keepsState: whether events are kept in a file.
  func member(source: EventSource, filter: EventFilter, keepsState: Bool) -> WebhookTargets.Member {
    var target = target()
    target.format = MessageFormat(format, source: source)
    target.maximumAge = maximumAge ?? (keepsState ? Self.maximumAges.file : Self.maximumAges.memory)
    return WebhookTargets.Member(target: target, filter: events ?? filter)
  }

  /// Where to post, and how; the body is the line itself.
  func target() -> WebhookTarget {
    var target = WebhookTarget(url: url.url, host: url.host, name: name)
    target.secrets = secrets.map(\.secret)
    target.hubSecret = hubSecret
    target.headers = headers.map { HTTPRequest.Header($0.name, $0.value) }
    return target
  }
}
