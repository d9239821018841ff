package import RollcallCore

/// Carries requests with libcurl, on the loop: connections are kept and used again, HTTP/2 where TLS offers it.
package actor CurlTransport: HTTPTransport {
  /// Requests under way or waiting for a connection.
  package static let maximumTransfers = 4096
  /// Handles kept for later requests.
  private static let maximumIdleHandles = 64

  private let loop: EventLoop
  private var added: AddedCertificates?
  private var trust: TrustStore
  /// How often certificates have been read again; handles of before are not used again.
  private var trustNumber = 0
  private let proxies: ProxySettings
  private var idle: [EasyHandle] = []
  private var running = 0
  private var lastTicket: UInt64 = 0
  /// The header lines of the last GET; those of the next one are most often the same.
  private var lastHeaders: HeaderList?

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// Reads the proxies of the environment, once.
  ///
  /// - Parameters:
  ///   - loop: must outlive the transport.
  ///   - added: certificates to be trusted besides the system's.
  package init(on loop: EventLoop, trusting added: AddedCertificates? = nil) {
    self.loop = loop
    self.added = added
    trust = TrustStore(adding: added)
    proxies = ProxySettings()
  }

  /// Reads the added certificates again, for new connections; open ones stay.
  ///
  /// - Throws: ``AddedCertificates/Flaw`` where the file cannot be used; the old certificates stay then.
  package func renewTrust() throws(AddedCertificates.Flaw) {
    added = try added?.renewed()
    trust = TrustStore(adding: added)
    trustNumber += 1
    idle = []
  }

  package func send(_ request: HTTPRequest) async throws(HTTPFailure) -> HTTPResponse {
    let origin = try RequestOrigin(of: request.url)
    guard running < Self.maximumTransfers else {
      throw HTTPFailure(.unreachable, "more than \(Self.maximumTransfers) requests at once")
    }
    guard let handle = idle.popLast() ?? EasyHandle(trusting: trust) else {
      throw HTTPFailure(.unreachable, "no memory for a request")
    }
    running += 1
    let trustNumber = trustNumber
    defer {
      running -= 1
      handle.clear()
      if trustNumber == self.trustNumber, idle.count < Self.maximumIdleHandles { idle.append(handle) }
    }
    let headers = try headers(of: request)
    handle.prepare(request, to: origin, through: proxies, with: headers)
    let result = await transfer(handle)
    if let failure = result.failure(at: origin, reply: handle.reply, limits: request.limits) { throw failure }
    return handle.reply.takeResponse()
  }

  private func headers(of request: HTTPRequest) throws(HTTPFailure) -> HeaderList {
    if let lastHeaders, lastHeaders.hold(request.headers) { return lastHeaders }
    let headers = try HeaderList(request.headers)
    // What is posted is signed anew each time.
    if request.method == .get { lastHeaders = headers }
    return headers
  }

  /// Sends what the handle is ready for, until it ends or the task is cancelled.
  private func transfer(_ handle: EasyHandle) async -> CurlResult {
    // A cancellation may come late, when the handle already serves another request; the ticket tells them apart.
    lastTicket += 1
    let ticket = lastTicket
    return await withTaskCancellationHandler {
      // Without a mention of the actor these closures would run on the global pool.
      self.assertIsolated()
      return await withCheckedContinuation { continuation in
        loop.checkIsolated()
        guard !Task.isCancelled else { return continuation.resume(returning: .cancelled) }
        let refused = unsafe loop.multi.begin(handle.pointer, ticket: ticket) { code in
          continuation.resume(returning: CurlResult(code: code))
        }
        if refused != 0 { continuation.resume(returning: CurlResult(code: refused)) }
      }
    } onCancel: { [loop] in
      loop.perform { unsafe loop.multi.abandon(handle.pointer, ticket: ticket, result: CurlResult.cancelled.code) }
    }
  }
}
