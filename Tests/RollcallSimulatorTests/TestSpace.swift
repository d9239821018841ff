import RollcallCore
import RollcallServer
import Synchronization
import Testing

@testable import RollcallSimulator

/// A space whose clock only a test moves, and a client with its credentials.
final class TestSpace: Sendable {
  private final class ManualClock: Sendable {
    let elapsed = Mutex(Duration.zero)
  }

  private let manualClock = ManualClock()
  let space: SimulatedSpace
  let authorization: String

  private let dialect: any SpaceDialect

  init(
    _ name: String, seed: UInt64 = 1, provider: SimulatedProvider = .signalWire, callsBack: Bool = false,
    faults: Set<Fault>? = nil
  ) throws {
    var scenario = try #require(Scenario.builtIn(name))
    if let faults { scenario.faults = faults }
    let manualClock = manualClock
    let clock = SpaceClock(start: Timestamp(milliseconds: 1_767_614_400_000)) { manualClock.elapsed.withLock { $0 } }
    space = try SimulatedSpace(scenario: scenario, seed: seed, clock: clock, provider: provider, callsBack: callsBack)
    dialect = provider.dialect
    authorization = SpaceAccount(seed: seed, dialect: dialect).authorization
  }

  deinit {
    space.stop()
  }

  func move(to milliseconds: Int64) {
    manualClock.elapsed.withLock { $0 = .milliseconds(milliseconds) }
  }

  var conference: String { space.conferences[0].sid }
  var base: String { "\(dialect.basePath)/Accounts/\(space.project)/Conferences" }
  var list: String { "\(base)/\(conference)/Participants\(dialect.linkSuffix)" }

  var conferencePath: String { "\(base)/\(conference)\(dialect.linkSuffix)" }

  func participant(_ call: String) -> String { "\(base)/\(conference)/Participants/\(call)\(dialect.linkSuffix)" }

  func call(_ sid: String) -> String {
    "\(dialect.basePath)/Accounts/\(space.project)/Calls/\(sid)\(dialect.linkSuffix)"
  }

  var client: LoopbackClient {
    LoopbackClient(port: UInt16(space.origin.split(separator: ":").last ?? "") ?? 0, authorization: authorization)
  }

  func get(_ target: String) -> LoopbackClient.Reply { client.send("GET", target) }

  func post(_ target: String, _ form: String) -> LoopbackClient.Reply { client.send("POST", target, form: form) }

  /// Returns all values of a text member at any depth, without `null`.
  static func texts(_ key: String, in reply: LoopbackClient.Reply) -> [String] {
    reply.text.split(separator: "\"\(key)\":\"").dropFirst().map { rest in
      String(rest.prefix { $0 != "\"" }).replacing("\\u0026", with: "&")
    }
  }

  /// Returns the call sids of all pages from this one on, at most 100 pages.
  func walk(_ target: String) -> [String] {
    var sids: [String] = []
    var next: String? = target
    for _ in 0..<100 {
      guard let target = next else { return sids }
      let reply = get(target)
      sids += Self.texts("call_sid", in: reply)
      next = Self.texts("next_page_uri", in: reply).first.flatMap { $0.isEmpty ? nil : $0 }
    }
    return sids
  }
}
