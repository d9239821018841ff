/// Where the polled space listens.
struct SpaceAddress: Sendable {
  let port: Int
  /// Where it is asked about punctuality.
  let measurementPort: Int

  /// - Parameter line: both ports, as the space writes them.
  init?(_ line: [UInt8]) {
    let ports = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    guard ports.count == 2 else { return nil }
    (port, measurementPort) = (ports[0], ports[1])
  }

  var origin: String { "http://127.0.0.1:\(port)" }
  var measurements: String { "http://127.0.0.1:\(measurementPort)" }

  /// The URL of a conference's participants.
  func list(of conference: String) -> String {
    "\(origin)/api/laml/2010-04-01/Accounts/\(ListedRoom.account)/Conferences/\(conference)/Participants"
  }

  /// What `rollcall` needs to know of the space.
  var environment: [String] {
    ["SIGNALWIRE_SPACE=\(origin)", "SIGNALWIRE_PROJECT_ID=\(ListedRoom.account)", "SIGNALWIRE_API_TOKEN=token"]
  }
}
