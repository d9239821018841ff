@testable import RollcallCore
import RollcallTestKit

@testable import RollcallKit

/// One run of the process: the kit's own engine, with ports to the simulated world, on a loop in simulated time.
///
/// Unchecked because everything of a seed runs on one thread.
final class SimulatedProcess: @unchecked Sendable {
  private let simulation: Simulation
  let loop: EventLoop
  let clock: StreamClock
  let witness: PollWitness
  private let polls: ProviderTransport
  private let webhooks: WebhookTransport
  private let output: ReaderOutput
  private let store: WitnessedStore
  private let watch: WatchRun
  private let ends: AsyncStream<Void>.Continuation
  private let reloads: AsyncStream<Void>.Continuation
  private let hints = HintQueue()
  private var task: Task<Void, Never>?
  private var wasTerminated = false
  private var timersSeen = 0
  /// For tests of the oracles: a task that wakes up for nothing.
  private var fidget: Task<Void, Never>?
  /// Whether the process is watching: no signal has asked for the end, and it has not ended by itself.
  var isWatching: Bool { !wasTerminated && !polls.isMute && !webhooks.isEnding }
  /// The outcome; nil while it runs.
  private(set) var outcome: WatchOutcome?
  private(set) var isAlive = true

  /// - Parameter file: the state file as this process sees it; nil for a run without one.
  init(_ simulation: Simulation, number: Int, file: ProcessStore?, saved: SavedStream?, notBefore: Timestamp?) {
    self.simulation = simulation
    let plan = simulation.plan
    let loop = EventLoop(time: simulation.machine.boot(seed: plan.seed &+ UInt64(number) << 40))
    self.loop = loop
    clock = StreamClock(on: loop, notBefore: notBefore)
    let interval = Duration.milliseconds(plan.interval)
    witness = PollWitness(
      simulation.judge, agenda: simulation.agenda, trace: simulation.trace,
      budget: RequestBudget(requestsPerSecond: simulation.requestsPerSecond, interval: interval))
    polls = ProviderTransport(
      simulation.provider, witness: witness, tags: simulation.plan.tags, hidesTags: simulation.hidesTags)
    webhooks = WebhookTransport(simulation.receivers, judge: simulation.judge, trace: simulation.trace)
    output = ReaderOutput(simulation.reader, agenda: simulation.agenda)
    let targets = simulation.webhooks
    let base: any EventStore =
      file
      ?? MemoryStore(
        epoch: plan.seed &+ UInt64(number) << 40, redaction: plan.redaction,
        targets: targets.map(\.name) + (plan.writesLines ? [LineWriter.target] : []) + [WitnessedStore.oracle])
    store = WitnessedStore(base, judge: simulation.judge)
    var configuration = WatchConfiguration(subject: simulation.subject, settings: WatchSettings(interval: interval))
    configuration.settings.confirmsLeft = simulation.confirmsLeft
    configuration.settings.requestsPerSecond = simulation.requestsPerSecond
    configuration.settings.discoveryInterval = interval
    configuration.settings.shard = plan.shard
    configuration.settings.alerts = simulation.judge.alerts
    configuration.settings.redaction = simulation.keepsEverything ? nil : plan.redaction
    configuration.webhooks = WebhookSource(targets) { [reader = WebhookReader(simulation)] in reader.targets }
    configuration.maximumUnwritten = plan.lineBound
    let (webhooks, witness) = (webhooks, witness)
    let trace = simulation.trace
    let notify: @Sendable (WatchNotice) -> Void = { notice in
      if case .ended(let cause) = notice {
        webhooks.end()
        return trace.note("notice: it ended: \(cause.text)")
      }
      if case .polls(let news) = notice { witness.noticed(news) }
      guard case .webhook(let target, let news) = notice, let number = Plan.Target.number(of: target.name) else {
        return trace.note("notice: \(notice)")
      }
      trace.note("notice: target \(number): \(news)")
      switch news {
      case .circuitOpened: webhooks.note(number, isCircuitOpen: true)
      case .circuitClosed: webhooks.note(number, isCircuitOpen: false)
      case .deadLetter, .attemptFailed, .acceptedAgain, .gone, .overflow: break
      }
    }
    let bound = file == nil ? MemoryStore.bound : SQLiteStore.bound
    let runStore = RunStore(store, file: file == nil ? nil : store, bound: bound, on: loop) { notify(.store($0)) }
    let api = ConferenceAPI(
      transport: polls, origin: Provider.origin, project: Provider.project, token: CurrentToken(Secret(Canary.token)))
    var ports = WatchPorts(loop: loop, clock: clock, api: api, webhooks: webhooks, store: runStore)
    ports.saved = saved
    if plan.writesLines { ports.lines = (output, FrozenLines()) }
    ports.notify = notify
    ports.observer = witness
    // Making reports takes 1/10 of the time, and they are only checked against small bounds.
    if plan.hasSmallBounds || plan.seed.isMultiple(of: 8) {
      let delivery = simulation.judge.delivery
      ports.report = { report in
        for target in report.targets {
          if let number = Plan.Target.number(of: target.name) { delivery.waits(number, target.tally.undelivered) }
        }
      }
    }
    let (end, reload): (AsyncStream<Void>, AsyncStream<Void>)
    (end, ends) = AsyncStream.makeStream(of: Void.self)
    (reload, reloads) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    if !simulation.ignoresHints { ports.hints = hints }
    ports.signals = WatchPorts.Signals(end: { await end.first { true } != nil }, reload: reload)
    watch = WatchRun(configuration, ports)
    witness.readBudget = { [unowned watch] in watch.budget }
  }

  func begin() {
    let watch = watch
    task = Task(executorPreference: loop) { [unowned self] in outcome = await watch.run() }
    guard let pause = simulation.fidgets else { return }
    fidget = Task(executorPreference: loop) { [loop] in
      while (try? await loop.sleep(for: pause)) != nil {}
    }
  }

  /// Whether the process has more jobs at the current time.
  private(set) var hasReadyJobs = false

  /// Runs the jobs that are ready at the current time.
  ///
  /// - Parameter limit: the maximum number of jobs; the rest is left for the next call.
  func settle(atMost limit: Int = maximumJobs) {
    guard isAlive else { return }
    hasReadyJobs = loop.settle(atMost: limit)
    if hasReadyJobs, limit == Self.maximumJobs { simulation.judge.fail(.limits, "the process never comes to rest") }
    witness.budget()
    guard let outcome else { return }
    fidget?.cancel()
    (isAlive, hasReadyJobs) = (false, false)
    store.isAlive = false
    simulation.exited(outcome)
  }

  /// The maximum number of jobs at one time.
  static let maximumJobs = 100_000

  /// Returns how many timers have fired since the last call.
  func takeTimersFired() -> Int {
    let fired = loop.work.timersFired
    defer { timersSeen = fired }
    return fired - timersSeen
  }

  /// When the next timer fires; nil if the process waits for the world.
  var nextTimer: BootInstant? { isAlive ? loop.nextTimer : nil }

  var worstCase: Duration { watch.budget.worstCase }
  /// The time between two requests, in milliseconds.
  var requestGap: Int64 { watch.budget.currentSpacing / 1000 }

  /// Sends a signal that asks for the end.
  ///
  /// - Returns: whether it is the first signal; the second one kills the process.
  func terminate() -> Bool {
    defer { wasTerminated = true }
    ends.yield()
    return !wasTerminated
  }

  /// Sends SIGHUP.
  func hangUp() {
    webhooks.readsAddresses()
    reloads.yield()
  }

  /// Passes on a hint about a conference.
  ///
  /// - Returns: whether the process is there to receive it.
  func hint(_ conference: ConferenceSID) -> Bool {
    guard isAlive else { return false }
    if isWatching { witness.hinted(conference) }
    hints.add(conference)
    return true
  }

  /// Records that the machine slept.
  func suspended() {
    witness.suspended()
    webhooks.suspended()
  }

  /// Stops answering polls.
  func endPolls() { polls.isMute = true }

  /// Kills the process, as by `kill -9`. Its later actions are ignored.
  func die() {
    (isAlive, hasReadyJobs) = (false, false)
    store.isAlive = false
    simulation.machine.detach()
    task?.cancel()
    fidget?.cancel()
    polls.die()
    webhooks.die()
    output.die()
    for _ in 0..<Self.maximumTurns where outcome == nil {
      let isRestless = loop.settle(atMost: Self.maximumJobs)
      guard outcome == nil, !isRestless, let next = loop.nextTimer else { break }
      loop.simulated?.advance(to: next)
    }
    if outcome == nil { simulation.judge.fail(.limits, "a cancelled watch does not end") }
  }

  /// The maximum number of turns of the loop that a cancelled watch may take.
  private static let maximumTurns = 10_000
}

/// The file of a process's webhooks.
///
/// Unchecked because everything of a seed runs on one thread.
private final class WebhookReader: @unchecked Sendable {
  private weak let simulation: Simulation?

  init(_ simulation: Simulation) { self.simulation = simulation }

  var targets: [WebhookTarget]? { simulation?.webhooks }
}
