import RollcallCore

/// Polls one conference: performs what its tracker decides, and passes its commits to the store.
actor ConferencePoller {
  /// What follows a poll.
  enum Next: Sendable {
    /// - Parameter deadline: how long it waits while the origin takes no requests; nil waits forever.
    case again(due: Timestamp, isBusy: Bool, deadline: Timestamp?)
    /// The outcome of the conference's watch; nil if the run was cancelled.
    case over(PollOutcome?)
  }

  /// The outcome when the time for the start has passed without any answer.
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
  /// The source of its requests.
  let source: OriginGovernor.Source
  /// The deadline of the first complete scan; nil if there is none.
  private(set) var startDeadline: BootInstant?
  /// The maximum time for which a list counts as unchanged only because of its `ETag`.
  static let longestTrust: Duration = .seconds(60)
  /// The start of the last complete unconditional poll; nil before the first.
  var askedUnconditionallyAt: BootInstant?
  /// Whether the current poll is unconditional.
  var asksUnconditionally = true
  private var seenClockOutage: Int
  /// Whether a scan was complete in this run; a saved room may be from an earlier one.
  var hasScanned = false
  /// When the next poll, or the deadline of the start, is due.
  var dueAt: BootInstant
  /// The load of its polls, as the budget knows it.
  private var load = RequestBudget.Load(pages: 1)
  /// The number of pages requested by the current poll.
  var askedPages = 0
  /// When the room was last saved; nil before that, and always nil if no store keeps rooms.
  var savedAt: BootInstant?
  /// The known calls of participants; nil if calls are not looked up.
  var calls: CallBook?
  /// Whether a commit is on its way to the store. Newer commits must follow it.
  var isPublishing = false
  /// Resumes the poll that waits for an earlier commit.
  var follower: CheckedContinuation<CommitOutcome, Never>?
  /// Whether a poll is running.
  private(set) var isPolling = false
  /// Whether its turn has come while the token is refused everywhere.
  var isShutOut = false
  var hasReportedRefusedConfirmation = false
  /// Whether a commit was given up. Nothing may be stored after that, or the room would be ahead of the events.
  var lacksCommit = false

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameter publish: stores a poll's events; returns once they are stored, or given up because the run ends.
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
    // With one scan per conference the time is the run's, which includes the first discovery answer.
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

  /// Returns when the first poll is due.
  func begin() -> Next { again() }

  /// Takes a hint that the conference may have changed.
  ///
  /// - Returns: the new time of its next poll; nil if the hint does not change it.
  func hint() -> BootInstant? {
    let look = origin.govern { [source] governor, now in governor.hint(source, at: now) }
    // After a poll that is under way, the agenda is consulted again anyway.
    guard !isPolling, let look, BootInstant(look) < dueAt else { return nil }
    dueAt = BootInstant(look)
    return dueAt
  }

  /// Performs the poll that is due.
  func step() async -> Next {
    isPolling = true
    defer { isPolling = false }
    return await left(await pollOnce())
  }

  /// Ends the start because its time is over while the origin takes no requests.
  func giveUp(_ failure: ScanFailure) async -> Next {
    guard failure.isRefusal else { return await left(.over(.failed(failure))) }
    // A single refusal closes the origin for a moment, but it is not what failed since.
    guard isPatient else { return await left(.over(isRefused ? .failed(failure) : problem)) }
    restartStart(at: loop.now)
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
    // Waiting for the budget does not use up the time for the start.
    startDeadline = startDeadline?.advanced(by: wait)
    if let reason = settings.pauseReason() {
      tracker.pausePolling(because: reason)
      waive()
      let now = loop.now
      origin.govern { [source] governor, now in governor.skip(source, at: now) }
      plan()
      // Nor does a pause of polling.
      startDeadline = startDeadline?.advanced(by: now.duration(to: dueAt))
      return again()
    }
    if let lateStart {
      waive()
      return .over(lateStart)
    }
    origin.govern { governor, _ in governor.pollBegan(late: wait) }
    let outcome = await poll()
    if Task.isCancelled || lacksCommit { return .over(nil) }
    guard let outcome else { return .over(problem) }
    noteInterval()
    observer?.pollEnded(tracker.room.conference, outcome, tracker)
    let notice = origin.ended(source, outcome, minimumPause: withTracker { $0.scheduledInterval })
    let ending = judge(outcome)
    // A failure that ends the watch needs no notice, because the end reports it.
    if ending == nil && !endsSoon(after: outcome) || notice == .recovered(source) {
      origin.show(notice, timeLeft: timeLeftAfter(outcome))
    }
    if let ending { return .over(ending) }
    plan()
    return again()
  }

  /// How long the poll has waited for its turn since it was due and the origin took requests.
  private var waitForTurn: Duration {
    let openedAt = origin.govern { governor, now in governor.openedAt(now) }
    return max(.zero, max(dueAt, BootInstant(openedAt)).duration(to: loop.now))
  }

  /// Gives back its turn without sending anything.
  private func waive() {
    origin.govern { [source] governor, _ in governor.waive(source) }
    observer?.turnWaived(tracker.room.conference)
  }

  private func plan() {
    let due = BootInstant(origin.govern { [source] governor, now in governor.due(source) ?? now })
    if isStart, isPatient, case .failed(let failure) = problem, failure.isRefusal { restartStart(at: due) }
    dueAt = beforeStartDeadline(due)
  }

  private func again() -> Next {
    let now = now()
    return .again(
      due: Timestamp(notBefore: dueAt), isBusy: withTracker { $0.isBusy(at: now) },
      deadline: hasScanned ? nil : startDeadline.map { Timestamp(notBefore: $0) })
  }

  /// Sends requests to the provider, but no longer than the start may take.
  ///
  /// - Returns: nil if the time for the start ran out.
  func askInTime<Answer: Sendable>(_ ask: @escaping @Sendable () async -> Answer) async -> Answer? {
    guard let startDeadline, !hasScanned else { return await ask() }
    return await loop.perform(until: startDeadline, ask)
  }

  /// Extends the start by the time since `moment`, in which no requests could be sent.
  func extendStart(since moment: BootInstant) {
    startDeadline = startDeadline?.advanced(by: moment.duration(to: loop.now))
  }

  private func noteComplete() {
    hasScanned = true
    noteLoad()
    if savedAt == nil, settings.saved != nil { savedAt = loop.now }
  }

  /// Returns the outcome of the conference's watch; nil if it goes on.
  private func judge(_ outcome: PollOutcome) -> PollOutcome? {
    switch outcome {
    case .ended, .over: return outcome
    case .unknown: return settings.waits && tracker.origin == .named ? nil : outcome
    case .complete:
      noteComplete()
      return settings.scansOnce ? outcome : nil
    case .failed(let failure):
      guard isStart else { return nil }
      // Repeating the request cannot help.
      if failure.isPermanent { return outcome }
      guard failure.isRefusal else { return nil }
      return isRefused && !isPatient ? outcome : nil
    }
  }

  /// Returns whether a second refusal will end the start.
  private func endsSoon(after outcome: PollOutcome) -> Bool {
    if case .failed(let failure) = outcome { failure.isRefusal && isStart && !isPatient } else { false }
  }

  /// Whether the conference has been refused for the second time, or the token is known to be refused.
  var isRefused: Bool { origin.govern { [source] governor, _ in governor.isRefused(source) } }

  /// Whether to go on trying after refusals: an earlier run saved a room, or the user asked to wait.
  private var isPatient: Bool { !settings.scansOnce && (settings.waits || settings.hasSavedRooms) }

  /// Restarts the time for the start, which begins at a moment.
  private func restartStart(at moment: BootInstant) {
    if startDeadline != nil { startDeadline = moment.advanced(by: WatchSettings.startTime) }
  }

  /// Updates the budget with the load of a poll.
  private func noteLoad() {
    let load = withTracker { [askedPages] in $0.requestLoad(pages: askedPages) }
    guard load != self.load else { return }
    origin.govern { [more = load - self.load] governor, _ in governor.withBudget { $0.add(more) } }
    self.load = load
  }

  /// Returns the stream's time. The tracker learns of disturbances and of the current interval before it sees that
  /// time.
  func now() -> Timestamp {
    noteInterval()
    let (now, clockOutage) = clock.look()
    if clockOutage.number != seenClockOutage {
      seenClockOutage = clockOutage.number
      tracker.interrupted(by: clockOutage.reason)
    }
    return now
  }

  /// Updates the tracker with the longest time between polls.
  private func noteInterval() {
    let worstCase = origin.budget.usualWorstCase
    withTracker { $0.intervalInForce = max(worstCase, $0.scheduledInterval) }
  }

  /// How long the start still retries after a failed poll; nil if the watch goes on whatever happens, or for longer because
  /// polls wait for the budget.
  private func timeLeftAfter(_ outcome: PollOutcome) -> Duration? {
    guard let startDeadline, !hasScanned, !origin.budget.isExceeded else { return nil }
    switch outcome {
    case .failed(let failure) where isPatient && (failure.isRefusal || isRefused): return nil
    case .failed, .unknown: return max(.zero, loop.now.duration(to: startDeadline))
    case .complete, .ended, .over: return nil
    }
  }

  /// Whether the run is still at its start, so that a failure may end it.
  var isStart: Bool { !tracker.origin.isLater && !hasScanned }

  private var lateStart: PollOutcome? {
    guard let startDeadline, !hasScanned, loop.now >= startDeadline else { return nil }
    return problem
  }

  /// The outcome of the last attempt.
  private var problem: PollOutcome {
    origin.govern { [source] governor, _ in governor.problem(source) } ?? Self.noScan
  }

  /// Calls methods of the tracker in place; a direct call would copy the whole tracker first.
  func withTracker<Value>(_ body: (inout ConferenceTracker) -> Value) -> Value { body(&tracker) }

  private func beforeStartDeadline(_ moment: BootInstant) -> BootInstant {
    guard let startDeadline, !hasScanned else { return moment }
    return min(moment, startDeadline)
  }
}

/// How a poller is doing.
extension ConferencePoller {
  /// The time after which a poll is overdue: a request takes at most 15 s, and few polls need several.
  private static let longestPoll: Duration = .seconds(120)

  /// Returns how the poller is doing. Overdue means that a poll should have ended long ago, whatever the origin does;
  /// waiting for the store for a known reason does not count.
  func vitals() -> (people: Int, hasScanned: Bool, isInOutage: Bool, isOverdue: Bool) {
    let now = now()
    return (tracker.room.participants.count, hasScanned, withTracker { $0.isInOutage(at: now) }, isOverdue)
  }

  private var isOverdue: Bool {
    guard !isWaitingForStore else { return false }
    let (isClosed, openedAt, worstCase) = origin.govern { governor, now in
      (governor.suspension(at: now) != nil, governor.openedAt(now), governor.budget.worstCase)
    }
    let since = max(dueAt, BootInstant(openedAt))
    return (isPolling || !isClosed) && loop.now > since.advanced(by: Self.longestPoll + worstCase)
  }

  private var isWaitingForStore: Bool { isPublishing && settings.storeObstacle() != nil }

  /// The number of participants in the room; nil before the first complete scan.
  var participantCount: Int? { withTracker { $0.hasStarted } ? tracker.room.participants.count : nil }
}
