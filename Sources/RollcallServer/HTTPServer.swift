/// A small HTTP/1.1 server, on 127.0.0.1 unless told otherwise: one thread per connection, keep-alive, every bound in ``ServerLimits``.
///
/// It serves the simulated space, the webhook receiver and the health endpoint; it is not meant for the open network.
package final class HTTPServer: Sendable {
  /// The port that it listens on, also where any port was asked for.
  package let port: UInt16
  private let acceptor: Acceptor

  /// Listens and serves at once.
  ///
  /// - Parameters:
  ///   - host: where it listens.
  ///   - port: 0 takes any free port.
  ///   - connections: the maximum at one time.
  ///   - handler: must not hold the server itself.
  /// - Throws: ``ServerError/portInUse(_:_:)`` where somebody listens there already.
  package init(
    at host: HostAddress = .loopback, port: UInt16 = 0, connections: Int = ServerLimits.connections,
    handler: @escaping HTTPHandler
  ) throws(ServerError) {
    let (socket, port) = try Socket.listening(at: host, port: port)
    self.port = port
    acceptor = try Acceptor(Listener(socket), limit: connections, handler: handler)
  }

  /// Ends every connection and waits for the threads. Doing it twice does nothing; a handler must not call it.
  package func stop() {
    acceptor.stop()
  }

  /// The same without a wait.
  package func stopSoon() {
    // Where the system has no thread for it, a later stop does it.
    _ = try? Thread.start { [acceptor] in acceptor.stop() }
  }

  deinit {
    acceptor.stop()
  }
}
