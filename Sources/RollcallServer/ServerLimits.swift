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
