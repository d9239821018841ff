import RollcallCore

/// Polls one conference: performs what its tracker decides, and gives its commits to the store.
actor ConferencePoller {
  /// What follows a poll.
  enum Next: Sendable {
    /// - Parameter deadline: until when it waits for an origin that may not be asked; nil for ever.
    case again(due: Timestamp, isBusy: Bool, deadline: Timestamp?)
    /// What the watch of the conference has come to; nil where the run was cancelled.
    case over(PollOutcome?)
  }

  /// What a watch has come to whose time for the start has passed without any answer.
  private static let noScan = PollOutcome.failed(.unreachable(reason: "no complete scan in time"))

  let loop: EventLoop
  let clock: StreamClock
  let api: ConferenceAPI
  let origin: GovernedOrigin
  let publish: @Sendable (PollCommit) async -> CommitOutcome
  var tracker: ConferenceTracker
  var reader = PageReader()
  let settings: WatchSettings
  let observer: (any PollObserver)?
  /// What its polls are to the origin.
  let source: OriginGovernor.Source
  /// When the first complete scan has to be there; nil where there is no such time.
  private(set) var startDeadline: BootInstant?
  /// The maximum time for which a list counts as unchanged only because of its `ETag`.
  static let longestTrust: Duration = .seconds(60)
  /// The start of the last complete unconditional poll; nil before the first.
  var askedUnconditionallyAt: BootInstant?
  /// Whether the current poll is unconditional.
  var asksUnconditionally = true
  private var seenClockOutage: Int
  /// Whether a scan of this run has been complete; a saved room may be older than that.
  var hasScanned = false
  /// When the next thing is to be done.
  var dueAt: BootInstant
  /// What its polls take, as the budget knows it.
  private var load = RequestBudget.Load(pages: 1)
  /// Pages asked for by the poll that is under way.
  var askedPages = 0
  /// When the room was last saved; nil before, and where no store keeps rooms.
  var savedAt: BootInstant?
  /// What is known of people's calls; nil where they are not asked for.
  var calls: CallBook?
  /// Whether a commit is on its way to the store. What is newer has to follow it.
  var isPublishing = false
  /// The poll that waits for an earlier commit to be stored.
  var follower: CheckedContinuation<CommitOutcome, Never>?
  /// Whether a poll is under way.
  private(set) var isPolling = false
  /// Whether its turn has come, and everybody is refused.
  var isShutOut = false
  var hasReportedRefusedConfirmation = false
  /// Whether a commit was given up. Nothing may be stored after it: the room would be ahead of the events.
  var lacksCommit = false

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameter publish: stores a poll's events; returns once they are safe, or given up since the run ends.
  init(
    _ tracker: ConferenceTracker, number: Int, spread: PollSpread, runStart: BootInstant, on loop: EventLoop,
    clock: StreamClock, api: ConferenceAPI, origin: GovernedOrigin, settings: WatchSettings,
    observer: (any PollObserver)?, publish: @escaping @Sendable (PollCommit) async -> CommitOutcome
  ) {
    self.tracker = tracker
    source = .poll(of: tracker.room.conference)
    self.loop = loop
    let start = loop.now
    dueAt = start.advanced(by: spread.delay(interval: settings.interval))
    let schedule = spread.schedule(start: Timestamp(start), interval: settings.interval)
    // The time for one scan of each is the run's, the first answer of discovery included.
    startDeadline = settings.startTime(of: tracker.origin).map((settings.scansOnce ? runStart : dueAt).advanced)
    self.clock = clock
    self.api = api
    self.origin = origin
    self.settings = settings
    self.observer = observer
    self.publish = publish
    calls = settings.book(of: tracker.room)
    seenClockOutage = clock.look().clockOutage.number
    let (conference, load) = (tracker.room.conference, load)
    origin.govern { governor, _ in
      governor.add(conference, number, schedule)
      governor.withBudget { $0.add(load) }
    }
  }

  /// When the first poll is due.
  func begin() -> Next { again() }

  /// The poll that is due, and whatever it takes.
  func step() async -> Next {
    isPolling = true
    defer { isPolling = false }
    return await left(await pollOnce())
  }

  /// The time for the start is over, and the origin may not be asked.
  func giveUp(_ failure: ScanFailure) async -> Next {
    guard failure.isRefusal, isPatient else { return await left(.over(.failed(failure))) }
    restartStart()
    return again()
  }

  private func left(_ next: Next) async -> Next {
    guard case .over(let outcome) = next else { return next }
    if outcome != nil { await save() }
    origin.govern { [load] governor, _ in governor.withBudget { $0.add(-load) } }
    return next
  }

  private func pollOnce() async -> Next {
    let wait = waitForTurn
    // The time for the start goes on only once the budget has had room.
    startDeadline = startDeadline?.advanced(by: wait)
    if let reason = settings.heldBack() {
      tracker.holdBack(because: reason)
      waive()
      let now = loop.now
      origin.govern { [source] governor, now in governor.skip(source, at: now) }
      plan()
      // Nor does it while nothing may be asked.
      startDeadline = startDeadline?.advanced(by: now.duration(to: dueAt))
      return again()
    }
    if let lateStart {
      waive()
      return .over(lateStart)
    }
    origin.govern { governor, _ in governor.asked(late: wait) }
    let outcome = await poll()
    if Task.isCancelled || lacksCommit { return .over(nil) }
    guard let outcome else { return .over(problem) }
    noteInterval()
    observer?.pollEnded(tracker.room.conference, outcome, tracker)
    let notice = origin.ended(source, outcome, leastPause: withTracker { $0.scheduledInterval })
    let ending = judge(outcome)
    // People need not know of what fails and ends the watch: its end says so.
    if ending == nil && !endsSoon(after: outcome) || notice == .recovered(source) { origin.tell(notice) }
    if let ending { return .over(ending) }
    plan()
    return again()
  }

  /// How long the poll has waited for its turn since it was due and the origin could be asked.
  private var waitForTurn: Duration {
    let openedAt = origin.govern { governor, now in governor.openedAt(now) }
    return max(.zero, max(dueAt, BootInstant(openedAt)).duration(to: loop.now))
  }

  /// Sends nothing in its turn, whose time others may have.
  private func waive() {
    origin.govern { [source] governor, _ in governor.waive(source) }
    observer?.turnWaived(tracker.room.conference)
  }

  private func plan() {
    let due = origin.govern { [source] governor, now in governor.due(source) ?? now }
    dueAt = beforeStartDeadline(BootInstant(due))
  }

  private func again() -> Next {
    let now = now()
    return .again(
      due: Timestamp(notBefore: dueAt), isBusy: withTracker { $0.isBusy(at: now) },
      deadline: hasScanned ? nil : startDeadline.map { Timestamp(notBefore: $0) })
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

  private func noteComplete() {
    hasScanned = true
    noteLoad()
    if savedAt == nil, settings.saved != nil { savedAt = loop.now }
  }

  /// - Returns: what the watch of the conference has come to; nil where it goes on.
  private func judge(_ outcome: PollOutcome) -> PollOutcome? {
    switch outcome {
    case .ended, .over: return outcome
    case .unknown: return settings.waits && tracker.origin == .named ? nil : outcome
    case .complete:
      noteComplete()
      return settings.scansOnce ? outcome : nil
    case .failed(let failure):
      guard isStart else { return nil }
      // No repetition mends that.
      if failure.isPermanent { return outcome }
      guard failure.isRefusal else { return nil }
      guard isPatient else { return isRefused ? outcome : nil }
      restartStart()
      return nil
    }
  }

  /// Whether a second refusal is about to end the start.
  private func endsSoon(after outcome: PollOutcome) -> Bool {
    if case .failed(let failure) = outcome { failure.isRefusal && isStart && !isPatient } else { false }
  }

  private var isRefused: Bool { origin.govern { [source] governor, _ in governor.isRefused(source) } }

  /// Whether a refused token is tried for as long as it takes: somebody relies on the watch, or waits for its start.
  private var isPatient: Bool { !settings.scansOnce && (settings.waits || settings.hasSavedRooms) }

  /// The time for the start begins anew.
  private func restartStart() {
    if startDeadline != nil { startDeadline = loop.now.advanced(by: WatchSettings.startTime) }
  }

  /// Has the budget know what a poll takes.
  private func noteLoad() {
    let load = withTracker { [askedPages] in $0.load(pages: askedPages) }
    guard load != self.load else { return }
    origin.govern { [more = load - self.load] governor, _ in governor.withBudget { $0.add(more) } }
    self.load = load
  }

  /// The stream's time. What has disturbed it, and how rare polls are, is known to the tracker before it sees that time.
  func now() -> Timestamp {
    noteInterval()
    let (now, clockOutage) = clock.look()
    if clockOutage.number != seenClockOutage {
      seenClockOutage = clockOutage.number
      tracker.interrupted(by: clockOutage.reason)
    }
    return now
  }

  /// Has the tracker know how far polls may be apart.
  private func noteInterval() {
    let worstCase = origin.budget.usualWorstCase
    withTracker { $0.intervalInForce = max(worstCase, $0.scheduledInterval) }
  }

  /// Whether the run itself is still at its start, so that what fails may end it.
  var isStart: Bool { !tracker.origin.isLater && !hasScanned }

  private var lateStart: PollOutcome? {
    guard let startDeadline, !hasScanned, loop.now >= startDeadline else { return nil }
    return problem
  }

  /// What the last attempt has come to.
  private var problem: PollOutcome {
    origin.govern { [source] governor, _ in governor.problem(source) } ?? Self.noScan
  }

  /// Calls methods of the tracker in place. A direct call would copy all of it first, since an actor's property is read by
  /// copying.
  func withTracker<Value>(_ body: (inout ConferenceTracker) -> Value) -> Value { body(&tracker) }

  private func beforeStartDeadline(_ moment: BootInstant) -> BootInstant {
    guard let startDeadline, !hasScanned else { return moment }
    return min(moment, startDeadline)
  }
}

/// What a poller tells of how it is doing.
extension ConferencePoller {
  /// No poll takes so long: a request has 15 s, and few polls need several.
  private static let longestPoll: Duration = .seconds(120)

  /// How it is doing; overdue is a poll that should have been over long ago, whatever the origin does. One that waits for the
  /// store for a known reason is not.
  func vitals() -> (people: Int, hasScanned: Bool, isInOutage: Bool, isOverdue: Bool) {
    let now = now()
    return (tracker.room.participants.count, hasScanned, withTracker { $0.isInOutage(at: now) }, isOverdue)
  }

  private var isOverdue: Bool {
    guard !isWaitingForStore else { return false }
    let (isClosed, openedAt, worstCase) = origin.govern { governor, now in
      (governor.closure(at: now) != nil, governor.openedAt(now), governor.budget.worstCase)
    }
    let since = max(dueAt, BootInstant(openedAt))
    return (isPolling || !isClosed) && loop.now > since.advanced(by: Self.longestPoll + worstCase)
  }

  private var isWaitingForStore: Bool { isPublishing && settings.storeObstacle() != nil }

  /// How many people are in the room; nil before the first complete scan.
  var participantCount: Int? { withTracker { $0.hasStarted } ? tracker.room.participants.count : nil }
}
