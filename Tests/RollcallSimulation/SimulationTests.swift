import RollcallTestKit
import Testing

/// The real engine in simulated worlds. See `Simulation`.
///
/// `ROLLCALL_SEEDS=N` plays N seeds, `ROLLCALL_SEED=S` plays one and prints its trace.
@Suite struct `A simulated world` {
  #if DEBUG
    private static let usualSeeds: UInt64 = Seeds.areAll ? 100 : 20
  #else
    private static let usualSeeds: UInt64 = 2000
  #endif

  /// The time limit is for long runs; each seed has its own limit in steps.
  @Test(.timeLimit(.minutes(24 * 60)))
  func `follows the contract, whatever the seed`() async {
    if let seed = Environment.seed { return replay(seed) }
    let first = Environment.firstSeed ?? 1
    let totals = await SeedRun(first..<(first + (Environment.seeds ?? Self.usualSeeds))).play()
    for (seed, faults) in totals.failures {
      Issue.record("seed \(seed): \(faults.joined(separator: "; ")); replay it with ROLLCALL_SEED=\(seed)")
    }
  }

  /// Seeds that once found defects, kept against regressions.
  @Test(
    arguments: [
      1442, 1504, 2698, 3614, 4420, 5470, 7884, 17_981, 58_769, 64_625, 71_923, 72_220, 96_227, 476_492, 567_313,
    ] as [UInt64])
  func `follows the contract with seeds that once found a defect`(seed: UInt64) {
    var plan = Plan(seed: seed)
    // These seeds are from a time without alerts, whose events would change their worlds.
    plan.alerts = []
    #expect(Simulation(plan).play().faults == [])
  }

  private func replay(_ seed: UInt64) {
    let report = Simulation(Plan(seed: seed), traces: true).play()
    for line in report.trace { Environment.log(line) }
    #expect(report.faults.isEmpty)
  }
}
