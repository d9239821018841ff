import RollcallCore
import RollcallKit
import RollcallSimulator
import RollcallTestKit
import Testing

@Suite struct `The events of a faulty space are true` {
  /// The scenarios in which every request is answered at once. A torn list takes several requests, any other list one.
  private static let quick =
    ["busy", "sept", "empty-strings", "finished-rows", "all-completed"].flatMap { name in
      watches(name, seeds: 1...4, replies: 24, step: .milliseconds(600))
    } + watches("stale", seeds: 1...4, replies: 30, step: .seconds(1))
    + watches("torn", seeds: 1...4, replies: 80, step: .milliseconds(200))

  /// The scenarios in which pauses follow failures, so that few requests are sent and much happens in between.
  private static let halting =
    watches("flaky", seeds: 1...4, replies: 12, step: .seconds(1))
    + watches("throttled", seeds: 2...3, replies: 6, step: .seconds(2))
    + watches("slow", seeds: 3...4, replies: 6, step: .seconds(2))

  private static func watches(
    _ name: String, seeds: ClosedRange<UInt64>, replies: Int, step: Duration
  ) -> [FaultyWatch] {
    guard let scenario = Scenario.builtIn(name) else { return [] }
    return seeds.map { FaultyWatch(scenario: scenario, seed: $0, replies: replies, step: step) }
  }

  @Test(arguments: quick)
  func `every event is true, and all of them fold to the room`(watch: FaultyWatch) async throws {
    try await check(watch)
  }

  @Test(arguments: halting)
  func `every event is true when requests fail`(watch: FaultyWatch) async throws {
    let result = try await check(watch)
    #expect(watch.scenario.faults == [.slow] || result.failures > 0)
  }

  @discardableResult
  private func check(_ watch: FaultyWatch) async throws -> FaultyWatch.Result {
    let result = try await watch.run()
    #expect(result.check.untrueDepartures == [])
    #expect(result.check.lies == [])
    #expect(result.folded.faults == [])
    #expect(TruthCheck.room(as: result.folded) == TruthCheck.room(after: result.truth))
    #expect(result.ending == nil)
    #expect(result.count(.watchStarted) == 1)
    #expect(result.count(.participantJoined) > 0 && result.count(.participantLeft) > 0)
    return result
  }

  /// The other providers' dialects, with their own pages, errors and pauses.
  private static let others = [Provider.twilio, .telnyx].flatMap { provider in
    (watches("busy", seeds: 1...2, replies: 24, step: .milliseconds(600))
      + watches("finished-rows", seeds: 1...2, replies: 24, step: .milliseconds(600))
      + watches("all-completed", seeds: 1...2, replies: 36, step: .milliseconds(600))
      + watches("torn", seeds: 1...2, replies: 80, step: .milliseconds(200))
      + watches("throttled", seeds: 2...2, replies: 6, step: .seconds(2))).map { watch in
        var watch = watch
        watch.provider = provider
        return watch
      }
  }

  @Test(arguments: others)
  func `every event is true for every provider`(watch: FaultyWatch) async throws {
    try await check(watch)
  }

  /// The scenarios with calls looked up. In simulated spaces each stay has its own call.
  private static let enriched =
    (watches("busy", seeds: 5...6, replies: 30, step: .milliseconds(600))
    + watches("finished-rows", seeds: 5...6, replies: 30, step: .milliseconds(600))
    + watches("torn", seeds: 5...5, replies: 100, step: .milliseconds(200))
    + watches("flaky", seeds: 5...6, replies: 16, step: .seconds(1))
    + watches("calls-404", seeds: 5...5, replies: 30, step: .milliseconds(600))
    + watches("calls-500", seeds: 5...5, replies: 30, step: .milliseconds(600))).enumerated().map { index, watch in
      var watch = watch
      watch.asksForCalls = true
      watch.provider = Provider.allCases[index % Provider.allCases.count]
      return watch
    }

  @Test(arguments: enriched)
  func `every event is true with call look-ups, and the details of a call never change`(watch: FaultyWatch) async throws
  {
    let result = try await check(watch)
    #expect(result.callRequests.values.allSatisfy { $0 <= 3 })
    if watch.scenario.faults.isEmpty { #expect(result.callRequests.values.allSatisfy { $0 == 1 }) }
    var known: [CallSID: CallDetails] = [:]
    for told in result.told {
      guard let call = told.draft.call else { continue }
      // Once the call is known, every event has it.
      #expect(known[call] == nil || known[call] == told.draft.callDetails)
      known[call] = told.draft.callDetails
    }
    let isAnswered = watch.scenario.faults.isDisjoint(with: [.callsNotFound, .callsFail])
    if isAnswered { #expect(!known.isEmpty) }
    #expect(known.values.allSatisfy { ($0.from == "+15550199") != ($0.to == "+15550199") })
  }

  /// Several misleading faults together: skipped rows, old lists, finished rows, and unusual dates.
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `many faults at once cause no false departure`(seed: UInt64) async throws {
    var scenario = try #require(Scenario.builtIn("busy"))
    scenario.faults = [.torn, .stale, .finishedRows, .sept, .emptyStrings]
    let result = try await FaultyWatch(scenario: scenario, seed: seed, replies: 100, step: .seconds(1)).run()
    #expect(result.check.untrueDepartures == [])
    #expect(result.folded.faults == [])
    #expect(TruthCheck.room(as: result.folded) == TruthCheck.room(after: result.truth))
    #expect(result.count(.participantLeft) > 0)
  }

  @Test(arguments: ["ends-404", "ends-empty"], 1...3 as ClosedRange<UInt64>)
  func `a conference's end is reported when it ends, and not before`(name: String, seed: UInt64) async throws {
    let scenario = try #require(Scenario.builtIn(name))
    var watch = FaultyWatch(scenario: scenario, seed: seed, replies: .max, step: .milliseconds(250))
    watch.provider = Provider.allCases[Int(seed) % Provider.allCases.count]
    let result = try await watch.run()
    #expect(result.check.lies == [])
    #expect(result.folded.faults == [])
    #expect(result.ending == .ended)
    #expect(result.folded.hasEnded && result.folded.people.isEmpty)
    #expect(result.count(.participantLeft) == 3)
  }

  @Test func `the demo shows everything that happens to participants, and the end`() async throws {
    let result = try await FaultyWatch(scenario: .demo, seed: 1, replies: .max, step: .milliseconds(250)).run()
    #expect(result.ending == .ended && result.folded.hasEnded && result.folded.people.isEmpty)
    #expect(result.folded.faults == [] && result.check.lies == [])
    let missing = Set(EventType.allCases).subtracting(result.told.map(\.draft.type))
    #expect(missing.filter { $0.rawValue.hasPrefix("participant.") } == [])
  }

  @Test func `an endless list emits nothing until it ends`() async throws {
    let scenario = try #require(Scenario.builtIn("loop"))
    let result = try await FaultyWatch(scenario: scenario, seed: 1, replies: 3, step: .milliseconds(150)).run()
    #expect(result.told.map(\.draft.type) == [.participantPresent, .participantPresent, .watchStarted])
    #expect(TruthCheck.room(as: result.folded) == TruthCheck.room(after: result.truth))
  }

  /// The control: torn pages mislead a watch that believes the list, and the test notices it.
  @Test func `without confirmation torn pages cause false departures`() async throws {
    let scenario = try #require(Scenario.builtIn("torn"))
    let lies = try await withThrowingTaskGroup(of: Int.self) { group in
      for seed in 1...4 as ClosedRange<UInt64> {
        let watch = FaultyWatch(
          scenario: scenario, seed: seed, replies: 80, step: .milliseconds(200), confirmsLeft: false)
        group.addTask { try await watch.run().check.untrueDepartures.count }
      }
      return try await group.reduce(0, +)
    }
    #expect(lies > 0)
  }
}
