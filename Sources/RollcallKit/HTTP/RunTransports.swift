package import RollcallCore

/// What a run sends its requests by. Polls and webhooks share nothing that can run out, so neither can hold up the other.
package struct RunTransports: Sendable {
  package let polls: CurlTransport
  package let webhooks: CurlTransport
  private let caFile: String?

  /// - Parameters:
  ///   - loop: must outlive the transports.
  ///   - caFile: the path of certificates (PEM) to be trusted besides the system's.
  /// - Throws: ``HTTPFailure`` where the CA file cannot be used.
  package init(on loop: EventLoop, caFile: String?) throws(HTTPFailure) {
    let trust = try TrustStore(adding: caFile)
    polls = CurlTransport(on: loop, for: .polls, trusting: trust)
    webhooks = CurlTransport(on: loop, for: .webhooks, trusting: trust)
    self.caFile = caFile
  }

  /// Reads the CA file again, for new connections; open ones stay.
  ///
  /// - Throws: ``HTTPFailure`` where the file cannot be used; the old certificates stay then.
  package func renewTrust() async throws(HTTPFailure) {
    let trust = try TrustStore(adding: caFile)
    await polls.renew(trust)
    await webhooks.renew(trust)
  }
}
