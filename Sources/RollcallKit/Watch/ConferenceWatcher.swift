package import RollcallCore

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
    case unreachable(ScanFailure)
    /// One complete scan was enough.
    case scannedOnce
    case cancelled
  }

  /// What follows a poll.
  enum Next: Sendable {
    case again(due: Timestamp, isBusy: Bool)
    case over(Ending)
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
  let settings: WatchSettings
  private let spread: PollSpread
  private var schedule: PollSchedule
  private var random = Jitter()
  /// When the first complete scan has to be there; nil where there is no such time.
  private var startDeadline: BootInstant?
  private var seenDisturbance: Int
  private var lastProblem: Ending = .unreachable(.unreachable(reason: "no complete scan in time"))
  /// Whether a scan of this run has been complete; a saved room may be older than that.
  var hasScanned = false
  /// When the next thing is to be done.
  var dueAt: BootInstant
  /// Requests of a poll that asks nothing but the list.
  private var pages = 1
  /// Pages asked for by the poll that is under way.
  var askedPages = 0
  /// When the room was last saved; nil before.
  var savedAt: BootInstant?
  /// What the poll under way has come to; nil where it has yet to.
  var finished: ConferenceTracker.PollOutcome?
  /// What is known of people's calls; nil where they are not asked for.
  var calls: CallBook?
  /// Whether a commit is on its way to the store. What is newer has to follow it.
  var isPublishing = false
  /// The poll that waits for an earlier commit to be stored.
  var follower: CheckedContinuation<Void, Never>?

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameter publish: stores a poll's events; returns once they are safe.
  init(
    _ tracker: ConferenceTracker, spread: PollSpread, runStart: BootInstant, on loop: EventLoop, clock: StreamClock,
    api: ConferenceAPI, gate: OriginGate, meter: PollMeter, outages: OutageLog, settings: WatchSettings,
    publish: @escaping @Sendable (PollCommit) async -> Void
  ) {
    self.tracker = tracker
    self.spread = spread
    self.loop = loop
    let start = loop.now
    dueAt = start.advanced(by: spread.delay(interval: settings.interval))
    schedule = spread.schedule(start: Timestamp(start), interval: settings.interval)
    // The time for one scan of each is the run's, the first answer of discovery included.
    startDeadline = settings.startTime(of: tracker.origin).map((settings.scansOnce ? runStart : dueAt).advanced)
    self.clock = clock
    self.api = api
    self.gate = gate
    self.meter = meter
    self.outages = outages
    self.settings = settings
    self.publish = publish
    calls = settings.book(of: tracker.room)
    seenDisturbance = clock.look().disturbance.number
  }

  /// Has the budget know of the conference.
  ///
  /// - Returns: when the first poll is due.
  func begin() -> Timestamp {
    gate.pace.update { [pages] in $0.add(pages: pages) }
    return Timestamp(notBefore: dueAt)
  }

  /// The poll that is due, and whatever it takes.
  func step() async -> Next {
    let next = await pollOnce()
    guard case .over = next else { return next }
    gate.pace.update { [pages] in $0.add(pages: -pages) }
    return next
  }

  private func pollOnce() async -> Next {
    // The time for the start goes on only once the budget has had room.
    startDeadline = startDeadline?.advanced(by: max(.zero, dueAt.duration(to: loop.now)))
    if let reason = await settings.heldBack() {
      tracker.holdBack(because: reason)
      gate.pace.update { $0.waive() }
      let (now, due) = (loop.now, schedule.succeeded(at: Timestamp(loop.now)))
      // Nor does it while nothing may be asked.
      startDeadline = startDeadline?.advanced(by: now.duration(to: BootInstant(due)))
      return again(at: due)
    }
    if let lateStart {
      gate.pace.update { $0.waive() }
      return .over(lateStart)
    }
    if case .closed(let until, let failure) = await gate.admit() { return await waitAtGate(until: until, failure) }
    meter.asked(late: dueAt.duration(to: loop.now))
    let outcome = await pollInTime()
    if Task.isCancelled { return .over(.cancelled) }
    guard let outcome else { return .over(lastProblem) }
    count(outcome)
    if let ending = judge(outcome) { return .over(ending) }
    tell(outcome)
    plan(after: outcome)
    return again(at: schedule.due)
  }

  private func again(at due: Timestamp) -> Next {
    dueAt = beforeStartDeadline(BootInstant(due))
    return .again(due: Timestamp(notBefore: dueAt), isBusy: tracker.isBusy(at: now()))
  }

  /// Waits until the origin may be asked, and then for its turn again, as all others do who have waited. Meanwhile no scan
  /// is complete, for a reason that is known.
  private func waitAtGate(until moment: Timestamp, _ failure: ScanFailure) async -> Next {
    gate.pace.update { $0.waive() }
    let now = now()
    _ = tracker.begin(at: now)
    let actions = tracker.failed(failure, at: now)
    for case .commit(let drafts) in actions { await commit(drafts) }
    lastProblem = .unreachable(failure)
    dueAt = beforeStartDeadline(BootInstant(moment))
    guard await gate.wait(until: dueAt) else { return .over(.cancelled) }
    if let lateStart { return .over(lateStart) }
    return again(at: Timestamp(notBefore: loop.now.advanced(by: spread.delay(interval: settings.interval))))
  }

  /// One poll; nil where the end of the time for the start has cut it short, before it came to anything.
  private func pollInTime() async -> ConferenceTracker.PollOutcome? {
    guard let startDeadline, !hasScanned else { return await poll() }
    return await loop.perform(until: startDeadline) { await self.poll() } ?? finished
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
      notePages()
      if savedAt == nil { savedAt = loop.now }
      return settings.scansOnce ? .scannedOnce : nil
    case .failed(let failure):
      lastProblem = .unreachable(failure)
      return failure == .unauthorised && isStart ? .unauthorised : nil
    }
  }

  /// Has the budget know what a poll takes.
  private func notePages() {
    guard askedPages != pages else { return }
    gate.pace.update { [more = askedPages - pages] in $0.add(pages: more) }
    pages = askedPages
  }

  private func plan(after outcome: ConferenceTracker.PollOutcome) {
    let now = Timestamp(loop.now)
    switch outcome {
    case .complete, .unknown, .ended, .over: schedule.succeeded(at: now)
    case .failed: schedule.failed(at: now, using: &random)
    }
  }

  /// The stream's time. What has disturbed it, and how rare polls are, is known to the tracker before it sees that time.
  func now() -> Timestamp {
    tracker.intervalInForce = gate.pace.worstCase
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
}
