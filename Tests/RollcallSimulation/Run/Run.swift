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
  private static let fullPause: Int64 = 1000
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
  var access = OriginAccess()
  var gate: [(until: Moment, number: Int, body: () -> Void)] = []
  var gateNumber = 0
  private(set) var watchers: [Watcher] = []
  private var begun = 0
  private(set) var sinks: [Sink] = []
  private(set) var lines: LineSink?
  private var openOutputs = 0
  private var lookout: Lookout?
  private var wasSignalled = false
  private var reason = StopReason.conferenceEnded
  private var status = Status.done
  private var isFinishing = false
  // Of the store.
  /// Whether a commit is missing, so that rooms are ahead of what is stored.
  private(set) var isBroken = false
  private var waitingForRoom = 0
  private var retries: [() -> Void] = []

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
      let known = saved.keys.sorted()
      let lookout = Lookout(self, over: over, known: known)
      self.lookout = lookout
      for (index, sid) in known.enumerated() { watch(sid, "room", .foundAtStart, saved: rooms, startIndex: index) }
      lookout.look()
    } else {
      let sids = provider.namedConferences.filter { !over.contains($0) }
      for (index, sid) in sids.enumerated() { watch(sid, nil, .named, saved: rooms, startIndex: index) }
      if sids.isEmpty { after(0) { [self] in finish() } }
    }
    keepHouse()
  }

  func watch(
    _ sid: ConferenceSID, _ name: String?, _ origin: ConferenceTracker.Origin, saved: [ConferenceSID: Room]?,
    startIndex: Int
  ) {
    var tracker = ConferenceTracker(
      conference: sid, friendlyName: name, origin: origin, saved: saved?[sid], keepsRoom: plan.hasState,
      confirmsLeft: simulation.confirmsLeft, interval: .milliseconds(plan.interval), version: "0")
    tracker.resume(tellsRestart: true)
    watchers.append(Watcher(tracker, spread: PollSpread(index: begun, startIndex: startIndex), run: self))
    begun += 1
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

  // MARK: The store

  /// Why nothing may be polled now.
  var heldBack: GapReason? {
    if waitingForRoom > 0 { return .diskFull }
    guard lines != nil else { return nil }
    return store.undelivered(to: LineSink.target) >= plan.lineBound ? .backpressure : nil
  }

  /// Stores a poll's events, and has everybody fetch them.
  func publish(_ commit: PollCommit, isLast: Bool = false, then: @escaping () -> Void) {
    keep(commit, isLast: isLast, isWaiting: false) { [self] isStored in
      if isStored, !commit.drafts.isEmpty {
        lines?.notice()
        for sink in sinks { sink.notice() }
      }
      then()
    }
  }

  private func keep(_ commit: PollCommit, isLast: Bool, isWaiting: Bool, then: @escaping (Bool) -> Void) {
    let end: (Bool) -> Void = { [self] isStored in
      if isWaiting { waitingForRoom -= 1 }
      then(isStored)
    }
    guard !isBroken else { return end(false) }
    store.commit(commit) { [self] failure in
      guard isAlive else { return }
      guard let failure else { return end(true) }
      guard failure.kind == .full, !isLast, !isStopping else {
        isBroken = true
        if !isLast, !isStopping { status = .inputOutput }
        end(false)
        return stop(.error)
      }
      if !isWaiting { waitingForRoom += 1 }
      retry { [self] in keep(commit, isLast: isLast, isWaiting: true, then: then) }
    }
  }

  /// Tries again after a pause, which the end of the run cuts short.
  private func retry(_ body: @escaping () -> Void) {
    var isDone = false
    let once = {
      guard !isDone else { return }
      isDone = true
      body()
    }
    retries.append(once)
    after(Self.fullPause, once)
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
}
