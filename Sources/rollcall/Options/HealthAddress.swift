import RollcallServer

/// Where probes are answered.
struct HealthAddress: Hashable, Sendable {
  let host: HostAddress
  let port: UInt16

  /// - Parameter argument: `PORT`, `ADDRESS:PORT`, or `[ADDRESS]:PORT` for IPv6.
  init(argument: String) throws(UsageError) {
    guard let (host, number) = Self.parts(of: argument[...]), let port = UInt16(number), port > 0,
      number.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else {
      throw .invalid(
        .health, argument, right: "give a port from 1 to 65535, or one with an address: 0.0.0.0:9090 or [::1]:9090")
    }
    self.host = host
    self.port = port
  }

  private static func parts(of argument: Substring) -> (HostAddress, port: Substring)? {
    guard argument.first == "[" else {
      let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return (.loopback, argument) }
      return HostAddress(parts[0], .ipv4).map { ($0, parts[1]) }
    }
    guard let bracket = argument.firstIndex(of: "]"), argument[bracket...].hasPrefix("]:") else { return nil }
    let text = argument[argument.index(after: argument.startIndex)..<bracket]
    return HostAddress(text, .ipv6).map { ($0, argument[bracket...].dropFirst(2)) }
  }
}
