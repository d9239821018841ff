import RollcallTestKit
import Testing

/// The real core in a simulated world. See `Simulation`.
///
/// `ROLLCALL_SEEDS=N` plays so many seeds, `ROLLCALL_SEED=S` plays one and prints its trace.
@Suite struct `A simulated world` {
  #if DEBUG
    private static let usualSeeds: UInt64 = Seeds.areAll ? 100 : 20
  #else
    private static let usualSeeds: UInt64 = 2000
  #endif

  /// A long run takes as long as it takes; each seed has a limit of its own in steps.
  @Test(.timeLimit(.minutes(24 * 60)))
  func `goes as the contract says, whatever the seed`() async {
    if let seed = Environment.seed { return replay(seed) }
    let first = Environment.firstSeed ?? 1
    let totals = await SeedRun(first..<(first + (Environment.seeds ?? Self.usualSeeds))).play()
    for (seed, faults) in totals.failures {
      Issue.record("seed \(seed): \(faults.joined(separator: "; ")); replay it with ROLLCALL_SEED=\(seed)")
    }
  }

  /// What they found is mended; they stay, and cost nothing.
  @Test(
    arguments: [
      1442, 1504, 2698, 3614, 4420, 5470, 7884, 17_981, 58_769, 64_625, 71_923, 72_220, 96_227, 476_492, 567_313,
    ] as [UInt64])
  func `goes as the contract says where it once did not`(seed: UInt64) {
    var plan = Plan(seed: seed)
    // There were neither alerts nor hints then, and what is told changes a world.
    (plan.alerts, plan.hints) = ([], nil)
    #expect(Simulation(plan).play().faults == [])
  }

  @Test(arguments: Seeds.first(20))
  func `hints change when something is told, and not what is true in the end`(seed: UInt64) {
    var plan = Plan(seed: seed)
    // What stops the machine or ends the process delays what happens in the world, or what is told of it.
    plan.troubles.remove(.suspensions, .crashes, .signals, .clockForward, .clockBack, .restoredCopies)
    plan.hasState = true
    plan.hints = nil
    let silent = Simulation(plan)
    #expect(silent.play().faults == [])
    plan.hints = HintPlan(lossRarity: 5, longestDelay: 3000, repetitionRarity: 3, falseGap: 200)
    let hinted = Simulation(plan)
    let report = hinted.play()
    #expect(report.faults == [])
    #expect(hinted.rooms == silent.rooms && report.polls > silent.report.polls)
  }

  private func replay(_ seed: UInt64) {
    let report = Simulation(Plan(seed: seed), traces: true).play()
    for line in report.trace { Environment.tell(line) }
    #expect(report.faults.isEmpty)
  }
}
