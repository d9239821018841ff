import RollcallCore
@testable import RollcallKit

/// Polls one conference: does what the kit's `ConferenceWatcher` does, in its order, but in one thread.
final class Watcher {
  static let dialect = SignalWireDialect()
  enum Ending: Equatable {
    case ended
    case unknown
    case over
    case unauthorised
    case unreachable
    case cancelled
  }

  private static let savingInterval: Int64 = 10_000
  private static let startTime: Int64 = 30_000

  let run: Run
  let number: Int
  let conference: ConferenceSID
  var tracker: ConferenceTracker
  var reader = PageReader()
  private let spread: PollSpread
  private var schedule: PollSchedule
  private var startDeadline: Moment?
  /// When the next poll is due.
  private(set) var dueAt: Moment
  /// Requests of a poll that asks nothing but the list, and those that the poll under way has asked for.
  private(set) var pages = 1
  var askedPages = 0
  private var seenDisturbances: Int
  private var lastProblem = Ending.unreachable
  private(set) var hasScanned = false
  private var savedAt: Moment?
  private var isPublishing = false
  private var follower: (() -> Void)?
  private var isCancelled = false
  private(set) var isOver = false
  /// Counts polls: what belongs to an earlier one comes too late.
  var poll = 0
  var scan = ScanRecord()

  init(_ tracker: ConferenceTracker, number: Int, spread: PollSpread, run: Run) {
    self.tracker = tracker
    self.number = number
    conference = tracker.room.conference
    self.spread = spread
    self.run = run
    let interval = Duration.milliseconds(run.plan.interval)
    schedule = spread.schedule(start: Timestamp(milliseconds: run.agenda.now), interval: interval)
    seenDisturbances = run.time.disturbances
    dueAt = run.agenda.now + spread.delay(interval: interval).wholeMilliseconds
    if case .foundLater = tracker.origin {} else { startDeadline = dueAt + Self.startTime }
  }

  /// The stream's time. What has disturbed it, and how rare polls are, is known to the tracker before it sees that time.
  func now() -> Timestamp {
    tracker.intervalInForce = run.polls.budget.worstCase
    run.judge.conferences[conference.text]?.paced(tracker.intervalInForce)
    let now = run.time.now
    if run.time.disturbances != seenDisturbances {
      seenDisturbances = run.time.disturbances
      tracker.disturbed(by: run.time.disturbance)
    }
    return now
  }

  var isStart: Bool {
    if case .foundLater = tracker.origin { return false }
    return !hasScanned
  }

  private var boot: Timestamp { Timestamp(milliseconds: run.agenda.now) }

  // MARK: From poll to poll

  private func again(at due: Moment) {
    dueAt = beforeStartDeadline(due)
    run.polls.add(self, isBusy: tracker.isBusy(at: now()))
    run.polls.begin()
  }

  /// The agenda has its poll begin.
  func turn() {
    // What is left to be seen is how everything is delivered.
    if run.simulation.pollsAreOver || isOver || isCancelled { return run.polls.waive(self) }
    // The time for the start goes on only once the budget has had room.
    if let startDeadline { self.startDeadline = startDeadline + max(0, run.agenda.now - dueAt) }
    if let reason = run.heldBack {
      tracker.holdBack(because: reason)
      scan.excuse = "held back"
      run.polls.waive(self)
      let due = schedule.succeeded(at: boot).milliseconds
      if let startDeadline { self.startDeadline = startDeadline + due - run.agenda.now }
      return again(at: due)
    }
    if isLate {
      run.polls.waive(self)
      return finish(lastProblem)
    }
    if case .closed(let until, let failure) = run.admit() { return waitAtGate(until: until, failure) }
    poll += 1
    let number = poll
    if let startDeadline, !hasScanned {
      run.at(startDeadline) { [self] in
        if poll == number, !isPublishing { finish(lastProblem) }
      }
    }
    run.simulation.report.polls += 1
    scan.begin(at: run.agenda.now, due: dueAt)
    askedPages = 0
    perform(tracker.begin(at: now()))
  }

  private func waitAtGate(until moment: Timestamp, _ failure: ScanFailure) {
    run.polls.waive(self)
    let now = now()
    _ = tracker.begin(at: now)
    let actions = tracker.failed(failure, at: now)
    scan.excuse = "gate"
    lastProblem = .unreachable
    commitAll(actions) { [self] in
      guard !isCancelled else { return finish(.cancelled) }
      dueAt = beforeStartDeadline(moment.milliseconds)
      run.waitForGate(until: dueAt) { [self] in
        guard !isOver, !isCancelled else { return }
        if isLate { return finish(lastProblem) }
        let delay = spread.delay(interval: .milliseconds(run.plan.interval))
        again(at: run.agenda.now + delay.wholeMilliseconds)
      }
    }
  }

  private func commitAll(_ actions: [ConferenceTracker.Action], then: @escaping () -> Void) {
    for case .commit(let drafts) in actions { return commit(drafts, then: then) }
    then()
  }

  private func beforeStartDeadline(_ moment: Moment) -> Moment {
    guard let startDeadline, !hasScanned else { return moment }
    return min(moment, startDeadline)
  }

  private var isLate: Bool { startDeadline.map { !hasScanned && run.agenda.now >= $0 } ?? false }

  /// A poll is over.
  func ended(_ outcome: ConferenceTracker.PollOutcome) {
    poll += 1
    if isCancelled { return finish(.cancelled) }
    if case .failed = outcome { scan.excuse = "failed" }
    if !run.isBroken { run.judge.polled(self, outcome) }
    if outcome == .complete { scan.completed(at: run.agenda.now) }
    if let ending = judge(outcome) { return finish(ending) }
    let due =
      switch outcome {
      case .failed: schedule.failed(at: boot, using: &run.random)
      case .complete, .unknown, .ended, .over: schedule.succeeded(at: boot)
      }
    again(at: due.milliseconds)
  }

  private func judge(_ outcome: ConferenceTracker.PollOutcome) -> Ending? {
    switch outcome {
    case .ended: return .ended
    case .over: return .over
    case .unknown: return .unknown
    case .complete:
      hasScanned = true
      run.polls.add(pages: askedPages - pages)
      pages = askedPages
      if savedAt == nil { savedAt = run.agenda.now }
      return nil
    case .failed(let failure):
      lastProblem = .unreachable
      return failure == .unauthorised && isStart ? .unauthorised : nil
    }
  }

  // MARK: The end

  func cancel() {
    isCancelled = true
    if !isPublishing { finish(.cancelled) }
  }

  private func finish(_ ending: Ending) {
    guard !isOver else { return }
    isOver = true
    run.polls.leave(self)
    poll += 1
    save { [self] in run.left(self, ending) }
  }

  // MARK: What is stored

  func commit(_ drafts: [EventDraft], then: @escaping () -> Void) {
    publish(drafts, tracker.takeChanges(with: drafts), then: then)
  }

  private func save(then: @escaping () -> Void) {
    guard savedAt != nil, !isPublishing, let changes = tracker.takeChanges() else { return then() }
    publish([], changes, then: then)
  }

  private func publish(_ drafts: [EventDraft], _ changes: RoomChanges?, then: @escaping () -> Void) {
    if changes != nil { savedAt = run.agenda.now }
    guard !isPublishing else {
      follower = { [self] in publishNow(drafts, changes, then: then) }
      return
    }
    publishNow(drafts, changes, then: then)
  }

  private func publishNow(_ drafts: [EventDraft], _ changes: RoomChanges?, then: @escaping () -> Void) {
    isPublishing = true
    run.publish(PollCommit(drafts, changes: changes)) { [self] in
      isPublishing = follower != nil
      if let follower { run.after(0, follower) }
      follower = nil
      then()
    }
  }

  /// Once in a second: tells of a gap that has lasted for too long, and saves what is due.
  func check(then: @escaping () -> Void) {
    let isDueForSaving = savedAt.map { run.agenda.now >= $0 + Self.savingInterval } ?? false
    guard !isOver, !isPublishing, tracker.owesInterruption(at: now()) || isDueForSaving else { return then() }
    let drafts = tracker.check(at: now())
    let done: () -> Void = { [self] in
      if isCancelled { finish(.cancelled) }
      then()
    }
    if !drafts.isEmpty { return commit(drafts, then: done) }
    if isDueForSaving { save(then: done) } else { then() }
  }

  func holdBack(because reason: GapReason) {
    tracker.holdBack(because: reason)
    scan.excuse = "held back"
  }
}
