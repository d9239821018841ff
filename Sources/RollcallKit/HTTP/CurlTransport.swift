package import RollcallCore
import Synchronization

/// Sends requests with libcurl on the loop, reusing connections, with HTTP/2 where TLS negotiates it.
///
/// Each transport has its own connections.
package actor CurlTransport: HTTPTransport {
  /// What the requests of a transport are for.
  package enum Purpose: Sendable {
    case polls
    case webhooks

    /// The maximum number of open connections, including idle ones; further requests wait.
    package var maximumConnections: Int {
      switch self {
      case .polls: 256
      case .webhooks: 256
      }
    }
  }

  /// The maximum number of requests that are running or waiting for a connection.
  package static let maximumTransfers = 4096
  /// The maximum number of hosts whose last answer is remembered.
  private static let maximumHosts = 1024
  /// The maximum number of handles kept for later requests.
  private static let maximumIdleHandles = 32

  private let loop: EventLoop
  private let purpose: Purpose
  /// The multi handle for new requests, created when needed.
  private var multi: CurlMulti?
  /// Multi handles that get no new requests but still have running ones.
  private var retired: [CurlMulti] = []
  /// The time of each host's last answer over TLS.
  private var answeredAt: [String: BootInstant] = [:]
  private var trust: TrustStore
  /// The number of times the certificates were read again; older handles are not reused.
  private var trustNumber = 0
  private let proxies: ProxySettings
  private let received = Atomic(0)
  private var idle: [EasyHandle] = []
  private var running = 0
  private var lastTicket: UInt64 = 0
  /// Hosts whose last request failed. They may have moved, so new connections look up their addresses again.
  private var failedHosts: Set<String> = []
  /// The header lines of the last GET, because the next one usually has the same.
  private var lastHeaders: HeaderList?

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// Creates a transport, reading the proxies from the environment.
  ///
  /// - Parameters:
  ///   - loop: the loop, which must outlive the transport.
  ///   - purpose: determines the maximum number of connections.
  ///   - added: certificates to trust besides the system's.
  package init(on loop: EventLoop, for purpose: Purpose, trusting added: AddedCertificates? = nil) {
    self.loop = loop
    self.purpose = purpose
    trust = TrustStore(adding: added)
    proxies = ProxySettings()
  }

  deinit {
    for multi in retired + [multi].compactMap(\.self) {
      loop.perform { [weak loop] in loop?.remove(multi) }
    }
  }

  /// The number of bytes of all replies so far, including incomplete ones.
  package nonisolated var receivedBytes: Int { received.load(ordering: .relaxed) }

  /// Uses other certificates for new connections; open ones are kept.
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
      throw HTTPFailure(.unreachable, "no memory or descriptors left for a request", remedy: OpenFiles.remedy)
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
    let refreshesAddresses = failedHosts.contains(origin.host)
    handle.prepare(request, to: origin, through: proxies, with: headers, refreshesAddresses: refreshesAddresses)
    let result = await transfer(handle, by: multi)
    if result.isSuccess { handle.reply.finish() }
    received.add(handle.reply.byteCount, ordering: .relaxed)
    if let failure = result.failure(
      at: origin, reply: handle.reply, limits: request.limits, details: result.isSuccess ? .init() : handle.details)
    {
      if failure.kind != .cancelled { failedHosts.insert(origin.host) }
      if failure.kind == .timedOut, origin.isEncrypted {
        retire(multi, silentSince: begun, origin.host)
      }
      guard failure.kind == .unreachable, OpenFiles.areExhausted else { throw failure }
      throw HTTPFailure(.unreachable, "no descriptors left for a connection to \(origin)", remedy: OpenFiles.remedy)
    }
    if refreshesAddresses { failedHosts.remove(origin.host) }
    if origin.isEncrypted { recordAnswer(of: origin.host) }
    return handle.reply.takeResponse()
  }

  private func recordAnswer(of host: String) {
    // Never reached in practice: a run has one space and at most 65 webhooks.
    if answeredAt.count >= Self.maximumHosts { answeredAt = [:] }
    answeredAt[host] = loop.now
  }

  /// Sends later requests over new connections, unless the host has answered since `begun`.
  ///
  /// HTTP/2 requests share a connection, and libcurl would keep using one that accepts them but no longer answers.
  private func retire(_ multi: CurlMulti, silentSince begun: BootInstant, _ host: String) {
    guard multi === self.multi, answeredAt[host].map({ $0 < begun }) ?? true else { return }
    self.multi = nil
    retired.append(multi)
  }

  /// Closes the connections of a retired multi handle after its last request.
  private func release(_ multi: CurlMulti) {
    guard multi !== self.multi, multi.runningCount == 0 else { return }
    loop.remove(multi)
    retired.removeAll { $0 === multi }
  }

  private func openMulti() -> CurlMulti? {
    if let multi { return multi }
    guard let opened = CurlMulti(on: loop, maximumConnections: purpose.maximumConnections) else { return nil }
    loop.add(opened)
    multi = opened
    return opened
  }

  private func headers(of request: HTTPRequest) throws(HTTPFailure) -> HeaderList {
    if let lastHeaders, lastHeaders.matches(request.headers, acceptsGzip: request.acceptsGzip) {
      return lastHeaders
    }
    let headers = try HeaderList(request.headers, acceptsGzip: request.acceptsGzip)
    // Every POST has its own signature.
    if request.method == .get { lastHeaders = headers }
    return headers
  }

  /// Runs a prepared transfer until it ends or the task is cancelled.
  private func transfer(_ handle: EasyHandle, by multi: CurlMulti) async -> CurlResult {
    // A late cancellation may find the handle already serving another request; the ticket tells them apart.
    lastTicket += 1
    let ticket = lastTicket
    return await withTaskCancellationHandler {
      // Unless they mention the actor, these closures would run on the global pool.
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

/// The transports of a run. Polls and webhooks share no limited resource, so neither can hold up the other.
package actor RunTransports {
  package nonisolated let polls: CurlTransport
  package nonisolated let webhooks: CurlTransport
  private let loop: EventLoop
  private var added: AddedCertificates?

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - loop: the loop, which must outlive the transports.
  ///   - added: certificates to trust besides the system's.
  package init(on loop: EventLoop, trusting added: AddedCertificates? = nil) {
    polls = CurlTransport(on: loop, for: .polls, trusting: added)
    webhooks = CurlTransport(on: loop, for: .webhooks, trusting: added)
    self.loop = loop
    self.added = added
  }

  /// Reads the added certificates again and uses them for new connections; open ones are kept.
  ///
  /// - Throws: ``AddedCertificates/Flaw`` if a file is invalid; the old certificates then stay in use.
  package func renewTrust() async throws(AddedCertificates.Flaw) {
    added = try added?.renewed()
    await polls.trust(added)
    await webhooks.trust(added)
  }
}
