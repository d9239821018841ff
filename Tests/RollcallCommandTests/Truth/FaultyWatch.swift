import RollcallCore
import RollcallKit
import RollcallSimulator
import RollcallTestKit
import Testing

/// A real watch, over real HTTP, of a simulated space that has faults and is then healed.
struct FaultyWatch: Sendable, CustomTestStringConvertible {
  /// The maximum duration of one watch, whatever goes wrong.
  private static let patience: Duration = .seconds(240)
  /// The minimum number of replies from the healed space before the watch is cancelled.
  private static let lastReplies = 4

  var scenario: Scenario
  var seed: UInt64
  /// The number of replies from the faulty space before it is healed.
  var replies: Int
  /// By how much each request advances the time of the space.
  var step: Duration
  var confirmsLeft = true
  var provider = Provider.signalWire
  /// Whether everyone's call is looked up.
  var asksForCalls = false

  var testDescription: String { "\(scenario.name), seed \(seed), \(provider.rawValue)" }

  struct Result: Sendable {
    var check: TruthCheck
    var told: [WatchLog.Told]
    var folded: FoldedRoom
    var ending: PollOutcome?
    /// The number of requests without a reply, or with one that is neither 200 nor 404.
    var failures: Int
    /// What really happened in the space.
    var truth: [TruthEntry]
    /// How often each call was looked up.
    var callRequests: [String: Int]

    func count(_ type: EventType) -> Int { told.count { $0.draft.type == type } }
  }

  func run() async throws -> Result {
    let time = SteppingClock(step: step)
    let space = try SimulatedSpace(
      scenario: scenario, seed: seed, clock: time.clock(),
      provider: try #require(SimulatedProvider(rawValue: provider.rawValue)))
    defer { space.stop() }
    let sid = try #require(ConferenceSID(space.conferences[0].sid))
    let loop = EventLoop()
    try #require(loop.startThread())
    defer { loop.stop() }
    let clock = StreamClock(on: loop)
    let (changes, change) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let log = WatchLog(of: time, stream: clock, change: change)
    let api = ConferenceAPI(
      transport: LoggedTransport(transport: CurlTransport(on: loop, for: .polls), log: log), origin: space.origin,
      project: space.project, provider: provider, token: Secret(space.token))
    var settings = WatchSettings(interval: .milliseconds(100), confirmsLeft: confirmsLeft)
    settings.asksForCalls = { [asksForCalls] in asksForCalls }
    let watch = PollerSet(
      on: loop, clock: clock, api: api, settings: settings,
      publish: { commit in
        log.take(commit.events)
        return .stored()
      })

    // Runs on the loop, because other tests may keep the thread pool busy.
    let ending = await withTaskExecutorPreference(loop) {
      await watchUntilTold(watch, sid, on: loop, changes, change, log: log) {
        time.stand()
        space.heal()
        return TruthCheck.room(after: space.truth(of: sid.text))
      }
    }
    let truth = space.truth(of: sid.text)
    let check = TruthCheck(
      truth: truth, log: log, listsAreFresh: !scenario.faults.contains(.stale),
      listsAreWhole: !scenario.faults.contains(.torn))
    return Result(
      check: check, told: log.told, folded: log.folded, ending: ending, failures: log.failures, truth: truth,
      callRequests: space.callRequests)
  }

  /// Watches until the faulty space has replied often enough and the healed one has been reported correctly, or until
  /// the watch ends by itself.
  ///
  /// - Parameter heal: heals the space and returns its room, which no longer changes.
  private func watchUntilTold(
    _ watch: PollerSet, _ conference: ConferenceSID, on loop: EventLoop, _ changes: AsyncStream<Void>,
    _ change: AsyncStream<Void>.Continuation, log: WatchLog, heal: @Sendable () -> [String: FoldedRoom.Person]
  ) async -> PollOutcome? {
    await withTaskGroup(of: PollOutcome?.self) { group in
      group.addTask {
        let endings = await watch.run([conference])
        change.finish()
        return endings[conference]
      }
      group.addTask {
        try? await loop.sleep(for: Self.patience)
        change.finish()
        return nil
      }
      await until(changes) { log.replies >= replies }
      let (healed, room) = (log.replies, heal())
      await until(changes) {
        log.replies >= healed + Self.lastReplies && TruthCheck.room(as: log.folded) == room
      }
      group.cancelAll()
      var ending: PollOutcome?
      for await end in group { ending = end ?? ending }
      return ending
    }
  }

  /// Waits for a condition, or for the end of the changes.
  private func until(_ changes: AsyncStream<Void>, _ isTrue: () -> Bool) async {
    var iterator = changes.makeAsyncIterator()
    while !isTrue(), await iterator.next() != nil {}
  }
}
