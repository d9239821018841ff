import Libc
package import RollcallCore
package import RollcallServer
import Synchronization

/// A space on 127.0.0.1, near enough that the official clients use it unmodified.
///
/// The same scenario, seed and times of asking give the same replies. Its rooms live on by themselves: each request first
/// lets everything happen that belongs before it.
package final class SimulatedSpace: Sendable {
  /// One conference of the space.
  package struct Conference: Sendable, Equatable {
    package let sid: String
    package let friendlyName: String
  }

  private final class Desk: Sendable {
    let state: Mutex<SpaceState>
    let clock: SpaceClock

    init(_ state: SpaceState, clock: SpaceClock) {
      self.state = Mutex(state)
      self.clock = clock
    }

    func withState<Result: Sendable>(_ body: @Sendable (inout SpaceState, Int64) -> Result) -> Result {
      state.withLock { state in body(&state, clock.elapsed().wholeMilliseconds) }
    }
  }

  /// The account sid in paths, and the user of HTTP Basic.
  package let project: String
  /// The password of HTTP Basic, or the API key.
  package let token: String
  package let conferences: [Conference]
  private let desk: Desk
  private let server: HTTPServer

  /// Opens the space.
  ///
  /// - Parameters:
  ///   - seed: of all sids, of random life, and of what goes wrong when.
  ///   - port: 0 takes any free port.
  ///   - clock: drives the rooms; the wall clock unless a test holds it.
  ///   - provider: whose API the space speaks.
  package init(
    scenario: Scenario, seed: UInt64, port: UInt16 = 0, clock: SpaceClock = .wall(),
    provider: SimulatedProvider = .signalWire
  ) throws(ServerError) {
    let state = SpaceState(scenario: scenario, seed: seed, start: clock.start, dialect: provider.dialect)
    project = state.account.project
    token = state.account.token
    conferences = state.rooms.map { Conference(sid: $0.sid, friendlyName: $0.friendlyName) }
    let desk = Desk(state, clock: clock)
    self.desk = desk
    server = try HTTPServer(port: port) { request in
      desk.withState { state, moment in state.reply(to: request, at: moment) }
    }
  }

  /// Where the space is, such as `http://127.0.0.1:8080`.
  package var origin: String { "http://127.0.0.1:\(server.port)" }

  /// One line of JSON that tells another program how to reach the space; without a line feed.
  package var announcement: String {
    let output = JSONOutput.document { output in
      output.object { output in
        output.member("origin", origin)
        output.member("project", project)
        output.member("token", token)
        output.key("conferences")
        output.array { output in
          for conference in conferences {
            output.object { output in
              output.member("sid", conference.sid)
              output.member("friendly_name", conference.friendlyName)
            }
          }
        }
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// What has really happened in a conference until now, oldest first; empty for a conference of another space.
  package func truth(of conference: String) -> [TruthEntry] {
    desk.withState { state, moment in
      state.advance(to: moment)
      return state.rooms.first { $0.sid == conference }?.history ?? []
    }
  }

  /// Does something in a conference at once, by the names of the scenario.
  package func perform(_ action: Scenario.Action, in conference: String) {
    desk.withState { state, moment in
      state.advance(to: moment)
      guard let index = state.rooms.firstIndex(where: { $0.sid == conference }) else { return }
      state.rooms[index].perform(action)
    }
  }

  /// The call sid of somebody whom the scenario names; nil before they join.
  package func callSID(of name: String, in conference: String) -> String? {
    desk.withState { state, moment in
      state.advance(to: moment)
      return state.rooms.first { $0.sid == conference }?.names[name]
    }
  }

  /// How many requests have been answered.
  package var requests: UInt64 { desk.withState { state, _ in state.requests } }

  /// How often each call was asked for.
  package var callRequests: [String: Int] { desk.withState { state, _ in state.callRequests } }

  /// Ends all faults but those of the data itself: the service is well again, and what it shows is true.
  package func heal() {
    desk.withState { state, _ in state.heal() }
  }

  /// What the scenario calls somebody; nil where it does not name them.
  package func name(of callSID: String, in conference: String) -> String? {
    desk.withState { state, moment in
      state.advance(to: moment)
      let names = state.rooms.first { $0.sid == conference }?.names ?? [:]
      return names.first { $0.value == callSID }?.key
    }
  }

  /// Closes the space and waits for its threads. Doing it twice does nothing.
  package func stop() {
    server.stop()
  }
}

/// Whose API a simulated space speaks. The rooms behind it are the same.
package enum SimulatedProvider: String, CaseIterable, Sendable {
  case signalWire = "signalwire"
  case twilio
  case telnyx

  var dialect: any SpaceDialect {
    switch self {
    case .signalWire: SignalWireSpace()
    case .twilio: TwilioSpace()
    case .telnyx: TelnyxSpace()
    }
  }
}

/// Who may ask, and how the provider's client proves it.
struct SpaceAccount: Sendable {
  let project: String
  let token: String
  /// What follows the scheme in the header.
  let credentials: String
  private let scheme: String

  init(seed: UInt64, dialect: any SpaceDialect = SignalWireSpace()) {
    var random = SplitMix64(seed: seed, purpose: 0)
    (project, token) = dialect.account(&random)
    scheme = dialect.scheme
    credentials = scheme == "Basic" ? Self.base64(Array("\(project):\(token)".utf8)) : token
  }

  /// The value of the header.
  var authorization: String { "\(scheme) \(credentials)" }

  /// Whether the request carries our credentials.
  func admits(_ request: ServerRequest) -> Bool {
    let parts = (request.header("authorization") ?? "").split(separator: " ")
    return parts.count == 2 && parts[0].lowercased() == scheme.lowercased() && parts[1] == credentials
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  private static func base64(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var word = group.reduce(0) { $0 << 8 | Int($1) }
      word <<= 8 * (3 - group.count)
      for place in 0..<4 {
        text.append(place <= group.count ? alphabet[word >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// The time inside a simulated space. Rooms know only how long the space has run; the start decides what dates say.
package struct SpaceClock: Sendable {
  /// When the space began.
  package var start: Timestamp
  /// How long it has run; must not go back.
  package var elapsed: @Sendable () -> Duration

  package init(start: Timestamp, elapsed: @escaping @Sendable () -> Duration) {
    self.start = start
    self.elapsed = elapsed
  }

  /// Runs with the world outside, from now on.
  package static func wall() -> SpaceClock {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
    let milliseconds = Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    let start = ContinuousClock.now
    return SpaceClock(start: Timestamp(milliseconds: milliseconds)) { ContinuousClock.now - start }
  }
}
