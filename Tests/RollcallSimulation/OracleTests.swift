import RollcallCore
import Testing

/// An oracle that cannot fail says nothing: each is shown something wrong.
@Suite struct `The oracles of the simulation` {
  /// A plan without trouble, in a room that is paged badly and never quiet.
  private static func busyPlan(_ seed: UInt64, bound: Int = 100_000, requestsPerSecond: Int = 1000) -> Plan {
    var plan = Plan(seed: seed)
    (plan.troubles, plan.longestLag) = (Troubles(), 0)
    (plan.conferences, plan.isDiscovered, plan.hasState, plan.confirmsLeft) = (1, false, true, true)
    (plan.people, plan.maximumPeople, plan.pageSize, plan.paging) = (12, 14, 3, .offset)
    (plan.interval, plan.latency, plan.lifeGap, plan.troubleTime) = (1000, 100, 150, 60_000)
    plan.targets = [
      Plan.Target(
        isSigned: true, isFiltered: false, maximumAge: 3_600_000, bound: bound, window: 64, lanes: 4096)
    ]
    (plan.writesLines, plan.lineBound) = (true, 100_000)
    (plan.requestsPerSecond, plan.shard) = (requestsPerSecond, nil)
    return plan
  }

  /// What fails in some of 20 seeds of a world with something wrong.
  private func failures(
    bound: Int = 100_000, requestsPerSecond: Int = 1000, _ prepare: (Simulation) -> Void
  ) -> Set<Oracle> {
    var failed: Set<Oracle> = []
    for seed in UInt64(1)...20 {
      let simulation = Simulation(Self.busyPlan(seed, bound: bound, requestsPerSecond: requestsPerSecond))
      simulation.judge.isLenient = true
      prepare(simulation)
      _ = simulation.play()
      failed.formUnion(simulation.judge.counts.keys)
    }
    return failed
  }

  @Test func `have nothing to say of a world in which nothing is wrong`() {
    #expect(failures { _ in } == [])
  }

  @Test func `see false departures where nobody is asked before they are told`() {
    #expect(failures { $0.confirmsLeft = false }.contains(.falseLeft))
  }

  @Test func `see most departures to be false where pages are small and nobody is asked`() {
    var (lies, all) = (0, 0)
    for seed in UInt64(1)...20 {
      let simulation = Simulation(Self.busyPlan(seed))
      simulation.confirmsLeft = false
      simulation.judge.isLenient = true
      let report = simulation.play()
      lies += simulation.judge.counts[.falseLeft] ?? 0
      all += report.departures
    }
    #expect(all > 200 && lies * 20 > all, "\(lies) of \(all)")
  }

  @Test func `see what is delivered before it is stored`() {
    #expect(failures { $0.store.tellsTooEarly = true }.contains(.durability))
  }

  @Test func `see an event that is told twice`() {
    #expect(failures { $0.store.mistake = .doubles }.contains(.fold))
  }

  @Test func `see an event that is missing in the stream`() {
    #expect(failures { $0.store.mistake = .skips }.contains(.sequence))
  }

  @Test func `see an event that has other bytes the second time`() {
    #expect(failures { $0.store.mistake = .rewrites }.contains(.bytes))
  }

  @Test func `see a secret in a line`() {
    #expect(failures { $0.store.mistake = .leaks }.contains(.secrets))
  }

  @Test func `see events in another order`() {
    #expect(failures { $0.store.mistake = .swaps }.contains(.order))
  }

  @Test func `see a departure that is not told`() {
    let failed = failures { $0.store.mistake = .forgetsDepartures }
    #expect(failed.contains(.fold))
  }

  @Test func `see a change that was not there at that time`() {
    #expect(failures { $0.store.mistake = .datesTooLate }.contains(.time))
  }

  @Test func `see what lists show and nobody takes over`() {
    #expect(failures { $0.provider.lies.invents = true }.contains(.missed))
  }

  @Test func `see a gap that is not told`() {
    let failed = failures { simulation in
      simulation.store.mistake = .hidesGaps
      simulation.provider.faults.silence = 20_000..<40_000
    }
    #expect(failed.contains(.gap))
  }

  @Test func `see a receiver that never gets an event`() {
    #expect(failures { $0.receivers[0].isDeaf = true }.contains(.liveness))
  }

  @Test func `see an event that counts as delivered and nobody took`() {
    #expect(failures { $0.receivers[0].isForgetful = true }.contains(.delivery))
  }

  @Test func `see polls that do not wait for their turn`() {
    #expect(failures(requestsPerSecond: 2) { $0.ignoresBudget = true }.contains(.budget))
    #expect(failures(requestsPerSecond: 2) { _ in } == [])
  }

  @Test func `see a poll that waits for too long`() {
    #expect(failures { $0.pollDelay = 1500 }.contains(.budget))
  }

  @Test func `see more events wait than may`() {
    let failed = failures(bound: 5) { simulation in
      simulation.ignoresBounds = true
      simulation.receivers[0].isDeaf = true
    }
    #expect(failed.contains(.limits))
  }
}
