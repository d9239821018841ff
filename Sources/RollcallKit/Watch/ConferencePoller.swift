package import RollcallCore

/// Polls one conference: performs what its tracker decides, and gives its commits to the store.
package actor ConferencePoller {
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
  let publish: @Sendable (PollCommit) async -> CommitOutcome
  var tracker: ConferenceTracker
  var reader = PageReader()
  let meter: PollMeter
  let outages: OutageLog
  let settings: WatchSettings
  let observer: (any PollObserver)?
  private let spread: PollSpread
  private var schedule: PollSchedule
  private var random: Jitter
  /// When the first complete scan has to be there; nil where there is no such time.
  private(set) var startDeadline: BootInstant?
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
  /// What is known of people's calls; nil where they are not asked for.
  var calls: CallBook?
  /// Whether a commit is on its way to the store. What is newer has to follow it.
  var isPublishing = false
  /// The poll that waits for an earlier commit to be stored.
  var follower: CheckedContinuation<CommitOutcome, Never>?
  /// Whether a commit was given up. Nothing may be stored after it: the room would be ahead of the events.
  var lacksCommit = false

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameter publish: stores a poll's events; returns once they are safe, or given up since the run ends.
  init(
    _ tracker: ConferenceTracker, spread: PollSpread, runStart: BootInstant, on loop: EventLoop, clock: StreamClock,
    api: ConferenceAPI, gate: OriginGate, meter: PollMeter, outages: OutageLog, settings: WatchSettings,
    observer: (any PollObserver)?, publish: @escaping @Sendable (PollCommit) async -> CommitOutcome
  ) {
    self.tracker = tracker
    self.spread = spread
    self.loop = loop
    random = loop.jitter()
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
    self.observer = observer
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
    guard case .over(let ending) = next else { return next }
    if ending != .cancelled { await save() }
    gate.pace.update { [pages] in $0.add(pages: -pages) }
    return next
  }

  private func pollOnce() async -> Next {
    // The time for the start goes on only once the budget has had room.
    startDeadline = startDeadline?.advanced(by: max(.zero, dueAt.duration(to: loop.now)))
    if let reason = settings.heldBack() {
      tracker.holdBack(because: reason)
      waive()
      let (now, due) = (loop.now, schedule.succeeded(at: Timestamp(loop.now)))
      // Nor does it while nothing may be asked.
      startDeadline = startDeadline?.advanced(by: now.duration(to: BootInstant(due)))
      return again(at: due)
    }
    if let lateStart {
      waive()
      return .over(lateStart)
    }
    if case .closed(let until, let failure) = await gate.admit() { return await waitAtGate(until: until, failure) }
    meter.asked(late: dueAt.duration(to: loop.now))
    let outcome = await poll()
    if Task.isCancelled || lacksCommit { return .over(.cancelled) }
    guard let outcome else { return .over(lastProblem) }
    observer?.pollEnded(tracker.room.conference, outcome, tracker)
    count(outcome)
    if let ending = judge(outcome) { return .over(ending) }
    tell(outcome)
    plan(after: outcome)
    return again(at: schedule.due)
  }

  /// Sends nothing in its turn, whose time others may have.
  private func waive() {
    gate.pace.update { $0.waive() }
    observer?.turnWaived(tracker.room.conference)
  }

  private func again(at due: Timestamp) -> Next {
    dueAt = beforeStartDeadline(BootInstant(due))
    return .again(due: Timestamp(notBefore: dueAt), isBusy: tracker.isBusy(at: now()))
  }

  /// Waits until the origin may be asked, and then for its turn again, as all others do who have waited. Meanwhile no scan
  /// is complete, for a reason that is known.
  private func waitAtGate(until moment: Timestamp, _ failure: ScanFailure) async -> Next {
    waive()
    let now = now()
    _ = tracker.begin(at: now)
    let actions = tracker.failed(failure, at: now)
    for case .commit(let drafts) in actions {
      guard await commitPoll(drafts) else { return .over(.cancelled) }
    }
    lastProblem = .unreachable(failure)
    dueAt = beforeStartDeadline(BootInstant(moment))
    guard await gate.wait(until: dueAt) else { return .over(.cancelled) }
    if let lateStart { return .over(lateStart) }
    return again(at: Timestamp(notBefore: loop.now.advanced(by: spread.delay(interval: settings.interval))))
  }

  /// Asks the provider, which the end of the time for the start cuts short.
  ///
  /// - Returns: nil where it has.
  func askInTime<Answer: Sendable>(_ ask: @escaping @Sendable () async -> Answer) async -> Answer? {
    guard let startDeadline, !hasScanned else { return await ask() }
    return await loop.perform(until: startDeadline, ask)
  }

  /// Takes note that the provider was not asked for a while: the time for the start does not go on meanwhile.
  func extendStart(since moment: BootInstant) {
    startDeadline = startDeadline?.advanced(by: moment.duration(to: loop.now))
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
