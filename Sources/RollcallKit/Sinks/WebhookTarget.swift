package import RollcallCore

/// Where events are posted, and how.
package struct WebhookTarget: Sendable {
  /// The key of the digest that names targets. It is no secret: it only keeps the names from being plain digests of URLs.
  private static let nameKey = Array("rollcall webhook target name, version 1".utf8)
  private static let nameBytes = 4
  private static let nameLengths = 1...64
  /// The default of ``maximumAge``: where events are kept in memory, in a file, and where people are told of them.
  private static let maximumAges: (memory: Duration, file: Duration, chat: Duration) = (
    .seconds(3600), .seconds(72 * 3600), .seconds(600)
  )

  /// How the store knows it.
  package let name: String
  package let url: Secret
  /// For people, in place of the URL.
  package let host: String
  /// What the body is made of.
  package var format: MessageFormat = .rollcall
  /// The events that it gets.
  package var filter: EventFilter = .all
  /// An attempt has one signature for each; without any it is not signed.
  package var secrets: [WebhookSecret] = []
  /// The key of `X-Hub-Signature-256`; nil leaves that header out.
  package var hubSecret: Secret?
  /// Sent beside those that rollcall sets itself.
  package var headers: [HTTPRequest.Header] = []
  /// An event this old is given up once the target has failed.
  package var maximumAge = Self.maximumAges.memory
  /// How long one attempt may take.
  package var timeout = HTTPLimits.webhook.total
  /// How much of its backlog is held in memory; nil for what fits the store.
  package var limits: DeliveryLimits?

  private var limitsOfAttempt: HTTPLimits {
    var limits = HTTPLimits.webhook
    limits.total = timeout
    // A receiver may work for a while before it answers.
    limits.stall = max(limits.stall, timeout)
    return limits
  }

  /// What people call it: its name, else where it is; its URL is never shown.
  package var label: String { name == Self.name(of: url) ? host : name }

  /// What its filter lets through and its format has words for.
  package var wanted: EventFilter { filter.narrowed(to: format.tells) }

  /// Whether an attempt has a signature of Standard Webhooks; a chat service would not look at it.
  package var isSigned: Bool { !secrets.isEmpty && format.chatService == nil }

  /// - Parameter name: nil for a name made from the URL.
  package init(url: Secret, host: String, name: String? = nil) {
    self.url = url
    self.host = host
    self.name = name ?? Self.name(of: url)
  }

  /// `webhook-` and 8 hexadecimal digits of a keyed digest of the URL: the same for every run, and no way back.
  package static func name(of url: Secret) -> String {
    let code = HMACSHA256.code(of: url.reveal().utf8, key: nameKey)
    return "webhook-" + Hex.encode(code.prefix(nameBytes))
  }

  /// Whether a text can be the name of one: 1 to 64 of `A-Z a-z 0-9 _ . -`.
  package static func isName(_ text: String) -> Bool {
    nameLengths.contains(text.utf8.count) && SIDSyntax.accepts(text.utf8) && !text.utf8.contains(UInt8(ascii: ":"))
      && text != LineWriter.target
  }

  /// How old events get where nothing else is said.
  ///
  /// - Parameter keepsState: whether events are kept in a file.
  package static func maximumAge(of format: MessageFormat, keepsState: Bool) -> Duration {
    guard format.chatService == nil else { return maximumAges.chat }
    return keepsState ? maximumAges.file : maximumAges.memory
  }

  /// One attempt to deliver an event.
  ///
  /// - Parameters:
  ///   - known: what earlier events have said.
  ///   - previous: the id of the event before it in its lane.
  ///   - now: the wall clock, which the signature holds.
  package func request(
    for event: StoredEvent, known: MessageContext = .nothing, previous: String?, at now: Timestamp
  ) -> HTTPRequest {
    request(id: event.id, body: format.body(of: event, known: known), previous: previous, at: now)
  }

  /// One attempt to deliver what ``MessageBody`` has made of events.
  ///
  /// - Parameter id: that of the first event. Chat services get neither it nor a signature: their URL is all they look at.
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

  /// Makes one attempt.
  func post(_ request: HTTPRequest, by transport: any HTTPTransport, on loop: EventLoop) async -> WebhookAttempt {
    do throws(HTTPFailure) {
      let reply = try await transport.send(request)
      let (outcome, rest) = format.judge(reply, at: loop.wallClock)
      let text = text(of: reply)
      return WebhookAttempt(
        outcome: outcome, rest: rest, text: text, reason: "\(host) \(text)", isRefusedToken: reply.status == 401)
    } catch {
      return WebhookAttempt(outcome: .retry(retryAfter: nil), text: error.text, reason: error.text)
    }
  }

  /// What was answered to an attempt, for people.
  private func text(of reply: HTTPResponse) -> String {
    "answered \(reply.status)" + (words(of: reply).map { ": \($0)" } ?? "")
  }

  /// The first of what a refusal says, or where a redirect points; nil where it says nothing. What it repeats of the
  /// target's secrets is left out.
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
  /// How long the receiver wants no request.
  var rest: Duration?
  /// What was answered, or why nothing was, for people.
  var text: String
  /// The same, with the host that answered.
  var reason: String
  /// Whether the answer was 401.
  var isRefusedToken = false

  /// Whether the events have to wait.
  var isFailure: Bool { if case .retry = outcome { true } else { false } }
}

/// The webhooks of a watch, and how they are read again: on a signal, and by one that answers 401.
package struct WebhookSource: Sendable {
  package static let none = WebhookSource([]) { [] }

  package let targets: [WebhookTarget]
  /// Reads all of them again; nil where anything is wrong, which leaves them as they are.
  let reread: @Sendable () -> [WebhookTarget]?

  package init(_ targets: [WebhookTarget], reread: @escaping @Sendable () -> [WebhookTarget]?) {
    self.targets = targets
    self.reread = reread
  }

  /// Returns the same for redacted events, now and whenever they are read again.
  func redacted(by redaction: Redaction?) -> WebhookSource {
    guard let redaction else { return self }
    return WebhookSource(targets.map { $0.redacted(redaction.fields, by: redaction) }) { [reread] in
      reread()?.map { $0.redacted(redaction.fields, by: redaction) }
    }
  }

  /// Reads one of them again; nil leaves it as it was.
  func fresh(_ name: String) -> WebhookTarget? { reread()?.first { $0.name == name } }
}

extension WebhookTarget {
  /// Returns the same for redacted events.
  ///
  /// - Parameter redaction: nil where the key of their tokens is not known.
  package func redacted(_ fields: Set<Redaction.Field>, by redaction: Redaction?) -> WebhookTarget {
    var target = self
    target.format = format.redacted(fields)
    target.filter = filter.redacted(by: redaction)
    return target
  }
}
