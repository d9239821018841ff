/// A small HTTP/1.1 server with keep-alive and one thread per connection. By default it listens on 127.0.0.1; its
/// limits are in ``ServerLimits``.
///
/// It serves the simulated space, the webhook receiver and the health endpoint, and is not meant for the open network.
package final class HTTPServer: Sendable {
  /// The port that it listens on, even if any port was requested.
  package let port: UInt16
  private let acceptor: Acceptor

  /// Starts listening and serving.
  ///
  /// - Parameters:
  ///   - host: the address to listen on.
  ///   - port: the port; 0 for any free one.
  ///   - connections: the maximum number of connections at one time.
  ///   - body: the maximum number of bytes of a request's body.
  ///   - handler: must not retain the server.
  /// - Throws: ``ServerError/portInUse(_:_:)`` if another program listens there.
  package init(
    at host: HostAddress = .loopback, port: UInt16 = 0, connections: Int = ServerLimits.connections,
    body: Int = ServerLimits.body, handler: @escaping HTTPHandler
  ) throws(ServerError) {
    let (socket, port) = try Socket.listening(at: host, port: port)
    self.port = port
    acceptor = try Acceptor(Listener(socket), limit: connections, body: body, handler: handler)
  }

  /// Ends all connections and waits for the threads. Calling it twice does nothing; a handler must not call it.
  package func stop() {
    acceptor.stop()
  }

  /// Stops without waiting.
  package func stopSoon() {
    // If no thread can be started, the next stop does it.
    _ = try? Thread.start { [acceptor] in acceptor.stop() }
  }

  deinit {
    acceptor.stop()
  }
}

/// The limits of one server. A request that exceeds one of its limits gets the status named there.
package enum ServerLimits {
  /// The maximum number of bytes of the request line and headers; exceeding it is 431.
  package static let head = 64 << 10
  /// The maximum number of bytes of a request's body, unless a server has a lower limit; exceeding it is 413.
  package static let body = 1 << 20
  /// The maximum number of bytes of the line before a chunk, extensions included; exceeding it is 400.
  static let chunkLine = 1024
  /// The maximum number of connections at one time. Another one ends the one that has waited longest for its client; if
  /// all are being answered, the new one gets 503 and is closed.
  package static let connections = 256
  /// How long a connection may be silent between two requests before it is closed.
  package static let idle: Duration = .seconds(60)
  /// How long a request may take to arrive; exceeding it is 408.
  package static let arrival: Duration = .seconds(10)
  /// How long the server stops accepting when there is no descriptor for a connection.
  static let shortagePause: Duration = .milliseconds(100)
  /// How long a refused client may continue sending.
  static let drain: Duration = .seconds(1)
  /// How long a client may read nothing before the connection is given up, in seconds.
  static let sendSeconds = 30
  /// The maximum number of connections waiting for `accept`.
  static let backlog: Int32 = 128
  /// The stack size of each thread, in bytes.
  static let stack = 512 << 10
}

/// The open connections of a server, and which of them may be ended to make room for another.
struct ConnectionTable {
  /// What a connection is doing.
  enum Phase: Sendable {
    /// No part of a request has arrived since the last reply.
    case idle
    /// Part of a request has arrived.
    case arriving
    /// A whole request has arrived, and its reply has not been sent yet.
    case answering
  }

  private enum Stage {
    /// Waiting for the client since this turn.
    case waiting(hasBegun: Bool, since: UInt64)
    case answering
    /// The connection has been chosen to end.
    case ending
  }

  private struct Entry {
    let descriptor: Int32
    var stage: Stage
  }

  private let limit: Int
  private var entries: [Int: Entry] = [:]
  private var lastNumber = 0
  /// The number of phase changes, by which waiting times are compared without a clock.
  private var turn: UInt64 = 0

  init(limit: Int) { self.limit = limit }

  /// The descriptors of all connections.
  var descriptors: [Int32] { entries.values.map(\.descriptor) }

  /// Adds an idle connection.
  ///
  /// - Returns: its number; nil if the table is full.
  mutating func admit(_ descriptor: Int32) -> Int? {
    guard entries.count < limit else { return nil }
    lastNumber += 1
    turn += 1
    entries[lastNumber] = Entry(descriptor: descriptor, stage: .waiting(hasBegun: false, since: turn))
    return lastNumber
  }

  /// Records what a connection does next.
  ///
  /// - Returns: false if it must end instead.
  mutating func record(_ phase: Phase, of number: Int) -> Bool {
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

  /// Chooses the connection to end: the one that has waited longest for its client, preferably an idle one.
  ///
  /// - Returns: nil if all connections are being answered.
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
