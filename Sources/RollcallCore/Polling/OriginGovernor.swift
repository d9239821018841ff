/// Decides when and how fast to send requests to an origin, and knows what fails there.
///
/// Every reply and every poll's outcome is reported here and nowhere else: it owns the request budget, the agenda of
/// polls, the pauses that the origin asks for, refused tokens, the back-off after failures, and which failures have
/// been logged.
package struct OriginGovernor: Sendable {
  private struct SourceState {
    /// When a conference is polled; nil for discovery.
    var polls: Polls?
    /// Consecutive failures.
    var failures = 0
    /// The outcome of the last attempt if it failed.
    var problem: PollOutcome?

    /// When a hint makes it due; nil if none does. After a failure, hints do not shorten the wait.
    var look: Timestamp? { failures == 0 ? polls?.looks.due : nil }
  }

  private struct Polls {
    var number: Int
    var schedule: PollSchedule
    var looks = HintedLooks()
  }

  /// How long to wait before trying again while the maximum number of requests is in flight.
  static let inFlightPause: Duration = .milliseconds(50)

  package private(set) var budget: RequestBudget
  private var agenda = PollAgenda()
  private var sources: [Source: SourceState] = [:]
  /// The conferences in the agenda, by number.
  private var conferences: [Int: Source] = [:]
  private var pause: Suspension?
  private var refusals = Refusals()
  /// nil if conferences are not discovered.
  private var discovery: DiscoverySchedule?
  private var reopenedAt = Timestamp(milliseconds: 0)
  private var failingPolls = FailingSources()
  private var failingDiscovery = FailingSources()
  private var tally = PollTally()
  /// The counts since the run began.
  package private(set) var totals = PollTally()
  /// The changes found since the run began.
  package private(set) var changes = ChangeTally()
  /// When the last scan was complete; nil before the first.
  package private(set) var lastComplete: Timestamp?

  package init(_ budget: RequestBudget) { self.budget = budget }

  // MARK: Sources

  /// Adds a conference to poll.
  package mutating func add(_ conference: ConferenceSID, _ number: Int, _ schedule: PollSchedule) {
    sources[.poll(of: conference)] = SourceState(polls: Polls(number: number, schedule: schedule))
    conferences[number] = .poll(of: conference)
  }

  /// Adds discovery, whose first look is due now.
  package mutating func addDiscovery(at now: Timestamp) {
    sources[.discovery] = SourceState()
    discovery = DiscoverySchedule(start: now)
  }

  /// Removes a source that is no longer requested.
  ///
  /// - Returns: what to log, unless the watch is over.
  package mutating func remove(_ source: Source) -> Notice? {
    if let number = sources[source]?.polls?.number { conferences[number] = nil }
    sources[source] = nil
    refusals.remove(source)
    return recover(source)
  }

  // MARK: Turns

  /// Records when a conference is due, once for each poll.
  ///
  /// - Parameters:
  ///   - isBusy: whether to prefer it.
  ///   - deadline: the time until which it waits while the origin takes no requests; nil waits forever.
  package mutating func enqueue(_ number: Int, due: Timestamp, isBusy: Bool, deadline: Timestamp? = nil) {
    let look = conferences[number].flatMap { sources[$0]?.look }
    agenda.add(number, due: min(due, look ?? due), isBusy: isBusy, deadline: deadline)
  }

  /// The number of a conference that is polled; nil if it is not.
  package func number(of conference: ConferenceSID) -> Int? {
    sources[.poll(of: conference)]?.polls?.number
  }

  /// Takes a hint that something in a conference may have changed, and brings its next poll forward.
  ///
  /// - Returns: When it is due now; nil if the hint does not change that.
  package mutating func hint(_ source: Source, at now: Timestamp) -> Timestamp? {
    sources[source]?.polls?.looks.hint(at: now)
    guard let state = sources[source], let number = state.polls?.number, let look = state.look else { return nil }
    agenda.hasten(number, to: look)
    return look
  }

  /// Takes a hint of a conference that discovery has not found yet, and brings its next look forward.
  ///
  /// - Returns: whether that look was not hinted yet.
  package mutating func hintDiscovery() -> Bool { discovery?.hint() == true }

  /// Takes the next turn; nil if no conference may be polled now. The caller must begin the poll or call ``waive(_:)``.
  package mutating func nextTurn(at now: Timestamp) -> Turn? {
    agenda.collect(at: now, budget)
    guard let suspension = suspension(at: now) else {
      return budget.isOpen(at: now) ? begin(agenda.next(), at: now) : nil
    }
    if let late = agenda.takeLate(at: now) { return .late(late, suspension.failure) }
    guard pause.map({ now >= $0.until }) ?? true, let test = refusals.test, budget.isOpen(at: now) else { return nil }
    // A source that has not been refused yet shows sooner whether the token is at fault.
    let askers = conferences.filter { now >= test.opening(for: $0.value) }
    let others = askers.filter { test.isNew($0.value) }
    if test.prefersOthers, let number = agenda.next(where: { others[$0] != nil }) { return begin(number, at: now) }
    return begin(agenda.next { askers[$0] != nil }, at: now)
  }

  private mutating func begin(_ number: Int?, at now: Timestamp) -> Turn? {
    guard let number else { return nil }
    budget.begin(at: now)
    if let source = conferences[number] {
      refusals.begin(source, at: now)
      sources[source]?.polls?.looks.pollBegan(at: now)
    }
    return .poll(number)
  }

  /// Gives back the turn of a conference that sends nothing.
  package mutating func waive(_ source: Source) {
    budget.waive()
    refusals.withdraw(source)
  }

  /// When to call ``nextTurn(at:)`` again; nil if nothing is due, or not before a poll has finished.
  package func wakeTime(after now: Timestamp) -> Timestamp? {
    guard let next = agenda.wakeTime(budget) else { return nil }
    guard let suspension = suspension(at: now) else { return next }
    var moments = [max(next, suspension.until)]
    if let deadline = agenda.firstDeadline { moments.append(max(deadline, now)) }
    // A conference that becomes due may be the one whose request tests the token.
    if let test = refusals.test, test.prefersOthers {
      moments += [test.firstOpening, agenda.nextDue ?? next].filter { $0 > now }
    }
    return moments.min()
  }

  /// Asks for permission to look at the list of conferences, which the caller must then do.
  ///
  /// - Returns: nil if it may look, or the reason why not.
  package mutating func admitDiscovery(at now: Timestamp) -> Suspension? {
    if var suspension = suspension(at: now) {
      if let pause, now < pause.until { return suspension }
      guard let opening = refusals.test?.opening(for: .discovery) else { return suspension }
      guard now >= opening else {
        suspension.until = opening
        return suspension
      }
    }
    refusals.begin(.discovery, at: now)
    discovery?.begin()
    return nil
  }

  /// Records a request that discovery sends.
  package mutating func sendListRequest() { discovery?.send() }

  /// Puts off the look that ``admitDiscovery(at:)`` did not permit.
  package mutating func postponeDiscovery(until moment: Timestamp, at now: Timestamp) {
    discovery?.begin()
    discovery?.failed(at: now, pause: moment - now)
  }

  /// The pause that the budget imposes on discovery while the origin does not throttle: a longer one is an outage.
  package var usualDiscoveryPause: Duration { budget.usualPause(afterListing: discovery?.requests ?? 0) }

  /// Returns why not every source may send requests now; nil if every one may.
  package func suspension(at now: Timestamp) -> Suspension? {
    if let pause, now < pause.until { return pause }
    return refusals.test.map { Suspension(failure: .unauthorised, until: $0.nextAttempt, isConfirmed: isTokenAtFault) }
  }

  private var isTokenAtFault: Bool { refusals.test?.isConfirmed(among: sources.count) == true }

  /// Returns the time since which all sources may send requests; earlier delays were caused by the origin.
  package func openedAt(_ now: Timestamp) -> Timestamp {
    guard let pause, pause.until <= now else { return reopenedAt }
    return max(reopenedAt, pause.until)
  }

  // MARK: Replies

  /// Handles a source's reply, or its absence.
  ///
  /// - Parameter failure: nil if the list was received.
  package mutating func answered(_ source: Source, _ failure: ScanFailure?, at now: Timestamp) {
    heed(failure, at: now)
    let wasAtFault = isTokenAtFault
    guard refusals.answered(source, failure, at: now) else { return }
    if wasAtFault { hastenRefused(at: now) }
    // It may have been put off for as long as a request that tests the token may take.
    discovery?.hasten(to: now)
    reopenedAt = now
  }

  /// Applies what any other reply demands of all requests.
  package mutating func heed(_ demand: OriginGovernor.Demand, at now: Timestamp) {
    switch demand {
    case .failure(let failure): heed(failure, at: now)
    // Only a 429 halves the rate.
    case .limitReached(let wait): pause(for: wait, after: .throttled(retryAfter: wait), at: now)
    }
  }

  private mutating func heed(_ failure: ScanFailure?, at now: Timestamp) {
    if case .throttled = failure?.kind { budget.throttled(at: now) }
    if let failure, let wait = failure.retryAfter { pause(for: wait, after: failure, at: now) }
  }

  private mutating func pause(for wait: Duration, after failure: ScanFailure, at now: Timestamp) {
    let until = now + min(wait, RetryAfter.longest)
    // A new pause never shortens the current one.
    if until > pause?.until ?? now { pause = Suspension(failure: failure, until: until, isConfirmed: true) }
  }

  /// Tries a token that has changed, at once.
  package mutating func renewed(at now: Timestamp) {
    refusals.renewed(at: now)
    hastenRefused(at: now)
    discovery?.hasten(to: now)
  }

  private mutating func hastenRefused(at now: Timestamp) {
    for source in refusals.refused { sources[source]?.polls.map { agenda.hasten($0.number, to: now) } }
  }

  /// Whether the token was refused and has not been accepted since.
  package var isRefused: Bool { refusals.test != nil }

  // MARK: Outcomes

  /// Records that a poll begins, and how long after it was due.
  package mutating func pollBegan(late delay: Duration) {
    tally.pollBegan(late: delay)
    totals.pollBegan(late: delay)
  }

  /// Handles the outcome of a poll or of a discovery request.
  ///
  /// - Parameters:
  ///   - minimumPause: the minimum time from a complete poll, or look at the list, to the next.
  ///   - streamTime: the stream's time, which differs from the polls' clock.
  /// - Returns: what to log while the watch goes on.
  package mutating func ended(
    _ source: Source, _ outcome: PollOutcome, minimumPause: Duration = .zero, at now: Timestamp, streamTime: Timestamp,
    using random: inout some RandomNumberGenerator
  ) -> Notice? {
    switch outcome {
    case .complete, .ended:
      budget.succeeded(at: now)
      if source != .discovery { lastComplete = streamTime }
      succeeded(source, minimumPause: minimumPause, at: now)
      return recover(source)
    case .failed(let failure):
      tally.failed(source)
      totals.failed(source)
      sources[source]?.problem = outcome
      plan(source, after: failure, at: now, using: &random)
      return fail(source, failure)
    case .unknown:
      succeeded(source, minimumPause: minimumPause, at: now)
      sources[source]?.problem = outcome
      return fail(source, .notFound)
    case .over: return nil
    }
  }

  private mutating func succeeded(_ source: Source, minimumPause: Duration, at now: Timestamp) {
    guard var state = sources[source] else { return }
    (state.failures, state.problem) = (0, nil)
    state.polls?.schedule.succeeded(at: now, minimumPause: minimumPause)
    state.polls?.looks.pollWasComplete()
    sources[source] = state
    refusals.succeeded(source)
    if source == .discovery { discovery?.succeeded(at: now, pause: minimumPause) }
  }

  private mutating func plan(
    _ source: Source, after failure: ScanFailure, at now: Timestamp, using random: inout some RandomNumberGenerator
  ) {
    guard var state = sources[source] else { return }
    let delay =
      if failure.isRefusal {
        refusals.pause(of: source)
      } else if failure.isPermanent {
        Backoff.longest
      } else {
        Backoff.delay(attempt: state.failures, interval: budget.interval, using: &random)
      }
    state.failures += 1
    state.polls?.schedule.retry(at: now + delay)
    sources[source] = state
    if source == .discovery { discovery?.failed(at: now, pause: delay) }
  }

  /// Returns when to poll a conference next, or to look at the list; nil if the source is not requested.
  package func due(_ source: Source) -> Timestamp? {
    guard source != .discovery else { return discovery?.due(budget) }
    guard let state = sources[source], let due = state.polls?.schedule.due else { return nil }
    return min(due, state.look ?? due)
  }

  /// Counts changes that a poll has stored.
  package mutating func found(_ count: Int, by source: Source) {
    changes.add(count, areHinted: sources[source]?.polls?.looks.announces == true)
  }

  /// Skips a conference's turn for a reason that has nothing to do with the origin.
  package mutating func skip(_ source: Source, at now: Timestamp) {
    sources[source]?.polls?.schedule.succeeded(at: now, minimumPause: .zero)
  }

  /// Returns the outcome of a source's last attempt; nil if it did not fail.
  package func problem(_ source: Source) -> PollOutcome? { sources[source]?.problem }

  /// Returns whether a source has been refused at least twice, or the token is known to be refused.
  package func isRefused(_ source: Source) -> Bool {
    refusals.isConfirmed(source) || isTokenAtFault
  }

  /// Returns the counts since the last call.
  package mutating func takeTally() -> PollTally { tally.take() }

  private mutating func fail(_ source: Source, _ failure: ScanFailure) -> Notice? {
    let isNews =
      switch source {
      case .poll: failingPolls.fail(source, failure)
      case .discovery: failingDiscovery.fail(source, failure)
      }
    return isNews ? .failing(source, failure) : nil
  }

  private mutating func recover(_ source: Source) -> Notice? {
    let isNews =
      switch source {
      case .poll: failingPolls.recover(source)
      case .discovery: failingDiscovery.recover(source)
      }
    return isNews ? .recovered(source) : nil
  }

  // MARK: Requests

  /// Gives a closure access to the budget.
  package mutating func withBudget(_ body: (inout RequestBudget) -> Void) { body(&budget) }

  /// Asks for permission to send a look-up that can wait. While polls wait for their turn, no look-up is sent.
  package mutating func admitQuestion(isUrgent: Bool, at now: Timestamp) -> QuestionTurn {
    // The few requests that a throttling origin accepts are for polls.
    guard suspension(at: now) == nil, !budget.isThrottled else { return .never }
    guard !isUrgent else { return .now }
    guard !budget.isExceeded else { return .never }
    guard !budget.isOpen(at: now) else {
      budget.begin(at: now)
      return .now
    }
    return .at(budget.isFull ? now + Self.inFlightPause : budget.opensAt)
  }
}
