public import RollcallCore

/// A target that a watch posts its events to: each event at least once, and those of a conference in order.
///
/// Delivery works as for `rollcall watch --webhook`: one request at a time for each conference, retried until the
/// receiver answers 2xx. The page on webhooks says when events are given up.
public struct Webhook: Sendable {
  /// Why a webhook is refused.
  public enum Refusal: Error, Equatable, Sendable {
    /// Not an `https:` or `http:` URL of printable ASCII, at most 8192 bytes, without user and fragment.
    case url
    /// Not 1–64 of `A-Z a-z 0-9 _ . -`, or `stdout`.
    case name
  }

  /// The maximum length of a URL, in bytes.
  public static let maximumURLLength = 8192
  /// The maximum number of ``secrets``; more than one, so that one can replace another.
  public static let maximumSecrets = 8
  /// The bounds of ``maximumAge``.
  public static let maximumAges: ClosedRange<Duration> = .seconds(1)...(.seconds(720 * 3600))
  /// The bounds of ``timeout``.
  public static let timeouts: ClosedRange<Duration> = .seconds(1)...(.seconds(60))

  /// The URL, which is a secret, because many receivers require nothing else of a sender.
  public let url: Secret
  /// The name under which a state file keeps the webhook's cursor; nil for a name made from the URL.
  public let name: String?
  /// The format of the body.
  public var format: WebhookFormat = .rollcall
  /// The types of events for the webhook. Default: all.
  public var types = Set(EventType.allCases)
  /// Limits participant events to these calls and their coaches; nil for no limit.
  public var calls: Set<CallSID>?
  /// The keys of the signatures by Standard Webhooks, one signature for each key; without keys nothing is signed. At
  /// most ``maximumSecrets``. Messages to chat services are never signed.
  public var secrets: [WebhookSecret] = []
  /// The age at which an event is given up once the webhook has failed; nil for 72 h with a state file, 1 h without,
  /// and 10 min for chat services.
  public var maximumAge: Duration?
  /// The maximum duration of one attempt. Default: 15 s.
  public var timeout = HTTPLimits.webhook.total

  /// - Parameters:
  ///   - url: `https://host/path`. `http:` is not encrypted; anyone on the network can read the events.
  ///   - name: the name under which a state file keeps the webhook's cursor; nil for a name made from the URL.
  /// - Throws: ``Refusal`` before anything is sent.
  public init(url: Secret, name: String? = nil) throws(Refusal) {
    let text = url.reveal().utf8
    guard text.count <= Self.maximumURLLength, (try? RequestOrigin(of: url)) != nil,
      !text.contains(UInt8(ascii: "#")), !Self.hasUser(text)
    else { throw .url }
    if let name, !WebhookTarget.isName(name) { throw .name }
    self.url = url
    self.name = name
  }

  private static func hasUser(_ url: String.UTF8View) -> Bool {
    // In a URL with a valid origin, the authority is the part between the second and the third slash.
    let authority = url.split(separator: UInt8(ascii: "/"), maxSplits: 2).dropFirst().first ?? url[...]
    return authority.prefix { $0 != UInt8(ascii: "?") }.contains(UInt8(ascii: "@"))
  }

  /// Returns the target that the sink delivers to.
  func target(source: EventSource, keepsState: Bool) throws(WatchFailure) -> WebhookTarget {
    let host = (try? RequestOrigin(of: url))?.host ?? ""
    var target = WebhookTarget(url: url, host: host, name: name)
    guard secrets.count <= Self.maximumSecrets else {
      throw invalid("has more than \(Self.maximumSecrets) secrets", target)
    }
    guard Self.timeouts.contains(timeout) else {
      throw invalid("has a timeout outside \(Self.text(Self.timeouts))", target)
    }
    if let maximumAge, !Self.maximumAges.contains(maximumAge) {
      throw invalid("has a maximum age outside \(Self.text(Self.maximumAges))", target)
    }
    target.format = MessageFormat(format, source: source)
    target.filter = EventFilter(types: types, calls: calls)
    target.secrets = secrets
    target.maximumAge = maximumAge ?? WebhookTarget.maximumAge(of: target.format, keepsState: keepsState)
    target.timeout = timeout
    return target
  }

  private static func text(_ bounds: ClosedRange<Duration>) -> String {
    "\(DurationText.format(bounds.lowerBound)) to \(DurationText.format(bounds.upperBound))"
  }

  private func invalid(_ problem: String, _ target: WebhookTarget) -> WatchFailure {
    .invalid("the webhook \(target.label) \(problem)")
  }
}
