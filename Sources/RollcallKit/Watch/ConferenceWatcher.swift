import RollcallCore

/// Polls one conference: performs what its tracker decides, and gives its commits to the store.
package actor ConferenceWatcher {
  package enum Ending: Sendable, Equatable {
    /// The conference is over, and told to be.
    case ended
    /// There is no such conference.
    case unknown
    /// The conference was over before watching began.
    case over
    /// The provider refused the token before watching began.
    case unauthorised
    /// No complete scan in the time that the start may take.
    case unreachable(String)
    /// One complete scan was enough.
    case scannedOnce
    case cancelled
  }

  let loop: EventLoop
  let clock: StreamClock
  let api: ConferenceAPI
  let gate: OriginGate
  let publish: @Sendable (PollCommit) async -> Void
  var tracker: ConferenceTracker
  var reader = PageReader()
  let meter: PollMeter
  let outages: OutageLog
  private let settings: WatchSettings
  private let spread: PollSpread
  private var random = Jitter()
  /// When the first complete scan has to be there; nil where there is no such time.
  private var startDeadline: BootInstant?
  private var seenDisturbance: Int
  /// When the origin last let this conference pass that it had held back.
  private var gateOpened: BootInstant?
  private var lastProblem: Ending = .unreachable("no complete scan in time")
  /// Whether a scan of this run has been complete; a saved room may be older than that.
  var hasScanned = false
  /// When the next thing is to be done.
  var dueAt: BootInstant
  /// When the room was last saved; nil before.
  var savedAt: BootInstant?
  /// Whether a commit is on its way to the store. What is newer has to follow it.
  var isPublishing = false
  /// The poll that waits for an earlier commit to be stored.
  var follower: CheckedContinuation<Void, Never>?

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameter publish: stores a poll's events; returns once they are safe.
  init(
    _ tracker: ConferenceTracker, spread: PollSpread, on loop: EventLoop, clock: StreamClock, api: ConferenceAPI,
    gate: OriginGate, meter: PollMeter, outages: OutageLog, settings: WatchSettings,
    publish: @escaping @Sendable (PollCommit) async -> Void
  ) {
    self.tracker = tracker
    self.spread = spread
    self.loop = loop
    dueAt = loop.now
    self.clock = clock
    self.api = api
    self.gate = gate
    self.meter = meter
    self.outages = outages
    self.settings = settings
    self.publish = publish
    seenDisturbance = clock.look().disturbance.number
  }

  /// Polls until the conference is over, the start has failed, or the task is cancelled.
  func run() async -> Ending {
    let start = loop.now
    var due = start.advanced(by: spread.delay(interval: settings.interval))
    var schedule = spread.schedule(start: Timestamp(start), interval: settings.interval)
    startDeadline = settings.startTime(of: tracker.origin).map { due.advanced(by: $0) }
    while await sleep(until: note(due)) {
      if let reason = await settings.heldBack() {
        tracker.holdBack(because: reason)
        due = BootInstant(schedule.succeeded(at: Timestamp(loop.now)))
        continue
      }
      if let ending = await passGate() ?? lateStart { return ending }
      meter.asked(late: max(due, gateOpened ?? due).duration(to: loop.now))
      let outcome = await pollInTime()
      if Task.isCancelled { break }
      guard let outcome else { return lastProblem }
      count(outcome)
      if let ending = judge(outcome) { return ending }
      tell(outcome)
      plan(&schedule, after: outcome)
      due = beforeStartDeadline(BootInstant(schedule.due))
    }
    return .cancelled
  }

  private func note(_ due: BootInstant) -> BootInstant {
    dueAt = due
    return due
  }

  /// Waits until the origin may be asked. Meanwhile no scan is complete, for a reason that is known.
  ///
  /// - Returns: nil where it may be asked now.
  private func passGate() async -> Ending? {
    while case .closed(let until, let failure) = await gate.admit() {
      let now = now()
      _ = tracker.begin(at: now)
      let actions = tracker.failed(failure, at: now)
      for case .commit(let drafts) in actions { await commit(drafts) }
      lastProblem = .unreachable(failure.text)
      guard await gate.wait(until: note(beforeStartDeadline(BootInstant(until)))) else { return .cancelled }
      if let ending = lateStart { return ending }
      let delay = spread.delay(interval: settings.interval)
      guard await sleep(until: loop.now.advanced(by: delay)) else { return .cancelled }
      gateOpened = loop.now
    }
    return nil
  }

  /// One poll; nil where the end of the time for the start has cut it short.
  private func pollInTime() async -> ConferenceTracker.PollOutcome? {
    guard let startDeadline, !hasScanned else { return await pollApart() }
    return await loop.perform(until: startDeadline) { await self.poll() }
  }

  /// Polls in a task of its own: what a task has once needed stays with it, and a watcher mostly sleeps.
  private func pollApart() async -> ConferenceTracker.PollOutcome? {
    await withTaskGroup(of: ConferenceTracker.PollOutcome.self) { group in
      group.addTask { await self.poll() }
      return await group.next()
    }
  }

  private func judge(_ outcome: ConferenceTracker.PollOutcome) -> Ending? {
    switch outcome {
    case .ended: return .ended
    case .over: return .over
    case .unknown:
      guard settings.waits, tracker.origin == .named else { return .unknown }
      lastProblem = .unknown
      return nil
    case .complete:
      hasScanned = true
      if savedAt == nil { savedAt = loop.now }
      return settings.scansOnce ? .scannedOnce : nil
    case .failed(let failure):
      lastProblem = .unreachable(failure.text)
      return failure == .unauthorised && isStart ? .unauthorised : nil
    }
  }

  private func plan(_ schedule: inout PollSchedule, after outcome: ConferenceTracker.PollOutcome) {
    let now = Timestamp(loop.now)
    switch outcome {
    case .complete, .unknown, .ended, .over: schedule.succeeded(at: now)
    case .failed: schedule.failed(at: now, using: &random)
    }
  }

  /// The stream's time. What has disturbed it is known to the tracker before it sees that time.
  func now() -> Timestamp {
    let (now, disturbance) = clock.look()
    if disturbance.number != seenDisturbance {
      seenDisturbance = disturbance.number
      tracker.disturbed(by: disturbance.reason)
    }
    return now
  }

  /// Whether the run itself is still at its start, so that what fails may end it.
  var isStart: Bool { !tracker.origin.isLater && !hasScanned }

  private var lateStart: Ending? {
    guard let startDeadline, !hasScanned, loop.now >= startDeadline else { return nil }
    return lastProblem
  }

  private func beforeStartDeadline(_ moment: BootInstant) -> BootInstant {
    guard let startDeadline, !hasScanned else { return moment }
    return min(moment, startDeadline)
  }

  /// - Returns: false where the task was cancelled.
  private func sleep(until moment: BootInstant) async -> Bool {
    guard moment > loop.now else { return !Task.isCancelled }
    do throws(CancellationError) {
      try await loop.sleep(until: moment)
      return true
    } catch {
      return false
    }
  }
}
