import RollcallTestKit
import Testing

/// A seed decides everything.
@Suite struct `The same seed` {
  @Test(arguments: Seeds.first(20))
  func `gives the same events and the same trace`(seed: UInt64) {
    let first = Simulation(Plan(seed: seed), traces: true).play()
    let second = Simulation(Plan(seed: seed), traces: true).play()
    let difference = zip(first.trace, second.trace).first { $0 != $1 }
    #expect(
      difference == nil && first.trace.count == second.trace.count,
      "\(difference.map { "\($0)" } ?? "the traces differ in length")")
    #expect(first.digest == second.digest && first.events == second.events)
    #expect(first.trace.count > 2)
  }

  @Test func `gives different events from another seed`() {
    let digests = Seeds.first(20).map { Simulation(Plan(seed: $0)).play().digest }
    #expect(Set(digests).count == digests.count)
  }
}
