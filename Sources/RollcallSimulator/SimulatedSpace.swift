import Libc
package import RollcallCore
package import RollcallServer
import Synchronization

/// A simulated provider on 127.0.0.1, realistic enough for the official clients to use unmodified.
///
/// The same scenario, seed and request times give the same replies. Each request first performs everything that is due
/// in the rooms by then.
package final class SimulatedSpace: Sendable {
  /// A conference of the space.
  package struct Conference: Sendable, Equatable {
    package let sid: String
    package let friendlyName: String
  }

  private final class Shared: Sendable {
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

  /// The account sid in paths, which is also the user name of HTTP Basic.
  package let project: String
  /// The password of HTTP Basic, or the API key.
  package let token: String
  package let conferences: [Conference]
  private let shared: Shared
  private let server: HTTPServer

  /// Opens the space.
  ///
  /// - Parameters:
  ///   - seed: determines all sids, random activity and faults.
  ///   - port: the port; 0 for any free one.
  ///   - clock: the time of the rooms: the wall clock unless a test controls it.
  ///   - provider: the provider whose API is simulated.
  ///   - callsBack: whether there are status callbacks, which the caller must take and send.
  package init(
    scenario: Scenario, seed: UInt64, port: UInt16 = 0, clock: SpaceClock = .wall(),
    provider: SimulatedProvider = .signalWire, callsBack: Bool = false
  ) throws(ServerError) {
    let state = SpaceState(
      scenario: scenario, seed: seed, start: clock.start, dialect: provider.dialect, callsBack: callsBack)
    project = state.account.project
    token = state.account.token
    conferences = state.rooms.map { Conference(sid: $0.sid, friendlyName: $0.friendlyName) }
    let shared = Shared(state, clock: clock)
    self.shared = shared
    server = try HTTPServer(port: port) { request in
      shared.withState { state, moment in state.reply(to: request, at: moment) }
    }
  }

  /// The origin of the space, such as `http://127.0.0.1:8080`.
  package var origin: String { "http://127.0.0.1:\(server.port)" }

  /// A line of JSON, without a line feed, that tells another program how to reach the space.
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

  /// Returns what has happened in a conference so far, oldest first; empty for a conference of another space.
  package func truth(of conference: String) -> [TruthEntry] {
    shared.withState { state, moment in
      state.advance(to: moment)
      return state.rooms.first { $0.sid == conference }?.history ?? []
    }
  }

  /// Performs an action in a conference at once. Participants are named as in the scenario.
  package func perform(_ action: Scenario.Action, in conference: String) {
    shared.withState { state, moment in
      state.advance(to: moment)
      guard let index = state.rooms.firstIndex(where: { $0.sid == conference }) else { return }
      state.rooms[index].perform(action)
    }
  }

  /// Returns the call sid of a participant in the scenario; nil before they join.
  package func callSID(of name: String, in conference: String) -> String? {
    shared.withState { state, moment in
      state.advance(to: moment)
      return state.rooms.first { $0.sid == conference }?.names[name]
    }
  }

  /// The number of requests answered so far.
  package var requests: UInt64 { shared.withState { state, _ in state.requests } }

  /// The number of look-ups of each call.
  package var callRequests: [String: Int] { shared.withState { state, _ in state.callRequests } }

  /// Removes and returns the status callbacks that are due, in the order in which they are sent.
  package func takeCallbacks() -> [SimulatedCallback] {
    shared.withState { state, moment in state.takeCallbacks(at: moment) }
  }

  /// Ends all faults except those of the data, so that replies are complete and correct.
  package func heal() {
    shared.withState { state, _ in state.heal() }
  }

  /// Returns a participant's name in the scenario; nil if it has none.
  package func name(of callSID: String, in conference: String) -> String? {
    shared.withState { state, moment in
      state.advance(to: moment)
      let names = state.rooms.first { $0.sid == conference }?.names ?? [:]
      return names.first { $0.value == callSID }?.key
    }
  }

  /// Closes the space and waits for its threads. Calling it twice does nothing.
  package func stop() {
    server.stop()
  }
}

/// The provider whose API a simulated space offers. The rooms behind it are the same.
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

/// The account of a space, and the credentials of its clients.
struct SpaceAccount: Sendable {
  let project: String
  let token: String
  /// The credentials after the scheme in the header.
  let credentials: String
  private let scheme: String

  init(seed: UInt64, dialect: any SpaceDialect = SignalWireSpace()) {
    var random = SplitMix64(seed: seed, purpose: 0)
    (project, token) = dialect.account(&random)
    scheme = dialect.scheme
    credentials = scheme == "Basic" ? Base64.encode(Array("\(project):\(token)".utf8)) : token
  }

  /// The value of the `Authorization` header.
  var authorization: String { "\(scheme) \(credentials)" }

  /// Returns whether a request has the right credentials.
  func admits(_ request: ServerRequest) -> Bool {
    let parts = (request.header("authorization") ?? "").split(separator: " ")
    return parts.count == 2 && parts[0].lowercased() == scheme.lowercased() && parts[1] == credentials
  }
}

/// The time in a simulated space. Rooms only use the elapsed time; the start determines their dates.
package struct SpaceClock: Sendable {
  /// The time at which the space began.
  package var start: Timestamp
  /// Returns how long the space has been running; must not go back.
  package var elapsed: @Sendable () -> Duration

  package init(start: Timestamp, elapsed: @escaping @Sendable () -> Duration) {
    self.start = start
    self.elapsed = elapsed
  }

  /// Creates a clock that starts now and follows the wall clock.
  package static func wall() -> SpaceClock {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
    let milliseconds = Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    let start = ContinuousClock.now
    return SpaceClock(start: Timestamp(milliseconds: milliseconds)) { ContinuousClock.now - start }
  }
}
