/// Decides when and how fast an origin is asked, and knows what of it fails.
///
/// The one place that hears of every reply and of every poll's outcome: it owns the request budget, the agenda of polls, the
/// pauses that the origin asks for, refused tokens, the wait after a failure, and which outages people know of.
package struct OriginGovernor: Sendable {
  /// What is asked for again and again, and may get no answer.
  package enum Source: Hashable, Sendable {
    case poll(of: ConferenceSID)
    /// The list of conferences.
    case discovery
  }

  /// What people should know.
  package enum Notice: Equatable, Sendable {
    /// Polls or discovery have begun to fail, or fail for another reason. Of polls it is the first one that has noticed.
    case failing(Source, ScanFailure)
    /// No poll fails any longer, or discovery does not. Of polls it is the last one that had failed.
    case recovered(Source)
  }

  /// A conference's turn.
  package enum Turn: Equatable, Sendable {
    case poll(Int)
    /// The origin may not be asked, and the conference cannot wait any longer.
    case late(Int, ScanFailure)
  }

  /// When a question that can wait may be sent.
  package enum QuestionTurn: Equatable, Sendable {
    /// One, which then has to be sent.
    case now
    case at(Timestamp)
    case never
  }

  /// Why the origin may not be asked by everybody now.
  package struct Closure: Equatable, Sendable {
    package var failure: ScanFailure
    /// Not before that moment, unless something changes earlier.
    package var until: Timestamp
    /// Whether a second request has been refused, so that it is the token and not one conference.
    package var isConfirmed: Bool
  }

  private struct SourceState {
    /// nil for discovery.
    var number: Int?
    var schedule: PollSchedule?
    /// Failures, one after the other, and how many of them were refusals.
    var failures = 0
    var refusals = 0
    /// Whether others have been accepted since it was refused.
    var isRefusedAlone = false
    /// What the last attempt has come to, where it has failed.
    var problem: PollOutcome?
    var retryDelay: Duration = .zero
    var looks = HintedLooks()

    /// When a hint makes it due; nil if none does. After a failure the wait stands.
    var look: Timestamp? { failures == 0 ? looks.due : nil }
  }

  /// Where as many requests are under way as may be, it is looked again after so long.
  static let crowdPause: Duration = .milliseconds(50)

  package private(set) var budget: RequestBudget
  private let retryInterval: Duration
  private var agenda = PollAgenda()
  private var sources: [Source: SourceState] = [:]
  /// The conferences of the agenda, by number.
  private var conferences: [Int: Source] = [:]
  private var pause: Closure?
  private var refusal: TokenRefusal?
  /// Who is refused while others are accepted, or was refused before they were.
  private var refused: Set<Source> = []
  private var reopenedAt = Timestamp(milliseconds: 0)
  private var polls = FailingSources()
  private var discovery = FailingSources()
  private var tally = PollTally()
  /// What there was since the run began.
  package private(set) var totals = PollTally()
  /// Changes found since the run began.
  package private(set) var changes = ChangeTally()
  /// When the last complete scan was there; nil before the first.
  package private(set) var lastComplete: Timestamp?

  package init(_ budget: RequestBudget) {
    self.budget = budget
    retryInterval = budget.interval
  }

  // MARK: Who asks

  /// Adds a conference that is polled.
  package mutating func add(_ conference: ConferenceSID, _ number: Int, _ schedule: PollSchedule) {
    sources[.poll(of: conference)] = SourceState(number: number, schedule: schedule)
    conferences[number] = .poll(of: conference)
  }

  /// Adds discovery.
  package mutating func addDiscovery() { sources[.discovery] = SourceState() }

  /// Removes what is asked for no longer.
  ///
  /// - Returns: what people should know, unless the watch is over.
  package mutating func remove(_ source: Source) -> Notice? {
    if let number = sources[source]?.number { conferences[number] = nil }
    sources[source] = nil
    refused.remove(source)
    refusal?.withdraw(source)
    return recover(source)
  }

  // MARK: Turns

  /// Notes when a conference is due, once for each poll.
  ///
  /// - Parameters:
  ///   - isBusy: whether it is preferred.
  ///   - deadline: until when it waits for an origin that may not be asked; nil for ever.
  package mutating func await(_ number: Int, due: Timestamp, isBusy: Bool, deadline: Timestamp? = nil) {
    let look = conferences[number].flatMap { sources[$0]?.look }
    agenda.add(number, due: min(due, look ?? due), isBusy: isBusy, deadline: deadline)
  }

  /// The number of a conference that is polled; nil if it is not.
  package func number(of conference: ConferenceSID) -> Int? { sources[.poll(of: conference)]?.number }

  /// Takes a hint that something in a conference may have changed, and brings its next poll forward.
  ///
  /// - Returns: When it is due now; nil if the hint does not change that.
  package mutating func hint(_ source: Source, at now: Timestamp) -> Timestamp? {
    sources[source]?.looks.hint(at: now)
    guard let state = sources[source], let number = state.number, let look = state.look else { return nil }
    agenda.hasten(number, to: look)
    return look
  }

  /// Takes the next turn; nil where nobody's has come. The poll has to begin, or to be waived.
  package mutating func nextTurn(at now: Timestamp) -> Turn? {
    agenda.collect(at: now, budget)
    guard let closure = closure(at: now) else { return budget.isOpen(at: now) ? begin(agenda.next(), at: now) : nil }
    if let late = agenda.takeLate(at: now) { return .late(late, closure.failure) }
    guard pause.map({ now >= $0.until }) ?? true, let refusal, budget.isOpen(at: now) else { return nil }
    // Whoever has not been refused yet shows sooner whether it is the token.
    let askers = conferences.filter { now >= refusal.opening(for: $0.value) }
    let others = askers.filter { refusal.isNew($0.value) }
    if refusal.prefersOthers, let number = agenda.next(where: { others[$0] != nil }) { return begin(number, at: now) }
    return begin(agenda.next { askers[$0] != nil }, at: now)
  }

  private mutating func begin(_ number: Int?, at now: Timestamp) -> Turn? {
    guard let number else { return nil }
    budget.begin(at: now)
    if let source = conferences[number] {
      refusal?.begin(source, at: now)
      sources[source]?.looks.pollBegan(at: now)
    }
    return .poll(number)
  }

  /// A conference sends nothing in its turn.
  package mutating func waive(_ source: Source) {
    budget.waive()
    refusal?.withdraw(source)
  }

  /// When ``nextTurn(at:)`` is to be asked again; nil where nothing is due, or not before some poll is over.
  package func wakeTime(after now: Timestamp) -> Timestamp? {
    guard let next = agenda.wakeTime(budget) else { return nil }
    guard let closure = closure(at: now) else { return next }
    var moments = [max(next, closure.until)]
    if let deadline = agenda.firstDeadline { moments.append(max(deadline, now)) }
    // Whoever becomes due may be the one to find out.
    if let refusal, refusal.prefersOthers {
      moments += [refusal.firstOpening, agenda.nextDue ?? next].filter { $0 > now }
    }
    return moments.min()
  }

  /// Asks for one request of discovery, which then has to be sent.
  ///
  /// - Returns: why it may not be; nil where it may.
  package mutating func admitDiscovery(at now: Timestamp) -> Closure? {
    guard var closure = closure(at: now) else { return nil }
    if let pause, now < pause.until { return closure }
    guard let opening = refusal?.opening(for: .discovery) else { return closure }
    guard now >= opening else {
      closure.until = opening
      return closure
    }
    refusal?.begin(.discovery, at: now)
    return nil
  }

  /// Why not everybody may ask now; nil where everybody may.
  package func closure(at now: Timestamp) -> Closure? {
    if let pause, now < pause.until { return pause }
    return refusal.map { Closure(failure: .unauthorised, until: $0.nextAttempt, isConfirmed: isConfirmed) }
  }

  private var isConfirmed: Bool { refusal?.isConfirmed(among: sources.count) == true }

  /// Since when everybody may ask: waits before count as the origin's.
  package func openedAt(_ now: Timestamp) -> Timestamp {
    guard let pause, pause.until <= now else { return reopenedAt }
    return max(reopenedAt, pause.until)
  }

  // MARK: Replies

  /// Takes a reply to a request of a source, or the lack of one.
  ///
  /// - Parameter failure: nil for the list that was asked for.
  package mutating func answered(_ source: Source, _ failure: ScanFailure?, at now: Timestamp) {
    heed(failure, at: now)
    switch failure?.kind {
    case nil, .notFound, .invalidPageToken: accepted(source, at: now)
    case .unauthorised: refused(source, at: now)
    case .forbidden, .throttled, .unavailable, .unreachable, .malformed:
      refusal?.failed(source, at: now)
    }
  }

  /// Takes what a reply asks everybody to heed, whatever was asked for.
  package mutating func heed(_ failure: ScanFailure?, at now: Timestamp) {
    if case .throttled = failure?.kind { budget.throttled(at: now) }
    guard let failure, let wait = failure.retryAfter else { return }
    let until = now + min(wait, RetryAfter.longest)
    // A pause never shortens another.
    if until > pause?.until ?? now { pause = Closure(failure: failure, until: until, isConfirmed: true) }
  }

  private mutating func accepted(_ source: Source, at now: Timestamp) {
    refused.remove(source)
    // What is refused to others is no matter of the token.
    for other in refused { sources[other]?.isRefusedAlone = true }
    guard refusal != nil else { return }
    if isConfirmed { hastenRefused(at: now) }
    refusal = nil
    reopenedAt = now
  }

  private mutating func refused(_ source: Source, at now: Timestamp) {
    refused.insert(source)
    if refusal != nil {
      refusal?.refused(source, at: now)
    } else if sources[source]?.isRefusedAlone == true {
      sources[source]?.isRefusedAlone = false
    } else {
      refusal = TokenRefusal(source, at: now)
    }
  }

  /// The token has been read again because it has changed: it is tried at once.
  package mutating func renewed(at now: Timestamp) {
    refusal?.renewed(at: now)
    hastenRefused(at: now)
  }

  private mutating func hastenRefused(at now: Timestamp) {
    for source in refused { sources[source]?.number.map { agenda.hasten($0, to: now) } }
  }

  /// Whether a token has been refused, and none has been taken since.
  package var isRefused: Bool { refusal != nil }

  // MARK: Outcomes

  /// A poll begins, so long after it was due.
  package mutating func asked(late delay: Duration) {
    tally.asked(late: delay)
    totals.asked(late: delay)
  }

  /// Takes what a poll, or a look of discovery, has come to.
  ///
  /// - Parameters:
  ///   - leastPause: the next poll after this one that was complete comes no sooner.
  ///   - streamTime: the stream's time, which is not that of the polls.
  /// - Returns: what people should know, as long as the watch goes on.
  package mutating func ended(
    _ source: Source, _ outcome: PollOutcome, leastPause: Duration = .zero, at now: Timestamp, streamTime: Timestamp,
    using random: inout some RandomNumberGenerator
  ) -> Notice? {
    switch outcome {
    case .complete, .ended:
      budget.succeeded(at: now)
      if source != .discovery { lastComplete = streamTime }
      succeeded(source, leastPause: leastPause, at: now)
      return recover(source)
    case .failed(let failure):
      tally.failed(source)
      totals.failed(source)
      sources[source]?.problem = outcome
      plan(source, after: failure, at: now, using: &random)
      return fail(source, failure)
    case .unknown:
      succeeded(source, leastPause: leastPause, at: now)
      sources[source]?.problem = outcome
      return fail(source, .notFound)
    case .over: return nil
    }
  }

  private mutating func succeeded(_ source: Source, leastPause: Duration, at now: Timestamp) {
    guard var state = sources[source] else { return }
    (state.failures, state.refusals, state.problem) = (0, 0, nil)
    state.schedule?.succeeded(at: now, leastPause: leastPause)
    state.looks.pollWasComplete()
    sources[source] = state
  }

  private mutating func plan(
    _ source: Source, after failure: ScanFailure, at now: Timestamp, using random: inout some RandomNumberGenerator
  ) {
    guard var state = sources[source] else { return }
    if failure.isRefusal { state.refusals += 1 }
    state.retryDelay =
      if failure.isRefusal {
        TokenRefusal.pause(after: state.refusals)
      } else if failure.isPermanent {
        Backoff.longest
      } else {
        Backoff.delay(attempt: state.failures, interval: retryInterval, using: &random)
      }
    state.failures += 1
    state.schedule?.retry(at: now + state.retryDelay)
    sources[source] = state
  }

  /// When a conference is to be polled next.
  package func due(_ source: Source) -> Timestamp? {
    guard let state = sources[source], let due = state.schedule?.due else { return nil }
    return min(due, state.look ?? due)
  }

  /// Counts changes that a poll has stored.
  package mutating func found(_ count: Int, by source: Source) {
    changes.add(count, areHinted: sources[source]?.looks.announces == true)
  }

  /// A conference is not polled in its turn, for a reason that is not the origin's.
  package mutating func skip(_ source: Source, at now: Timestamp) {
    sources[source]?.schedule?.succeeded(at: now, leastPause: .zero)
  }

  /// How long discovery waits after a failure.
  package func retryDelay(_ source: Source) -> Duration { sources[source]?.retryDelay ?? .zero }

  /// What the last attempt of a source has come to; nil where it has not failed.
  package func problem(_ source: Source) -> PollOutcome? { sources[source]?.problem }

  /// Whether a source has been refused for a second time, or everybody has.
  package func isRefused(_ source: Source) -> Bool {
    sources[source]?.refusals ?? 0 >= TokenRefusal.confirming || isConfirmed
  }

  /// What polls came to since the last call of this.
  package mutating func takeTally() -> PollTally { tally.take() }

  private mutating func fail(_ source: Source, _ failure: ScanFailure) -> Notice? {
    let isNews =
      switch source {
      case .poll: polls.fail(source, failure)
      case .discovery: discovery.fail(source, failure)
      }
    return isNews ? .failing(source, failure) : nil
  }

  private mutating func recover(_ source: Source) -> Notice? {
    let isNews =
      switch source {
      case .poll: polls.recover(source)
      case .discovery: discovery.recover(source)
      }
    return isNews ? .recovered(source) : nil
  }

  // MARK: Requests

  /// Does something with the budget.
  package mutating func withBudget(_ body: (inout RequestBudget) -> Void) { body(&budget) }

  /// Asks for a question that can wait. Where polls themselves wait for their turn, no such question is sent.
  package mutating func admitQuestion(isUrgent: Bool, at now: Timestamp) -> QuestionTurn {
    // The few requests that a throttling origin takes are for polls.
    guard closure(at: now) == nil, !budget.isThrottled else { return .never }
    guard !isUrgent else { return .now }
    guard !budget.isExceeded else { return .never }
    guard !budget.isOpen(at: now) else {
      budget.begin(at: now)
      return .now
    }
    return .at(budget.isFull ? now + Self.crowdPause : budget.opensAt)
  }
}
