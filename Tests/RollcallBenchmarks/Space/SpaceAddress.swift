/// Where the polled space listens, and how it is reached.
struct SpaceAddress: Sendable {
  /// The origin for lists: that of the space itself, or of a front.
  let origin: String
  /// The origin for measurements.
  let measurements: String
  /// The path of the CA that issued the server's certificate; nil for plain HTTP.
  let authority: String?
  let port: Int

  private init(origin: String, measurements: String, authority: String?, port: Int) {
    self.origin = origin
    self.measurements = measurements
    self.authority = authority
    self.port = port
  }

  /// - Parameter line: the line with both ports, as the space writes it.
  init?(_ line: [UInt8]) {
    let ports = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    guard ports.count == 2 else { return nil }
    self.init(
      origin: "http://127.0.0.1:\(ports[0])", measurements: "http://127.0.0.1:\(ports[1])", authority: nil,
      port: ports[0])
  }

  /// Returns the same space behind a front that speaks TLS.
  func behind(port: Int, _ authority: String) -> SpaceAddress {
    SpaceAddress(
      origin: "https://127.0.0.1:\(port)", measurements: measurements, authority: authority, port: self.port)
  }

  /// Returns the URL of a conference's participants.
  func list(of conference: String) -> String {
    origin + ListedRoom.conferences(of: ListedRoom.account) + "/\(conference)/Participants"
  }

  /// Returns the environment variables from which `rollcall` reads the space.
  func environment(account: String = ListedRoom.account) -> [String] {
    ["SIGNALWIRE_SPACE=\(origin)", "SIGNALWIRE_PROJECT_ID=\(account)", "SIGNALWIRE_API_TOKEN=token"]
      + (authority.map { ["SSL_CERT_FILE=\($0)"] } ?? [])
  }
}
