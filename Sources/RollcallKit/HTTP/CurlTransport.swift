package import RollcallCore
import Synchronization

/// Carries requests with libcurl, on the loop: connections are kept and used again, HTTP/2 where TLS offers it.
///
/// Each transport has connections of its own, so none can take another's.
package actor CurlTransport: HTTPTransport {
  /// What requests are for.
  package enum Purpose: Sendable {
    case polls
    case webhooks

    /// The maximum number of connections, open or idle; requests beyond it wait for one.
    package var maximumConnections: Int {
      switch self {
      case .polls: 256
      case .webhooks: 256
      }
    }
  }

  /// Requests under way or waiting for a connection.
  package static let maximumTransfers = 4096
  /// Hosts of which the last answer's time is kept.
  private static let maximumHosts = 1024
  /// Handles kept for later requests.
  private static let maximumIdleHandles = 64

  private let loop: EventLoop
  private let purpose: Purpose
  /// Made for the first request, and anew where a connection of it has fallen silent.
  private var multi: CurlMulti?
  /// Multi handles that get no new requests, and have some under way.
  private var leftBehind: [CurlMulti] = []
  /// When each host last answered by TLS.
  private var answeredAt: [String: BootInstant] = [:]
  private var trust: TrustStore
  /// How often certificates have been read again; handles of before are not used again.
  private var trustNumber = 0
  private let proxies: ProxySettings
  private let received = Atomic(0)
  private var idle: [EasyHandle] = []
  private var running = 0
  private var lastTicket: UInt64 = 0
  /// Hosts that may have moved, since their last request failed: each new connection looks their addresses up again.
  private var failedHosts: Set<String> = []
  /// The header lines of the last GET; those of the next one are most often the same.
  private var lastHeaders: HeaderList?

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// Reads the proxies of the environment, once.
  ///
  /// - Parameters:
  ///   - loop: must outlive the transport.
  ///   - purpose: says how many connections there may be.
  ///   - added: certificates to be trusted besides the system's.
  package init(on loop: EventLoop, for purpose: Purpose, trusting added: AddedCertificates? = nil) {
    self.loop = loop
    self.purpose = purpose
    trust = TrustStore(adding: added)
    proxies = ProxySettings()
  }

  deinit {
    for multi in leftBehind + [multi].compactMap(\.self) {
      loop.perform { [weak loop] in loop?.remove(multi) }
    }
  }

  /// Bytes of all replies so far, those that were given up included.
  package nonisolated var receivedBytes: Int { received.load(ordering: .relaxed) }

  /// Trusts other certificates on new connections; open ones stay.
  func trust(_ added: AddedCertificates?) {
    trust = TrustStore(adding: added)
    trustNumber += 1
    idle = []
  }

  package func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    let origin = try RequestOrigin(of: request.url)
    guard running < Self.maximumTransfers else {
      throw HTTPFailure(.unreachable, "more than \(Self.maximumTransfers) requests at once")
    }
    guard let multi = openMulti(), let handle = idle.popLast() ?? EasyHandle(trusting: trust) else {
      throw HTTPFailure(.unreachable, "no memory or descriptors left for a request")
    }
    running += 1
    let begun = loop.now
    let trustNumber = trustNumber
    defer {
      running -= 1
      release(multi)
      handle.clear()
      if trustNumber == self.trustNumber, idle.count < Self.maximumIdleHandles { idle.append(handle) }
    }
    let headers = try headers(of: request)
    let looksUpAnew = failedHosts.contains(origin.host)
    handle.prepare(request, to: origin, through: proxies, with: headers, looksUpAnew: looksUpAnew)
    let result = await transfer(handle, by: multi)
    if result.isSuccess { handle.reply.finish() }
    received.add(handle.reply.byteCount, ordering: .relaxed)
    if let failure = result.failure(
      at: origin, reply: handle.reply, limits: request.limits, details: result.isSuccess ? .init() : handle.details)
    {
      if failure.kind != .cancelled { failedHosts.insert(origin.host) }
      if failure.kind == .timedOut, origin.isEncrypted, handle.hasSent { leave(multi, silentSince: begun, origin.host) }
      throw failure
    }
    if looksUpAnew { failedHosts.remove(origin.host) }
    if origin.isEncrypted { noteAnswer(of: origin.host) }
    return handle.reply.takeResponse()
  }

  private func noteAnswer(of host: String) {
    // More hosts than are ever asked: a run has one space and at most 65 webhooks.
    if answeredAt.count >= Self.maximumHosts { answeredAt = [:] }
    answeredAt[host] = loop.now
  }

  /// Sends later requests over connections of another multi handle, unless the host has answered since.
  ///
  /// With HTTP/2 requests share a connection, and libcurl goes on using one that takes them and answers none.
  private func leave(_ multi: CurlMulti, silentSince begun: BootInstant, _ host: String) {
    guard multi === self.multi, answeredAt[host].map({ $0 < begun }) ?? true else { return }
    self.multi = nil
    leftBehind.append(multi)
  }

  /// Closes the connections of a multi handle that gets no new requests, once its last one has ended.
  private func release(_ multi: CurlMulti) {
    guard multi !== self.multi, multi.runningCount == 0 else { return }
    loop.remove(multi)
    leftBehind.removeAll { $0 === multi }
  }

  private func openMulti() -> CurlMulti? {
    if let multi { return multi }
    guard let opened = CurlMulti(on: loop, maximumConnections: purpose.maximumConnections) else { return nil }
    loop.add(opened)
    multi = opened
    return opened
  }

  private func headers(of request: HTTPRequest) throws(HTTPFailure) -> HeaderList {
    if let lastHeaders, lastHeaders.hold(request.headers, acceptsGzip: request.acceptsGzip) {
      return lastHeaders
    }
    let headers = try HeaderList(request.headers, acceptsGzip: request.acceptsGzip)
    // What is posted is signed anew each time.
    if request.method == .get { lastHeaders = headers }
    return headers
  }

  /// Sends what the handle is ready for, until it ends or the task is cancelled.
  private func transfer(_ handle: EasyHandle, by multi: CurlMulti) async -> CurlResult {
    // A cancellation may come late, when the handle already serves another request; the ticket tells them apart.
    lastTicket += 1
    let ticket = lastTicket
    return await withTaskCancellationHandler {
      // Without a mention of the actor these closures would run on the global pool.
      self.assertIsolated()
      return await withCheckedContinuation { continuation in
        loop.checkIsolated()
        guard !Task.isCancelled else { return continuation.resume(returning: .cancelled) }
        let refused = unsafe multi.begin(handle.pointer, ticket: ticket) { code in
          continuation.resume(returning: CurlResult(code: code))
        }
        if refused != 0 { continuation.resume(returning: CurlResult(code: refused)) }
      }
    } onCancel: { [loop, multi] in
      loop.perform { unsafe multi.abandon(handle.pointer, ticket: ticket, result: CurlResult.cancelled.code) }
    }
  }
}

/// What a run sends its requests by. Polls and webhooks share nothing that can run out, so neither can hold up the other.
package actor RunTransports {
  package nonisolated let polls: CurlTransport
  package nonisolated let webhooks: CurlTransport
  private let loop: EventLoop
  private var added: AddedCertificates?

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - loop: must outlive the transports.
  ///   - added: certificates to be trusted besides the system's.
  package init(on loop: EventLoop, trusting added: AddedCertificates? = nil) {
    polls = CurlTransport(on: loop, for: .polls, trusting: added)
    webhooks = CurlTransport(on: loop, for: .webhooks, trusting: added)
    self.loop = loop
    self.added = added
  }

  /// Reads the added certificates again, for new connections; open ones stay.
  ///
  /// - Throws: ``AddedCertificates/Flaw`` where the file cannot be used; the old certificates stay then.
  package func renewTrust() async throws(AddedCertificates.Flaw) {
    added = try added?.renewed()
    await polls.trust(added)
    await webhooks.trust(added)
  }
}
