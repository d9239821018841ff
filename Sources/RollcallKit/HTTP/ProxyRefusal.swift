import RollcallCore

/// A proxy that opens no tunnel.
enum ProxyRefusal {
  /// - Parameter status: what the proxy answered; 0 where it was not asked.
  static func failure(_ status: Int, at origin: RequestOrigin) -> HTTPFailure? {
    switch status {
    case 0, 200...299: nil
    case 407:
      HTTPFailure(
        .unreachable, "the proxy on the way to \(origin) wants a user and a password (407)",
        remedy: "give them in HTTPS_PROXY, as http://USER:PASSWORD@HOST:PORT")
    default:
      HTTPFailure(
        .unreachable, "the proxy refused the way to \(origin) (\(status))",
        remedy: "have it allow that host, or name the host in NO_PROXY")
    }
  }
}
