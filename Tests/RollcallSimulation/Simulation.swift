import RollcallCore
import RollcallTestKit

/// One simulated world of one seed, from its beginning until nothing is left to be told.
///
/// The kit's actors do what they do here in one thread: their steps are written out in `Run/`, over the core itself, so that
/// a seed costs milliseconds and always goes the same way.
final class Simulation {
  /// What one seed came to.
  struct Report: Sendable {
    var polls = 0
    var events = 0
    var departures = 0
    var crashes = 0
    var restarts = 0
    var deliveries = 0
    var simulatedTime: Int64 = 0
    var digest: UInt64 = 0
    var faults: [String] = []
    var trace: [String] = []

    /// Adds what another seed came to. Its faults and its trace stay its own.
    mutating func add(_ other: Report, of seed: UInt64) {
      polls += other.polls
      events += other.events
      departures += other.departures
      crashes += other.crashes
      restarts += other.restarts
      deliveries += other.deliveries
      simulatedTime += other.simulatedTime
      digest ^= other.digest &* (seed | 1)
    }
  }

  /// No world needs so many steps.
  private static let maximumSteps = 400_000

  let plan: Plan
  let agenda = Agenda()
  let provider: Provider
  let machine: MachineClock
  let time: StreamTime
  let trace: Trace
  let judge: Judge
  let store: ModelStore
  private(set) var receivers: [Receiver] = []
  let reader: LineReader
  /// For the tests of the oracles: what the tracker does, where it is not what the plan says.
  var confirmsLeft: Bool
  /// For the same: more may wait than the plan says.
  var ignoresBounds = false
  /// For the same: rooms do not know what is redacted, and sinks not what targets want.
  var keepsEverything = false
  var ignoresFilters = false
  /// For the same: polls do not wait for the budget, or wait for longer.
  var ignoresBudget = false
  var pollDelay: Int64 = 0
  var report = Report()
  var pollsAreOver = false
  private(set) var savedRooms: [ConferenceSID: Room] = [:]
  var lives: [Life] = []
  var run: Run?
  private var runs = 0
  private var random: SplitMix64
  var isTroubled = true
  var restartsAt: Moment?

  init(_ plan: Plan, traces: Bool = false) {
    self.plan = plan
    provider = Provider(plan: plan, agenda: agenda)
    machine = MachineClock(agenda)
    time = StreamTime(machine)
    trace = Trace(agenda, isKept: traces)
    judge = Judge(plan: plan, agenda: agenda, trace: trace, time: time)
    store = ModelStore(plan: plan, agenda: agenda, trace: trace)
    reader = LineReader(plan: plan, agenda: agenda, judge: judge)
    confirmsLeft = plan.confirmsLeft
    random = SplitMix64(seed: plan.seed ^ 0x7369_6d75)
    receivers = plan.targets.indices.map { Receiver($0, plan: plan, agenda: agenda, judge: judge) }
    store.onDurable = { [unowned judge] events, commit in judge.stored(events, commit) }
  }

  /// Lets everything happen.
  func play() -> Report {
    trace.note(plan.text)
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
      }
      if isLater { agenda.at(opening, open) } else { open() }
    }
  }

  private func scheduleMachine() {
    let kinds: [(Trouble, () -> Void)] = [
      (.clockForward, { [self] in machine.jump(Int64.random(in: 1...3_600_000, using: &random)) }),
      (.clockBack, { [self] in machine.jump(-Int64.random(in: 1...3_600_000, using: &random)) }),
      (.suspensions, { [self] in suspend() }),
      (.signals, { [self] in if run?.isAlive == true { run?.signal() } }),
      (.hangUps, { [self] in if run?.isAlive == true { run?.hangUp() } }),
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

  private func suspend() {
    machine.sleep(Int64.random(in: 1...200_000, using: &random))
    for watcher in run?.watchers ?? [] { watcher.scan.excuse = "suspended" }
    run?.polls.suspended()
  }

  func goOn(until end: Moment) -> Bool {
    guard agenda.steps < Self.maximumSteps else {
      judge.fail(.limits, "the world does not come to rest")
      return false
    }
    return judge.faults.isEmpty && agenda.step(until: end)
  }

  // MARK: The process

  private func start() {
    guard run?.isAlive != true else { return }
    restartsAt = nil
    runs += 1
    if runs > 1 { report.restarts += 1 }
    store.open()
    var over: Set<ConferenceSID> = []
    savedRooms = [:]
    for (sid, table) in store.disk.rooms {
      if table.head.isOver {
        over.insert(sid)
      } else if let room = Room(table.saved) {
        savedRooms[sid] = room
      } else {
        judge.fail(.fold, "the saved room of \(sid) cannot be read")
      }
    }
    time.begin(notBefore: plan.hasState ? store.lastTime : nil)
    judge.resumed(savedRooms)
    trace.note("start \(runs)")
    run?.discard()
    let run = Run(self, number: runs)
    self.run = run
    run.begin(over: over, saved: savedRooms)
  }

  /// The process dies here and now.
  func crash(_ reason: String) {
    guard let run, run.isAlive else { return }
    trace.note("crash: \(reason)")
    report.crashes += 1
    run.die()
    store.crash()
    startAgain(after: Int64.random(in: 1...3000, using: &random))
  }

  /// The process has ended by itself.
  func exited(_ status: Run.Status) {
    trace.note("exit: \(status)")
    guard plan.hasState, !isOver else { return }
    startAgain(after: Int64.random(in: 100...5000, using: &random))
  }

  func startAgain(after wait: Int64) {
    let moment = agenda.now + wait
    restartsAt = moment
    agenda.at(moment) { [self] in if restartsAt == moment { start() } }
  }

  /// Whether nothing can happen any more that is worth a process.
  private var isOver: Bool {
    !plan.isDiscovered
      && lives.allSatisfy { life in
        let told = judge.conferences[life.room.sid]?.consumer
        return !life.room.isRunning && (told.map { $0.isOver || !$0.hasStarted } ?? true)
      }
  }

  private func finishedReport() -> Report {
    report.events = Int(judge.lastSequence)
    report.departures = judge.departures
    report.deliveries = judge.delivery.arrivals
    report.simulatedTime = agenda.now
    report.faults = judge.faults.map(\.description)
    trace.note("end")
    report.digest = trace.digest
    report.trace = trace.lines
    agenda.clear()
    run?.discard()
    run = nil
    lives = []
    return report
  }
}
