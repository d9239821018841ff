package import RollcallCore

/// A target that events are posted to.
package struct WebhookTarget: Sendable {
  /// The key of the digest in targets' names. It is not secret: it only keeps names from being plain digests of URLs.
  private static let nameKey = Array("rollcall webhook target name, version 1".utf8)
  private static let nameBytes = 4
  private static let nameLengths = 1...64
  /// The defaults of ``maximumAge``: without state, with state, and for chat formats.
  private static let maximumAges: (memory: Duration, file: Duration, chat: Duration) = (
    .seconds(3600), .seconds(72 * 3600), .seconds(600)
  )

  /// The target's name in the store.
  package let name: String
  package let url: Secret
  /// The host, shown instead of the URL.
  package let host: String
  /// The format of the body.
  package var format: MessageFormat = .rollcall
  /// The events for the target.
  package var filter: EventFilter = .all
  /// The signing keys: an attempt has one signature for each, or none if this is empty.
  package var secrets: [WebhookSecret] = []
  /// The key of `X-Hub-Signature-256`; nil leaves that header out.
  package var hubSecret: Secret?
  /// Extra headers, besides those that rollcall sets.
  package var headers: [HTTPRequest.Header] = []
  /// The age at which an event is given up once the target has failed.
  package var maximumAge = Self.maximumAges.memory
  /// The maximum time for one attempt.
  package var timeout = HTTPLimits.webhook.total
  /// The setting that determines ``timeout``, in the words of users who can change it.
  package var timeoutSetting = "the timeout of the webhook"
  /// The limits of the backlog in memory; nil for those of the store.
  package var limits: DeliveryLimits?

  private var limitsOfAttempt: HTTPLimits {
    var limits = HTTPLimits.webhook
    limits.total = timeout
    // A receiver may be silent for a while before it answers.
    limits.stall = max(limits.stall, timeout)
    return limits
  }

  /// The label to show: the configured name, or else the host; never the URL.
  package var label: String { name == Self.name(of: url) ? host : name }

  /// The events that pass the target's filter and that its format reports.
  package var wanted: EventFilter { filter.narrowed(to: format.reports) }

  /// Whether attempts have a Standard Webhooks signature; chat services ignore it.
  package var isSigned: Bool { !secrets.isEmpty && format.chatService == nil }

  /// - Parameter name: nil for a name made from the URL.
  package init(url: Secret, host: String, name: String? = nil) {
    self.url = url
    self.host = host
    self.name = name ?? Self.name(of: url)
  }

  /// Returns `webhook-` and 8 hexadecimal digits of a keyed digest of the URL, the same for every run.
  package static func name(of url: Secret) -> String {
    let code = HMACSHA256.code(of: url.reveal().utf8, key: nameKey)
    return "webhook-" + Hex.encode(code.prefix(nameBytes))
  }

  /// Returns whether a text is a valid name: 1 to 64 of `A-Z a-z 0-9 _ . -`, and not `stdout`.
  package static func isName(_ text: String) -> Bool {
    nameLengths.contains(text.utf8.count) && SIDSyntax.accepts(text.utf8) && !text.utf8.contains(UInt8(ascii: ":"))
      && text != LineWriter.target
  }

  /// Returns the default maximum age of events.
  ///
  /// - Parameter keepsState: whether events are kept in a state file.
  package static func maximumAge(of format: MessageFormat, keepsState: Bool) -> Duration {
    guard format.chatService == nil else { return maximumAges.chat }
    return keepsState ? maximumAges.file : maximumAges.memory
  }

  /// Returns the request of one attempt to deliver an event.
  ///
  /// - Parameters:
  ///   - known: the names in earlier events.
  ///   - previous: the id of the previous event in its lane.
  ///   - now: the wall clock, for the signature.
  package func request(
    for event: StoredEvent, known: MessageContext = .nothing, previous: String?, at now: Timestamp
  ) -> HTTPRequest {
    request(id: event.id, body: format.body(of: event, known: known), previous: previous, at: now)
  }

  /// Returns the request of one attempt to deliver a ``MessageBody``.
  ///
  /// - Parameter id: the first event's id. Chat services get neither it nor a signature, because they only check the
  ///   URL.
  package func request(id: String, body: [UInt8], previous: String?, at now: Timestamp) -> HTTPRequest {
    var headers: [HTTPRequest.Header] = [
      .init("User-Agent", "rollcall/\(RollcallVersion.number)"),
      .init("Content-Type", format.contentType),
    ]
    var url = url
    if let service = format.chatService {
      url = Secret(service.address(url.reveal()))
    } else {
      headers += signed(id: id, body: body, previous: previous, at: now)
    }
    return HTTPRequest(method: .post, url: url, headers: headers + self.headers, body: body, limits: limitsOfAttempt)
  }

  /// Makes one attempt and returns its result.
  func post(_ request: HTTPRequest, by transport: any HTTPTransport, on loop: EventLoop) async -> WebhookAttempt {
    do throws(HTTPFailure) {
      let reply = try await send(request, by: transport)
      let (outcome, rest) = format.judge(reply, at: loop.wallClock)
      let text = text(of: reply)
      return WebhookAttempt(
        outcome: outcome, rest: rest, text: text, reason: "\(host) \(text)", isRefusedToken: reply.status == 401)
    } catch {
      return WebhookAttempt(outcome: .retry(retryAfter: nil), text: error.text, reason: error.text)
    }
  }

  /// What to do if the receiver cannot be reached and nothing more specific is known.
  private static let remedyForSilence = "check the webhook's URL and the network, and that its receiver is running"

  /// Sends a request. If there is no reply, the failure says what to do about it.
  func send(_ request: HTTPRequest, by transport: any HTTPTransport) async throws(HTTPFailure) -> HTTPResponse {
    do throws(HTTPFailure) {
      return try await transport.send(request)
    } catch {
      switch error.kind {
      case .timedOut: throw HTTPFailure(.timedOut, error.reason, remedy: remedyForSlowness)
      case .unreachable: throw HTTPFailure(.unreachable, error.reason, remedy: error.remedy ?? Self.remedyForSilence)
      case .tooLarge, .malformed, .untrusted, .cancelled: throw error
      }
    }
  }

  private var remedyForSlowness: String {
    let remedy = "have the receiver answer first and then work"
    guard timeout < Webhook.timeouts.upperBound else { return remedy }
    return "\(remedy), or raise \(timeoutSetting), which is \(DurationText.format(timeout))"
  }

  /// Returns the answer to an attempt as text.
  private func text(of reply: HTTPResponse) -> String {
    "answered \(reply.status)" + (words(of: reply).map { ": \($0)" } ?? "")
  }

  /// Returns the beginning of a refusal's text, or where a redirect points; nil if it has no text. The target's own
  /// secrets are removed from the text.
  package func words(of reply: HTTPResponse) -> String? {
    guard !(200...299).contains(reply.status) else { return nil }
    if (300...399).contains(reply.status), let place = RedirectHost.text(of: reply) {
      return "\(place); redirects are not followed"
    }
    guard case .bytes(let body) = reply.body else { return nil }
    let words = Excerpt.of(body.bytes, hiding: [url] + headers.map(\.value) + [hubSecret].compactMap(\.self))
    return words.isEmpty ? nil : words
  }

  private func signed(id: String, body: [UInt8], previous: String?, at now: Timestamp) -> [HTTPRequest.Header] {
    let seconds = now.milliseconds / 1000
    var headers: [HTTPRequest.Header] = [.init("webhook-id", id), .init("webhook-timestamp", "\(seconds)")]
    if isSigned {
      let signature = WebhookSignature.headerValue(id: id, timestamp: seconds, body: body, secrets: secrets)
      headers.append(.init("webhook-signature", signature))
    }
    if let hubSecret {
      let signature = WebhookSignature.hub(body: body, secret: Array(hubSecret.reveal().utf8))
      headers.append(.init("X-Hub-Signature-256", signature))
    }
    if let previous { headers.append(.init("rollcall-previous-id", previous)) }
    return headers
  }
}

/// The result of one attempt to deliver events to a webhook.
struct WebhookAttempt: Sendable {
  var outcome: DeliveryOutcome
  /// How long the receiver wants no request; nil if it did not say.
  var rest: Duration?
  /// The answer, or why there was none.
  var text: String
  /// The same, with the host.
  var reason: String
  /// Whether the answer was 401.
  var isRefusedToken = false

  /// Whether the events must be retried.
  var isFailure: Bool { if case .retry = outcome { true } else { false } }
}

/// The webhooks of a watch, and how to reload them: on a signal, and when one answers 401.
package struct WebhookSource: Sendable {
  package static let none = WebhookSource([]) { [] }

  package let targets: [WebhookTarget]
  /// Reloads all webhooks; nil if anything is wrong, and all stay as they are.
  let reread: @Sendable () -> [WebhookTarget]?

  package init(_ targets: [WebhookTarget], reread: @escaping @Sendable () -> [WebhookTarget]?) {
    self.targets = targets
    self.reread = reread
  }

  /// Returns the source for redacted events, also after reloads.
  func redacted(by redaction: Redaction?) -> WebhookSource {
    guard let redaction else { return self }
    return WebhookSource(targets.map { $0.redacted(redaction.fields, by: redaction) }) { [reread] in
      reread()?.map { $0.redacted(redaction.fields, by: redaction) }
    }
  }

  /// Reloads one webhook; nil leaves it unchanged.
  func fresh(_ name: String) -> WebhookTarget? { reread()?.first { $0.name == name } }
}

extension WebhookTarget {
  /// Returns the target for redacted events.
  ///
  /// - Parameter redaction: nil if the key of their tokens is unknown.
  package func redacted(_ fields: Set<Redaction.Field>, by redaction: Redaction?) -> WebhookTarget {
    var target = self
    target.format = format.redacted(fields)
    target.filter = filter.redacted(by: redaction)
    return target
  }
}

/// A target with the latest secrets.
struct LatestTarget: Sendable {
  /// The minimum time between two reloads of the secrets, which read all webhooks' files.
  static let reloadPause = Duration.seconds(5)

  private(set) var target: WebhookTarget
  private let source: @Sendable () -> WebhookTarget?
  /// When the next reload may begin; nil before the first one.
  private var nextReload: BootInstant?

  /// - Parameter source: reloads the target's secrets; nil keeps the current ones.
  init(_ target: WebhookTarget, source: @escaping @Sendable () -> WebhookTarget?) {
    self.target = target
    self.source = source
  }

  /// Uses a changed target. One with another name is ignored.
  mutating func renew(_ fresh: WebhookTarget) {
    if fresh.name == target.name { target = fresh }
  }

  /// Reloads the secrets, unless that was done a moment ago.
  mutating func reload(at now: BootInstant) {
    guard nextReload.map({ now >= $0 }) ?? true else { return }
    nextReload = now.advanced(by: Self.reloadPause)
    if let fresh = source() { renew(fresh) }
  }
}
