/// Where an ``Acceptor`` gets its connections from.
protocol ConnectionSource: Sendable {
  /// Waits until a connection may have come.
  ///
  /// - Returns: false once the source is stopped.
  func awaitConnection() -> Bool
  /// Takes a connection, without waiting for one.
  func accept() -> AcceptedConnection
  /// Waits for ``ServerLimits/shortagePause``, or until the source is stopped.
  func rest()
  /// Ends every wait, now and later.
  func stop()
  /// Gives up what the source holds. Call it once, after ``stop()``, when nobody waits any longer.
  func close()
}

/// What accepting came to.
enum AcceptedConnection: Equatable, Sendable {
  /// A connection's descriptor, which belongs to the caller.
  case connection(Int32)
  /// There is none, or it went away again.
  case nothing
  /// One is there, and no descriptor or memory for it.
  case shortage
  /// The system refuses for another reason, and may go on doing so.
  case failure
}
