import RollcallCore
import RollcallTestKit

/// One life of the process, from its start to its end or to the crash: what the kit's actors and the command do, in one
/// thread.
final class Run {
  enum Status: Equatable {
    case done
    /// 74.
    case inputOutput
    /// 69 or 77.
    case unavailable
  }

  private static let housekeeping: Int64 = 1000
  private static let drainTime: Int64 = 8000
  private static let longDrainTime: Int64 = 60_000

  let simulation: Simulation
  let plan: Plan
  let agenda: Agenda
  let provider: Provider
  let store: ModelStore
  let time: StreamTime
  let judge: Judge
  let trace: Trace
  var random: SplitMix64
  private(set) var isAlive = true
  private(set) var isStopping = false
  private(set) lazy var polls = Polls(self)
  var access = OriginAccess()
  var gate: [(until: Moment, number: Int, body: () -> Void)] = []
  var gateNumber = 0
  private(set) var watchers: [Watcher] = []
  private(set) var sinks: [Sink] = []
  private(set) var lines: LineSink?
  private var openOutputs = 0
  private var lookout: Lookout?
  private var wasSignalled = false
  private var reason = StopReason.conferenceEnded
  var status = Status.done
  private var isFinishing = false
  // Of the store.
  /// Whether a commit is missing, so that rooms are ahead of what is stored.
  var isBroken = false
  var waitingForRoom = 0
  var retries: [() -> Void] = []

  init(_ simulation: Simulation, number: Int) {
    self.simulation = simulation
    plan = simulation.plan
    agenda = simulation.agenda
    provider = simulation.provider
    store = simulation.store
    time = simulation.time
    judge = simulation.judge
    trace = simulation.trace
    random = SplitMix64(seed: plan.seed &+ UInt64(number) << 40)
  }

  /// Opens the store, starts the outputs and watches.
  func begin(over: Set<ConferenceSID>, saved: [ConferenceSID: Room]) {
    if plan.writesLines { lines = LineSink(self) }
    sinks = plan.targets.indices.map { Sink($0, run: self) }
    openOutputs = sinks.count + (lines == nil ? 0 : 1)
    for sink in sinks { sink.begin() }
    lines?.notice()
    let rooms = plan.hasState ? saved : nil
    if plan.isDiscovered {
      let known = saved.keys.filter { plan.shard?.contains($0) != false }.sorted()
      let lookout = Lookout(self, over: over, known: known)
      self.lookout = lookout
      lookout.begin()
      lookout.look()
    } else {
      let sids = provider.namedConferences.filter { !over.contains($0) }
      for (index, sid) in sids.enumerated() { watch(sid, nil, .named, saved: rooms, startIndex: index) }
      if sids.isEmpty { after(0) { [self] in finish() } }
    }
    keepHouse()
    polls.begin()
  }

  func watch(
    _ sid: ConferenceSID, _ name: String?, _ origin: ConferenceTracker.Origin, saved: [ConferenceSID: Room]?,
    startIndex: Int
  ) {
    var tracker = ConferenceTracker(
      conference: sid, friendlyName: name, origin: origin, saved: saved?[sid], keepsRoom: plan.hasState,
      redaction: simulation.keepsEverything ? nil : plan.redaction, confirmsLeft: simulation.confirmsLeft,
      interval: .milliseconds(plan.interval), version: "0")
    tracker.resume(tellsRestart: true)
    let spread = PollSpread(index: polls.conferences, startIndex: startIndex)
    let watcher = Watcher(tracker, number: polls.conferences, spread: spread, run: self)
    watchers.append(watcher)
    polls.watch(watcher)
  }

  func at(_ moment: Moment, _ body: @escaping () -> Void) {
    agenda.at(moment) { [self] in if isAlive { body() } }
  }

  func after(_ wait: Int64, _ body: @escaping () -> Void) { at(agenda.now + wait, body) }

  private func keepHouse() {
    after(Self.housekeeping) { [self] in
      guard !isStopping else { return }
      guard heldBack != .diskFull else {
        for watcher in watchers { watcher.holdBack(because: .diskFull) }
        return keepHouse()
      }
      var open = watchers.count + 1
      let done: () -> Void = { [self] in
        open -= 1
        if open == 0 { keepHouse() }
      }
      for watcher in watchers { watcher.check(then: done) }
      done()
    }
  }

  // MARK: The end

  /// SIGTERM; a second one leaves at once.
  func signal() {
    guard !wasSignalled else { return simulation.crash("second signal") }
    wasSignalled = true
    if isFinishing { return shorten() }
    stop(.signal)
  }

  func stop(_ reason: StopReason) {
    guard !isStopping else { return }
    isStopping = true
    self.reason = reason
    trace.note("stops: \(reason)")
    if !retries.isEmpty, waitingForRoom > 0 { isBroken = true }
    lookout?.stop()
    let (all, waiting) = (watchers, retries)
    retries = []
    for watcher in all { watcher.cancel() }
    for body in waiting { body() }
    if watchers.isEmpty { finish() }
  }

  /// A watcher has come to its end.
  func left(_ watcher: Watcher, _ ending: Watcher.Ending) {
    trace.note("\(watcher.conference) \(ending)")
    watchers.removeAll { $0 === watcher }
    if let lookout, !isStopping { lookout.left(watcher.conference, ending) }
    switch ending {
    case .unknown, .unauthorised, .unreachable:
      if lookout == nil { fail() }
    case .over where lookout == nil: status = .unavailable
    case .ended, .over, .cancelled: break
    }
    if watchers.isEmpty, lookout == nil || isStopping { finish() }
  }

  /// The start has failed.
  func fail() {
    status = .unavailable
    stop(.error)
  }

  func finish() {
    guard !isFinishing else { return }
    isFinishing = true
    isStopping = true
    publish(PollCommit([.stopped(reason, at: time.now)]), isLast: true) { [self] in
      let isLong = !plan.hasState && reason == .conferenceEnded
      lines?.finish()
      for sink in sinks { sink.drain(until: time.now + .milliseconds(isLong ? Self.longDrainTime : Self.drainTime)) }
      after(isLong ? Self.longDrainTime : Self.drainTime) { [self] in exit() }
      if openOutputs == 0 { exit() }
    }
  }

  private func shorten() {
    for sink in sinks { sink.drain(until: time.now + .milliseconds(Self.drainTime)) }
    after(Self.drainTime) { [self] in exit() }
  }

  /// An output has ended.
  func outputEnded() {
    openOutputs -= 1
    if openOutputs == 0, isFinishing { after(0) { [self] in exit() } }
  }

  private func exit() {
    guard isAlive else { return }
    for sink in sinks { sink.leave() }
    store.sync()
    isAlive = false
    simulation.exited(status)
  }

  /// The process is gone, as after `kill -9`.
  func die() { isAlive = false }

  /// Lets go of everybody who holds it in turn, or a long run of seeds would keep them all.
  func discard() {
    isAlive = false
    watchers = []
    polls.discard()
    sinks = []
    lines = nil
    lookout = nil
    gate = []
    retries = []
  }
}
