import RollcallCore
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
