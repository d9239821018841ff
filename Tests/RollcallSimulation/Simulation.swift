import RollcallCore
import RollcallTestKit

@testable import RollcallKit

/// The simulated world of one seed, from its beginning until every event has been delivered.
///
/// The kit's own engine runs in it, on one thread, with ports to this world; see ``SimulatedProcess``.
final class Simulation {
  /// The result of one seed.
  struct Report: Sendable {
    var polls = 0
    var events = 0
    var departures = 0
    var crashes = 0
    var restarts = 0
    var deliveries = 0
    var hints = 0
    var simulatedTime: Int64 = 0
    var digest: UInt64 = 0
    var faults: [String] = []
    var trace: [String] = []

    /// Adds the figures of another seed, but not its faults and its trace.
    mutating func add(_ other: Report, of seed: UInt64) {
      polls += other.polls
      events += other.events
      departures += other.departures
      crashes += other.crashes
      restarts += other.restarts
      deliveries += other.deliveries
      hints += other.hints
      simulatedTime += other.simulatedTime
      digest ^= other.digest &* (seed | 1)
    }
  }

  /// The maximum number of steps in a world.
  private static let maximumSteps = 400_000

  let plan: Plan
  let agenda = Agenda()
  let provider: Provider
  let machine: Machine
  let time: StreamTime
  let trace: Trace
  let judge: Judge
  let store: ModelStore
  private(set) var receivers: [Receiver] = []
  let reader: LineReader
  /// For tests of the oracles: whether the tracker confirms departures, if not as planned.
  var confirmsLeft: Bool
  /// For tests of the oracles: more events may wait than planned.
  var ignoresBounds = false
  /// For tests of the oracles: rooms ignore the redaction, and sinks ignore the targets' filters.
  var keepsEverything = false
  var ignoresFilters = false
  /// For tests of the oracles: the process does not see the tags of pages.
  var hidesTags = false
  /// For tests of the oracles: polls do not wait for the budget, and timers fire this many milliseconds late.
  var ignoresBudget = false
  var timerDelay: Int64 = 0
  /// For tests of the oracles: how often something in the process wakes up and does nothing.
  var fidgets: Duration?
  /// For tests of the oracles: the process does not receive hints.
  var ignoresHints = false
  var report = Report()
  var pollsAreOver = false
  var lives: [Life] = []
  private(set) var hints: Hints?
  private(set) var process: SimulatedProcess?
  private var runs = 0
  private var steps = 0
  private var wakeUps = WakeUpJudge()
  private var happeningsSeen = 0
  /// Since when the process has been free to report outages.
  private var freeSince: Moment = 0
  private var wasFree = false
  private var random: SplitMix64
  var isTroubled = true
  var restartsAt: Moment?
  /// The last copy of the state file, and the oracles' knowledge when it was made.
  private var copy: (disk: ModelStore.Disk, memory: Judge.Memory)?

  init(_ plan: Plan, traces: Bool = false) {
    self.plan = plan
    provider = Provider(plan: plan, agenda: agenda)
    machine = Machine(agenda)
    time = StreamTime(agenda, machine)
    trace = Trace(agenda, isKept: traces)
    judge = Judge(plan: plan, agenda: agenda, trace: trace, time: time)
    store = ModelStore(plan: plan, agenda: agenda, trace: trace)
    reader = LineReader(plan: plan, agenda: agenda, judge: judge)
    confirmsLeft = plan.confirmsLeft
    random = SplitMix64(seed: plan.seed ^ 0x7369_6d75)
    receivers = plan.targets.indices.map { Receiver($0, plan: plan, agenda: agenda, judge: judge) }
    provider.statusesAreKnown = { [unowned store] sid in
      ConferenceSID(sid).flatMap { store.disk.rooms[$0]?.head.hasLiveStatuses } ?? false
    }
    store.onDurable = { [unowned judge] events, commit in judge.stored(events, commit) }
    judge.delivery.mayReadSlowly = { [unowned store] in store.troubles.holdReadersUp }
    store.onFault = { [unowned self] in process?.witness.excuseAll("held back") }
  }

  /// Plays the world to its end.
  func play() -> Report {
    trace.note(plan.text)
    hints = plan.hints.map { hintPlan in
      Hints(hintPlan, seed: plan.seed, agenda: agenda, provider: provider) { [unowned self] in
        if process?.hint($0) == true { report.hints += 1 }
      }
    }
    openRooms()
    scheduleMachine()
    start()
    while agenda.now < plan.troubleTime, goOn(until: plan.troubleTime) {
      if plan.troubles.contains(.crashes), random.happens(onceIn: plan.crashRarity) { crash("kill -9") }
    }
    calm()
    if settle() { deliverEverything() }
    return finishedReport()
  }

  // MARK: The world

  private func openRooms() {
    for number in 0..<plan.conferences {
      let isLater = plan.isDiscovered && number > 0
      let opening = isLater ? Int64.random(in: 1...max(2, plan.troubleTime / 2), using: &random) : 0
      let seed = random.next()
      let waiting = random.happens(onceIn: 3) ? Int64.random(in: 1...plan.interval * 20, using: &random) : 0
      let open: () -> Void = { [self] in
        guard isTroubled, let room = TrueConference(number: number, plan: plan, agenda: agenda, waiting: waiting)
        else { return }
        provider.add(room)
        judge.conferences[room.sid] = ConferenceJudge(room, judge: judge)
        lives.append(Life(room, plan: plan, agenda: agenda, seed: seed))
        room.onChange = { [unowned self, unowned room] in hints?.announce(room.conference) }
        room.onChange()
      }
      if isLater { agenda.at(opening, open) } else { open() }
    }
  }

  private func scheduleMachine() {
    let kinds: [(Trouble, () -> Void)] = [
      (.clockForward, { [self] in jump(Int64.random(in: 1...3_600_000, using: &random)) }),
      (.clockBack, { [self] in jump(-Int64.random(in: 1...3_600_000, using: &random)) }),
      (.suspensions, { [self] in suspend() }),
      (.signals, { [self] in if process?.isAlive == true, process?.terminate() == false { crash("second signal") } }),
      (.hangUps, { [self] in process?.hangUp() }),
      (.moves, { [self] in moveReceiver() }),
      (.restoredCopies, { [self] in copyFile() }),
    ]
    for (trouble, body) in kinds where plan.troubles.contains(trouble) {
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        agenda.at(Int64.random(in: 0..<plan.troubleTime, using: &random)) { [self] in
          guard isTroubled else { return }
          trace.note("\(trouble)")
          body()
        }
      }
    }
  }

  private func moveReceiver() {
    receivers.randomElement(using: &random)?.move()
    // A move is announced eventually, even when everything else is calm.
    agenda.after(Int64.random(in: 1...60_000, using: &random)) { [self] in process?.hangUp() }
  }

  /// Makes a copy of the state file, which may soon be restored.
  private func copyFile() {
    copy = (store.disk, judge.memory)
    agenda.after(Int64.random(in: 1...30_000, using: &random)) { [self] in if isTroubled { crash("restored") } }
  }

  private func suspend() {
    machine.sleep(Int64.random(in: 1...200_000, using: &random))
    time.look()
    process?.suspended()
    freeSince = agenda.now
  }

  private func jump(_ time: Int64) {
    machine.jump(time)
    self.time.look()
  }

  /// Advances to the next thing that happens, in the world or in the process.
  ///
  /// - Returns: false if nothing is left until `end`, or something has failed.
  func goOn(until end: Moment) -> Bool {
    guard steps < Self.maximumSteps else {
      judge.fail(.limits, "the world never comes to rest")
      return false
    }
    steps += 1
    process?.settle(atMost: jobsAtOnce())
    noteWakeUps()
    checkOutages()
    guard judge.faults.isEmpty else { return false }
    // Ready jobs that remain run before time advances; the process may be killed in between.
    if process?.hasReadyJobs == true { return true }
    let timer = process?.nextTimer.map { $0.advanced(by: .milliseconds(timerDelay)) }
    let due = agenda.next.map { BootInstant(nanoseconds: $0 * 1_000_000) }
    guard let next = [timer, due].compactMap(\.self).min(), next.nanoseconds <= end * 1_000_000 else {
      return false
    }
    machine.advance(to: next)
    if due == next { agenda.step() }
    return true
  }

  private func noteWakeUps() {
    let timers = process?.takeTimersFired() ?? 0
    let happenings = agenda.steps - happeningsSeen
    happeningsSeen = agenda.steps
    if let flaw = wakeUps.took(timers: timers, happenings: happenings, until: agenda.now) { judge.fail(.idle, flaw) }
  }

  private func checkOutages() {
    let isFree = process?.isAlive == true && process?.isWatching == true && !(plan.hasState && store.isHindered)
    // The process became free at some time since the previous step.
    if isFree, !wasFree { freeSince = agenda.now }
    wasFree = isFree
    if isFree { judge.checkOutages(since: freeSince) }
  }

  /// Returns the number of jobs that the process runs before the world goes on: all, or fewer if it may be killed in
  /// between.
  private func jobsAtOnce() -> Int {
    guard isTroubled, plan.troubles.contains(.crashes), random.happens(onceIn: 4) else {
      return SimulatedProcess.maximumJobs
    }
    return Int.random(in: 1...20, using: &random)
  }

  // MARK: The process

  private func start() {
    guard process?.isAlive != true else { return }
    restartsAt = nil
    runs += 1
    if runs > 1 { report.restarts += 1 }
    trace.note("start \(runs)")
    restoreCopy()
    judge.alerts = plan.alerts(of: runs)
    let file = plan.hasState ? store.open() : nil
    var saved: SavedStream?
    if plan.hasState {
      do throws(StoreFailure) {
        saved = try SavedStream(
          store.disk.rooms.values.map(\.saved), discoveries: Array(store.disk.discoveries.values))
      } catch {
        judge.fail(.fold, error.reason)
      }
    }
    let process = SimulatedProcess(
      self, number: runs, file: file, saved: saved, notBefore: plan.hasState ? store.lastTime : nil)
    self.process = process
    // A restored copy knows nothing of what came after it.
    let isOneTime = !plan.troubles.contains(.restoredCopies)
    let lastAnswer = isOneTime && plan.hasState ? store.disk.discoveries.values.map(\.askedAt).max() : nil
    let answered = lastAnswer.map { time.truth(of: $0) + plan.longestLook }
    if pollsAreOver { process.endPolls() }
    time.begin(process.clock)
    judge.processBegins(after: answered)
    if let saved { judge.resumed(saved) }
    process.begin()
  }

  /// Restores the copy of the state file, if there is one.
  private func restoreCopy() {
    guard let copy, isTroubled, random.happens(onceIn: 2) else { return }
    self.copy = nil
    trace.note("an older copy replaces the state file")
    store.goBack(to: copy.disk)
    judge.goBack(to: copy.memory)
  }

  /// The subject of a process's watch.
  var subject: WatchSubject { plan.isDiscovered ? .found(.all) : .conferences(provider.namedConferences) }

  /// The current webhooks.
  var webhooks: [WebhookTarget] {
    plan.targets.enumerated().map { number, target in
      var webhook = target.webhook(number, at: receivers[number].address.number, of: plan)
      if ignoresFilters { webhook.filter = .all }
      if ignoresBounds { webhook.limits?.undelivered = .max }
      return webhook
    }
  }

  var requestsPerSecond: Int { ignoresBudget ? RequestBudget.bounds.upperBound : plan.requestsPerSecond }

  /// Kills the process at once.
  func crash(_ reason: String) {
    guard let process, process.isAlive else { return }
    trace.note("crash: \(reason)")
    report.crashes += 1
    store.crash()
    process.die()
    report.polls += process.witness.polls
    startAgain(after: Int64.random(in: 1...3000, using: &random))
  }

  /// Handles a process that ended by itself.
  func exited(_ outcome: WatchOutcome) {
    trace.note("exit: \(outcome.cause.text)")
    report.polls += process?.witness.polls ?? 0
    guard plan.hasState, !isOver else { return }
    startAgain(after: Int64.random(in: 100...5000, using: &random))
  }

  func startAgain(after wait: Int64) {
    let moment = agenda.now + wait
    restartsAt = moment
    agenda.at(moment) { [self] in if restartsAt == moment { start() } }
  }

  /// Whether nothing can happen any more that needs a process.
  private var isOver: Bool {
    !plan.isDiscovered
      && lives.allSatisfy { life in
        let told = judge.conferences[life.room.sid]?.consumer
        return !life.room.isRunning && (told.map { $0.isOver || !$0.hasStarted } ?? true)
      }
  }

  /// The participants in each conference according to the events emitted so far. Empty conferences are left out.
  var rooms: [String: [String: ParticipantState]] {
    judge.conferences.mapValues { $0.consumer.people.mapValues(\.state) }.filter { !$0.value.isEmpty }
  }

  private func finishedReport() -> Report {
    if process?.isAlive == true {
      store.crash()
      process?.die()
      report.polls += process?.witness.polls ?? 0
    }
    report.events = Int(judge.lastSequence)
    report.departures = judge.departures
    report.deliveries = judge.delivery.arrivals
    report.simulatedTime = agenda.now
    report.faults = judge.faults.map(\.description)
    trace.note("end")
    report.digest = trace.digest
    report.trace = trace.lines
    agenda.clear()
    process = nil
    hints = nil
    lives = []
    return report
  }
}
