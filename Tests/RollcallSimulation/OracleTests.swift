import RollcallCore
import RollcallTestKit
import Testing

/// An oracle that cannot fail proves nothing, so each is tested with an error.
@Suite struct `The oracles of the simulation` {
  /// Returns a plan without troubles, with a busy room and unstable paging.
  private static func busyPlan(_ seed: UInt64, bound: Int = 100_000, requestsPerSecond: Int = 1000) -> Plan {
    var plan = Plan(seed: seed)
    (plan.troubles, plan.longestLag) = (Troubles(), 0)
    (plan.conferences, plan.isDiscovered, plan.hasState, plan.confirmsLeft) = (1, false, true, true)
    (plan.people, plan.maximumPeople, plan.pageSize, plan.paging) = (12, 14, 3, .offset)
    (plan.interval, plan.latency, plan.lifeGap, plan.troubleTime) = (1000, 100, 150, 60_000)
    plan.targets = [
      Plan.Target(
        isSigned: true, filter: TargetFilter(), maximumAge: 3_600_000, bound: bound, window: 64, lanes: 4096)
    ]
    (plan.writesLines, plan.lineBound) = (true, 100_000)
    (plan.requestsPerSecond, plan.shard) = (requestsPerSecond, nil)
    (plan.alerts, plan.tags, plan.hints) = ([], .none, nil)
    return plan
  }

  /// The seeds of the worlds; an error must be detected in at least one of them.
  private static let seeds: ClosedRange<UInt64> = 1...20
  /// The seeds of worlds without an error, in which nothing may be detected. The simulation itself plays many more.
  private static let faultless: ClosedRange<UInt64> = Seeds.areAll ? 1...8 : 1...3

  private static let alerts = ["hold:2s", "muted:1s", "coaching:3s", "people:8:2s"].compactMap {
    try? AlertCondition($0)
  }

  /// Returns a simulation of the same plan with alerts.
  private static func alertingSimulation(_ seed: UInt64) -> Simulation {
    var plan = busyPlan(seed)
    plan.alerts = alerts
    let simulation = Simulation(plan)
    simulation.judge.isLenient = true
    return simulation
  }

  /// Returns the oracles that fail in the world of a seed.
  private static func failures(
    _ seed: UInt64, bound: Int, requestsPerSecond: Int, _ prepare: (Simulation) -> Void
  ) -> Set<Oracle> {
    let simulation = Simulation(busyPlan(seed, bound: bound, requestsPerSecond: requestsPerSecond))
    simulation.judge.isLenient = true
    prepare(simulation)
    _ = simulation.play()
    return Set(simulation.judge.counts.keys)
  }

  /// Returns whether an oracle detects an error in at least one world.
  private static func sees(
    _ oracle: Oracle, bound: Int = 100_000, requestsPerSecond: Int = 1000, _ prepare: (Simulation) -> Void
  ) -> Bool {
    seeds.contains { seed in
      failures(seed, bound: bound, requestsPerSecond: requestsPerSecond, prepare).contains(oracle)
    }
  }

  @Test(arguments: [1000, 2]) func `find nothing in correct worlds`(requestsPerSecond: Int) {
    for seed in Seeds.first(20) {
      #expect(Self.failures(seed, bound: 100_000, requestsPerSecond: requestsPerSecond) { _ in } == [])
    }
  }

  @Test func `detect false departures without confirmations`() {
    #expect(Self.sees(.falseLeft) { $0.confirmsLeft = false })
  }

  @Test func `detect that most departures are false with small pages and without confirmations`() {
    var (lies, all) = (0, 0)
    let seeds = Seeds.first(20)
    for seed in seeds {
      let simulation = Simulation(Self.busyPlan(seed))
      simulation.confirmsLeft = false
      simulation.judge.isLenient = true
      let report = simulation.play()
      lies += simulation.judge.counts[.falseLeft] ?? 0
      all += report.departures
    }
    #expect(all > 10 * seeds.count && lies * 20 > all, "\(lies) of \(all)")
  }

  @Test func `detect a delivery before the event is stored`() {
    #expect(Self.sees(.durability) { $0.store.showsTooEarly = true })
  }

  @Test func `detect a repeated event`() {
    #expect(Self.sees(.fold) { $0.store.mistake = .doubles })
  }

  @Test func `detect an event that is missing in the stream`() {
    #expect(Self.sees(.sequence) { $0.store.mistake = .skips })
  }

  @Test func `detect an event that has other bytes the second time`() {
    #expect(Self.sees(.bytes) { $0.store.mistake = .rewrites })
  }

  @Test(arguments: [Mistake.forgetsAlerts, .forgetsResolutions, .repeatsAlerts, .datesAlertsTooEarly])
  func `detect an alert that is missing, not resolved, raised twice or too old`(mistake: Mistake) {
    let isSeen = Self.seeds.contains { seed in
      let simulation = Self.alertingSimulation(seed)
      simulation.store.mistake = mistake
      _ = simulation.play()
      return simulation.judge.counts[.alert] != nil
    }
    #expect(isSeen)
  }

  @Test func `find nothing in correct alerts`() {
    var raised = 0
    for seed in Self.faultless {
      let simulation = Self.alertingSimulation(seed)
      _ = simulation.play()
      #expect(simulation.judge.counts.isEmpty)
      raised += simulation.judge.raisedAlerts
    }
    #expect(raised > 40)
  }

  @Test func `detect a secret in an event`() {
    #expect(Self.sees(.secrets) { $0.store.mistake = .leaks })
  }

  @Test(arguments: [Redaction.Field.callSID, .label, .accountSID, .friendlyName])
  func `detect a redacted value in an event`(field: Redaction.Field) {
    let isSeen = Self.seeds.contains { seed in
      var plan = Self.busyPlan(seed)
      plan.redacted = [field]
      plan.isDiscovered = true
      let simulation = Simulation(plan)
      simulation.judge.isLenient = true
      simulation.store.mistake = .shows
      _ = simulation.play()
      return simulation.judge.counts[.redaction] != nil
    }
    #expect(isSeen)
  }

  @Test func `detect redacted values that a room keeps after a departure`() {
    let isSeen = Self.seeds.contains { seed in
      var plan = Self.busyPlan(seed)
      plan.redacted = [.callSID]
      let simulation = Simulation(plan)
      simulation.judge.isLenient = true
      simulation.keepsEverything = true
      _ = simulation.play()
      return simulation.judge.counts[.redaction] != nil
    }
    #expect(isSeen)
  }

  @Test(arguments: [
    TargetFilter(participantsOnly: true), TargetFilter(calls: ["nobody"]), TargetFilter(fields: [.hold, .label]),
  ])
  func `detect an event that the filter excludes`(filter: TargetFilter) {
    var plan = Self.busyPlan(1)
    plan.targets[0].filter = filter
    let simulation = Simulation(plan)
    simulation.judge.isLenient = true
    simulation.ignoresFilters = true
    _ = simulation.play()
    #expect(simulation.judge.counts[.durability] != nil)
  }

  @Test func `detect events in another order`() {
    #expect(Self.sees(.order) { $0.store.mistake = .swaps })
  }

  @Test func `detect a missing departure`() {
    #expect(Self.sees(.fold) { $0.store.mistake = .forgetsDepartures })
  }

  @Test func `detect a change at a wrong time`() {
    #expect(Self.sees(.time) { $0.store.mistake = .datesTooLate })
  }

  @Test func `detect a listed participant who is not in the room`() {
    #expect(Self.sees(.missed) { $0.provider.lies.invents = true })
  }

  @Test func `detect an unreported outage`() {
    let isSeen = Self.sees(.gap) { simulation in
      simulation.store.mistake = .hidesGaps
      simulation.provider.faults.silence = 20_000..<40_000
    }
    #expect(isSeen)
  }

  @Test func `detect an outage that is reported only after its end`() {
    let isSeen = Self.sees(.gap) { simulation in
      simulation.store.mistake = .hidesInterruptions
      simulation.provider.faults.silence = 20_000..<40_000
    }
    #expect(isSeen)
  }

  @Test func `detect a receiver that never gets an event`() {
    #expect(Self.sees(.liveness) { $0.receivers[0].isDeaf = true })
  }

  @Test func `detect an event that counts as delivered but was not accepted`() {
    #expect(Self.sees(.delivery) { $0.receivers[0].isForgetful = true })
  }

  @Test func `detect polls that do not wait for their turns`() {
    #expect(Self.sees(.budget, requestsPerSecond: 2) { $0.ignoresBudget = true })
  }

  @Test func `detect a poll that waits too long`() {
    #expect(Self.sees(.budget) { $0.timerDelay = 1500 })
  }

  @Test func `detect a process that wakes up for nothing`() {
    #expect(Self.sees(.idle) { $0.fidgets = .milliseconds(3) })
  }

  @Test func `detect a process that never comes to rest`() {
    let simulation = Simulation(Self.busyPlan(1))
    simulation.fidgets = .zero
    #expect(simulation.play().faults.first?.contains("comes to rest") == true)
  }

  @Test func `detect more undelivered events than allowed`() {
    let isSeen = Self.sees(.limits, bound: 5) { simulation in
      simulation.ignoresBounds = true
      simulation.receivers[0].isDeaf = true
    }
    #expect(isSeen)
  }

  @Test func `detect polls delayed by the refusal of a single conference`() {
    var judge = RefusalJudge()
    judge.answered("a", status: 401, isAccepted: false, at: 1)
    var flaws = [judge.opened(at: 2)]
    judge.answered("b", status: 200, isAccepted: true, at: 3)
    flaws.append(judge.opened(at: 4))
    #expect(flaws == [nil, nil], "a single refusal may be due to the token")
    judge.answered("a", status: 401, isAccepted: false, at: 5)
    judge.answered("c", status: 403, isAccepted: false, at: 5)
    flaws = [judge.opened(at: 6)]
    #expect(flaws != [nil])
    judge.answered("a", status: 401, isAccepted: false, at: 7)
    flaws = [judge.opened(at: 8)]
    #expect(flaws == [nil], "no other conference was accepted in between")
    judge.answered("b", status: 200, isAccepted: true, at: 9)
    judge.asksForPause(1000, at: 9)
    let pauses = ([10, 1000, 3000, 3001] as [Moment]).map { judge.opened(at: $0) != nil }
    #expect(pauses == [false, false, false, true])
  }

  @Test func `detect unreported failures and recoveries of discovery`() {
    var silent = DiscoveryJudge()
    #expect((1...6).allSatisfy { _ in silent.answered(isValid: false) == nil })
    #expect(silent.answered(isValid: false) != nil)
    var stuck = DiscoveryJudge()
    stuck.isReportedFailing = true
    #expect((1...6).allSatisfy { _ in stuck.answered(isValid: true) == nil })
    #expect(stuck.answered(isValid: true) != nil)
  }

  @Test(arguments: [false, true])
  func `detect hints that lead to no poll, and accept those that do`(areIgnored: Bool) {
    let isSeen = (areIgnored ? Self.seeds : Self.faultless).contains { seed in
      var plan = Self.busyPlan(seed)
      plan.interval = 10_000
      plan.hints = HintPlan(lossRarity: 5, longestDelay: 50, repetitionRarity: 5, falseGap: 1000)
      let simulation = Simulation(plan)
      simulation.judge.isLenient = true
      simulation.ignoresHints = areIgnored
      _ = simulation.play()
      if !areIgnored { #expect(simulation.judge.counts == [:]) }
      return simulation.judge.counts[.hint] != nil
    }
    #expect(isSeen == areIgnored)
  }

  @Test func `detect an unreported wrong tag`() {
    #expect(
      Self.seeds.contains { seed in
        var plan = Self.busyPlan(seed)
        (plan.tags, plan.pageSize) = (.lying(100_000), 50)
        let simulation = Simulation(plan)
        simulation.judge.isLenient = true
        simulation.hidesTags = true
        _ = simulation.play()
        return simulation.judge.counts[.wire] != nil
      })
  }

  @Test func `detect tags that are trusted too long, for pages that are not kept, or after a wrong one`() {
    func poll(tag: String, testedAt moment: Moment) -> PollRecord {
      var poll = PollRecord()
      poll.begin(at: moment, isConditional: false)
      poll.pages.receive(KeptPages.Page(query: nil, tag: tag, body: [1], rows: []))
      poll.completed(at: moment, keepsPages: true)
      poll.begin(at: moment + 1000, isConditional: true)
      return poll
    }
    var judge = TagJudge()
    let poll = poll(tag: "a", testedAt: 1000)
    #expect(judge.asks(about: nil, naming: "a", poll, begun: 61_000) == nil)
    #expect(judge.asks(about: nil, naming: "a", poll, begun: 61_001) != nil)
    #expect(judge.asks(about: nil, naming: "b", poll, begun: 2000) != nil)
    #expect(judge.asks(about: "x", naming: "a", poll, begun: nil) != nil)
    #expect(judge.saysThatTagsLie(false) != nil)
    #expect(judge.endedWithLie() == nil)
    #expect(judge.asks(about: nil, naming: "a", poll, begun: 2000) != nil)
  }
}
