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

  /// The times of scans that tell nothing are saved so often at most.
  private static let savingInterval: Duration = .seconds(10)
  /// No poll takes so long: a request has 15 s, and few polls need several.
  private static let longestPoll: Duration = .seconds(120)

  let loop: EventLoop
  let clock: StreamClock
  let api: SignalWireAPI
  let gate: OriginGate
  private let publish: @Sendable (PollCommit) async -> Void
  var tracker: ConferenceTracker
  var reader = PageReader()
  private let meter: PollMeter
  private let outages: OutageLog
  private let settings: WatchSettings
  private let spread: PollSpread
  private var random = SystemRandomNumberGenerator()
  /// When the first complete scan has to be there; nil where there is no such time.
  private var startDeadline: BootInstant?
  private var seenDisturbance: Int
  /// When the origin last let this conference pass that it had held back.
  private var gateOpened: BootInstant?
  private var lastProblem: Ending = .unreachable("no complete scan in time")
  /// Whether a scan of this run has been complete; a saved room may be older than that.
  private var hasScanned = false
  /// When the next thing is to be done.
  private var dueAt: BootInstant
  /// When the room was last saved; nil before.
  private var savedAt: BootInstant?
  /// Whether a commit is on its way to the store. What is newer has to follow it.
  private var isPublishing = false
  /// The poll that waits for an earlier commit to be stored.
  private var follower: CheckedContinuation<Void, Never>?

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameter publish: stores a poll's events; returns once they are safe.
  init(
    _ tracker: ConferenceTracker, spread: PollSpread, on loop: EventLoop, clock: StreamClock, api: SignalWireAPI,
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

  private func count(_ outcome: ConferenceTracker.PollOutcome) {
    switch outcome {
    case .failed: meter.failed()
    case .complete, .ended:
      meter.completed(at: clock.now)
      outages.succeeded(tracker.room.conference)
    case .unknown, .over: break
    }
  }

  /// Tells people of what goes on although it has failed.
  private func tell(_ outcome: ConferenceTracker.PollOutcome) {
    switch outcome {
    case .failed(let failure): outages.failed(tracker.room.conference, failure)
    case .unknown: outages.failed(tracker.room.conference, .notFound)
    case .complete, .ended, .over: break
    }
  }

  private func note(_ due: BootInstant) -> BootInstant {
    dueAt = due
    return due
  }

  /// How it is doing; overdue is a poll that should have been over long ago, whatever the origin does.
  func vitals() -> (people: Int, hasScanned: Bool, isInGap: Bool, isOverdue: Bool) {
    (
      tracker.room.participants.count, hasScanned, tracker.isInGap(at: now()),
      loop.now > dueAt.advanced(by: Self.longestPoll)
    )
  }

  /// How many people are in the room; nil before the first complete scan.
  var participantCount: Int? { tracker.hasStarted ? tracker.room.participants.count : nil }

  /// Whether ``check()`` has something to do.
  var isDueForCheck: Bool { !isPublishing && (tracker.owesInterruption(at: now()) || isDueForSaving) }

  private var isDueForSaving: Bool {
    savedAt.map { loop.now >= $0.advanced(by: Self.savingInterval) } ?? false
  }

  /// Tells of a gap that has lasted for too long.
  func check() async {
    guard !isPublishing else { return }
    let drafts = tracker.check(at: now())
    if !drafts.isEmpty { return await commit(drafts) }
    if isDueForSaving { await save() }
  }

  /// Stores what an earlier commit does not say of the room: the times of the last scan, and who is in doubt.
  func save() async {
    guard savedAt != nil, !isPublishing, let changes = tracker.takeChanges() else { return }
    await publish([], changes)
  }

  /// Takes note that polls cannot go on.
  func holdBack(because reason: GapReason) { tracker.holdBack(because: reason) }

  /// Stores events with the room that they lead to.
  func commit(_ drafts: [EventDraft]) async {
    await publish(drafts, tracker.takeChanges(with: drafts))
  }

  private func publish(_ drafts: [EventDraft], _ changes: RoomChanges?) async {
    if changes != nil { savedAt = loop.now }
    if isPublishing { await withCheckedContinuation { follower = $0 } }
    isPublishing = true
    await publish(PollCommit(drafts, changes: changes))
    isPublishing = follower != nil
    follower?.resume()
    follower = nil
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
