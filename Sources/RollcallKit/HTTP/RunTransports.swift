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
