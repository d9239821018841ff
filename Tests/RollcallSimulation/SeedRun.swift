import Synchronization

/// Plays many seeds, one at a time in each thread.
final class SeedRun: Sendable {
  /// The combined results of all seeds.
  struct Totals: Sendable {
    var seeds = 0
    /// The sums of the seeds' figures. The digest is the same for the same seeds in any process.
    var report = Simulation.Report()
    /// The seeds that failed, with their faults.
    var failures: [(seed: UInt64, faults: [String])] = []

    mutating func add(_ one: Simulation.Report, of seed: UInt64) {
      seeds += 1
      report.add(one, of: seed)
      if !one.faults.isEmpty { failures.append((seed, one.faults)) }
    }
  }

  private static let threads = 2
  /// The number of failures after which a run stops, because more say nothing new.
  private static let maximumFailures = 500
  private static let pause: Duration = .seconds(15)

  private let seeds: Range<UInt64>
  private let next: Atomic<UInt64>
  private let state: Mutex<(totals: Totals, told: ContinuousClock.Instant)>
  private let start = ContinuousClock.now

  init(_ seeds: Range<UInt64>) {
    self.seeds = seeds
    next = Atomic(seeds.lowerBound)
    state = Mutex((Totals(), ContinuousClock.now))
  }

  /// Plays all seeds.
  func play() async -> Totals {
    await withDiscardingTaskGroup { group in
      for _ in 0..<Self.threads { group.addTask { self.playSome() } }
    }
    let totals = state.withLock { $0.totals }
    Environment.log(line(totals))
    let failed = totals.failures.map(\.seed).sorted().map { "\($0)" }
    if !failed.isEmpty { Environment.log("failed seeds: \(failed.joined(separator: " "))") }
    return totals
  }

  private func playSome() {
    while true {
      let seed = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard seed < seeds.upperBound else { return }
      let report = Simulation(Plan(seed: seed)).play()
      let isEnough = state.withLock { state in
        state.totals.add(report, of: seed)
        if !report.faults.isEmpty { Environment.log("seed \(seed): \(report.faults[0])") }
        let now = ContinuousClock.now
        if now - state.told >= Self.pause {
          state.told = now
          Environment.log(line(state.totals))
        }
        return state.totals.failures.count >= Self.maximumFailures
      }
      if isEnough { return }
    }
  }

  private func line(_ totals: Totals) -> String {
    let seconds = max(0.001, (ContinuousClock.now - start) / .seconds(1))
    let rate = Int(Double(totals.seeds) / seconds * 3600)
    let sum = totals.report
    return """
      simulation: \(totals.seeds) seeds in \(Int(seconds)) s (\(rate) an hour), \(totals.failures.count) failed; \
      \(sum.polls) polls, \(sum.events) events, \(sum.departures) departures, \(sum.crashes) crashes, \
      \(sum.restarts) restarts, \(sum.deliveries) deliveries, \(sum.simulatedTime / 3_600_000) simulated hours, \
      digest \(String(sum.digest, radix: 16))
      """
  }
}
