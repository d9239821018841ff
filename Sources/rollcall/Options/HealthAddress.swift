import RollcallServer

/// Where probes are answered.
struct HealthAddress: Hashable, Sendable {
  let host: IPv4Address
  let port: UInt16

  /// - Parameter argument: `PORT`, or `ADDRESS:PORT`.
  init(argument: String) throws(UsageError) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
    let host = parts.count == 2 ? IPv4Address(parts[0]) : .loopback
    guard parts.count <= 2, let host, let port = parts.last.flatMap({ UInt16($0) }), port > 0 else {
      throw .invalid(.health, argument, right: "give a port from 1 to 65535, or one with an address: 0.0.0.0:9090")
    }
    self.host = host
    self.port = port
  }
}
