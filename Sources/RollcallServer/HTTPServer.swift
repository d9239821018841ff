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

/// What one server gives away at the most. Beyond a bound the client gets the status that names it.
package enum ServerLimits {
  /// Bytes of request line and headers; more is 431.
  package static let head = 64 << 10
  /// Bytes of a request's body; more is 413.
  package static let body = 1 << 20
  /// Bytes of the line before a chunk, its extensions included; more is 400.
  static let chunkLine = 1024
  /// Connections at one time. One more ends the one that has waited longest for its client; where all are being answered,
  /// it gets 503 and is closed.
  package static let connections = 256
  /// How long a connection may stay silent between two requests before it is closed.
  package static let idle: Duration = .seconds(60)
  /// How long one request may take to arrive; then 408.
  package static let arrival: Duration = .seconds(10)
  /// How long the server accepts nothing where the system has no descriptor left for a connection.
  static let shortagePause: Duration = .milliseconds(100)
  /// How long a refused client may go on sending.
  static let drain: Duration = .seconds(1)
  /// Seconds that a reader may leave our bytes untaken before the connection is given up.
  static let sendSeconds = 30
  /// Connections that wait for `accept`.
  static let backlog: Int32 = 128
  /// Bytes of stack of each thread.
  static let stack = 512 << 10
}

/// The open connections of a server, and which of them may end so that another can begin.
struct ConnectionTable {
  /// What a connection is doing.
  enum Phase: Sendable {
    /// Nothing of a request has come since the last one was answered.
    case idle
    /// Part of a request has come.
    case arriving
    /// A whole request has come, and its reply has not left yet.
    case answering
  }

  private enum Stage {
    /// Waits for the client, since this turn.
    case waiting(hasBegun: Bool, since: UInt64)
    case answering
    /// Was chosen to end.
    case ending
  }

  private struct Entry {
    let descriptor: Int32
    var stage: Stage
  }

  private let limit: Int
  private var entries: [Int: Entry] = [:]
  private var lastNumber = 0
  /// Counts changes of phase, so that waits can be compared without a clock.
  private var turn: UInt64 = 0

  init(limit: Int) { self.limit = limit }

  /// The descriptors of all connections.
  var descriptors: [Int32] { entries.values.map(\.descriptor) }

  /// Adds a connection, idle at first.
  ///
  /// - Returns: its number; nil where there are too many.
  mutating func admit(_ descriptor: Int32) -> Int? {
    guard entries.count < limit else { return nil }
    lastNumber += 1
    turn += 1
    entries[lastNumber] = Entry(descriptor: descriptor, stage: .waiting(hasBegun: false, since: turn))
    return lastNumber
  }

  /// Notes what a connection does next.
  ///
  /// - Returns: false where it has to end instead.
  mutating func note(_ phase: Phase, of number: Int) -> Bool {
    guard var entry = entries[number] else { return false }
    if case .ending = entry.stage { return false }
    turn += 1
    switch phase {
    case .idle: entry.stage = .waiting(hasBegun: false, since: turn)
    case .arriving: entry.stage = .waiting(hasBegun: true, since: turn)
    case .answering: entry.stage = .answering
    }
    entries[number] = entry
    return true
  }

  /// Chooses the connection that has waited longest for its client, of the idle ones where there are any, and has it end.
  ///
  /// - Returns: nil where every connection is being answered.
  mutating func endLongestWaiting() -> (number: Int, descriptor: Int32)? {
    var longest: (number: Int, hasBegun: Bool, since: UInt64)?
    for (number, entry) in entries {
      guard case .waiting(let hasBegun, let since) = entry.stage else { continue }
      if let found = longest, (found.hasBegun ? 1 : 0, found.since) < (hasBegun ? 1 : 0, since) { continue }
      longest = (number, hasBegun, since)
    }
    guard let number = longest?.number, let descriptor = entries[number]?.descriptor else { return nil }
    entries[number]?.stage = .ending
    return (number, descriptor)
  }

  mutating func remove(_ number: Int) { entries[number] = nil }
}
