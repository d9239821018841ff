/// Decides which conferences to watch when they are selected by name, or all are watched.
///
/// A reducer, like ``ConferenceTracker``. Conferences in the stream's first complete answer were there before, so their
/// participants are a baseline. A conference that first appears in a later answer began after the answer before that,
/// which may be an earlier run's. A conference that has ended stays ended even if the list, which lags, still shows it.
/// With one scan per conference, a complete answer comes before all scans.
package struct ConferenceDiscovery: Sendable {
  /// A conference in a complete answer.
  package struct Candidate: Equatable, Sendable {
    package var sid: ConferenceSID
    package var friendlyName: String
    /// The provider's status; empty if it gives none.
    package var status: String

    package init(sid: ConferenceSID, friendlyName: String, status: String) {
      self.sid = sid
      self.friendlyName = friendlyName
      self.status = status
    }
  }

  package enum Action: Equatable, Sendable {
    case watch(ConferenceSID, friendlyName: String?, ConferenceTracker.Origin)
    /// Request the list again when it is due.
    case askAgain
    /// Tell the user, once, that there is no conference to watch yet.
    case showNoConference
    /// The watch is over: `ended` when every watched conference has ended, `complete` when each has been scanned and
    /// one scan is enough (there may have been none), `unknown` when no conference has that name, or it ended before it
    /// could be watched.
    case finish(PollOutcome)
  }

  /// Whether complete answers arrive in time.
  package enum Health: Equatable, Sendable {
    /// No complete answer in this run yet.
    case unanswered
    case inTime
    /// The last complete answer is too old.
    case late
  }

  /// The parts of a complete answer that later ones depend on.
  private struct Answer {
    var askedAt: Timestamp?
    /// The time from the start of the run until it was complete, and how long it took.
    var end: Duration
    var length: Duration
  }

  /// The maximum time spent trying to get the first complete answer.
  package static let startTime = Duration.seconds(30)
  /// The minimum pause while a conference of an exact name is watched: another one of that name is unlikely.
  package static let calmPause = Duration.seconds(10)
  /// The maximum number of ended conferences remembered; the oldest are forgotten first.
  package static let maximumOver = 100_000

  /// The statuses to list, in this order, so that a conference that moves from the first to the second is in at least
  /// one of the two answers. A participant who waits alone is in a conference that is not in progress yet.
  package static let statuses = ["init", "in-progress"]

  package let selection: ConferenceSelection
  private let shard: Shard?
  private let interval: Duration
  private let waits: Bool
  private let scansOnce: Bool
  private let known: [Candidate]
  private let saved: SavedDiscovery?
  /// The current request for the list, or the last one.
  private var question: (askedAt: Timestamp, start: Duration)?
  private var lastAnswer: Answer?
  private var watched: Set<ConferenceSID> = []
  private var over: Set<ConferenceSID> = []
  private var overInOrder = FIFO<ConferenceSID>()
  /// Whether the user was told that there is no conference yet, or need not be.
  private var isNoticeSettled = false
  /// Whether a conference that is no longer watched was scanned completely.
  private var hasScanned = false
  private var hasEnded = false
  private var failure: PollOutcome?
  /// Whether the last answer was a refusal.
  private var isRefused = false

  /// - Parameters:
  ///   - shard: the part of the conferences that this process takes; nil for all of them.
  ///   - interval: the time between two answers.
  ///   - waits: whether to wait for a conference that does not exist yet.
  ///   - scansOnce: whether one complete scan of each conference is enough.
  ///   - over: conferences whose end has been reported already.
  ///   - known: conferences that the previous run watched. If one has ended since, that still has to be reported.
  ///   - saved: the last complete answer of an earlier run to the same question; nil if there was none.
  package init(
    _ selection: ConferenceSelection, shard: Shard? = nil, interval: Duration, waits: Bool, scansOnce: Bool,
    over: Set<ConferenceSID> = [], known: [Candidate] = [], saved: SavedDiscovery? = nil
  ) {
    self.selection = selection
    self.shard = shard
    self.interval = interval
    self.waits = waits
    self.scansOnce = scansOnce
    self.known = known
    self.saved = saved
    for conference in over.sorted() { rememberOver(conference) }
  }

  /// Whether a conference has ended, so that it is not watched again.
  package func isOver(_ conference: ConferenceSID) -> Bool { over.contains(conference) }

  /// Whether there has been no complete answer yet.
  package var isStart: Bool { lastAnswer == nil }

  /// When the last complete answer was requested; nil if there has been none in this run.
  package var answerAskedAt: Timestamp? { lastAnswer?.askedAt }

  /// How long from the start the first complete answer may take; nil once it has arrived, or if the run waits for it.
  package var startDeadline: Duration? {
    isStart && (scansOnce || !waits) && !(isRefused && isPatient) ? Self.startTime : nil
  }

  /// Whether to go on trying a refused token: an earlier run saved a room, or the user asked to wait.
  package var isPatient: Bool { !scansOnce && (waits || !known.isEmpty) }

  /// Starts with the conferences of the previous run. With one scan per conference, an answer comes first.
  package mutating func start() -> [Action] { scansOnce ? [] : watchKnown() }

  /// Records that the list is being requested.
  ///
  /// - Parameter elapsed: since the run began.
  package mutating func begin(at now: Timestamp, after elapsed: Duration) { question = (now, elapsed) }

  /// Handles a complete answer.
  ///
  /// - Parameter elapsed: since the run began.
  package mutating func answered(_ candidates: [Candidate], after elapsed: Duration) -> [Action] {
    isRefused = false
    var actions = isStart && scansOnce ? watchKnown() : []
    let (isFirst, before) = (isStart, lastAnswer?.askedAt)
    lastAnswer = Answer(
      askedAt: question?.askedAt, end: elapsed, length: elapsed - (question?.start ?? elapsed))
    for candidate in candidates where isNew(candidate) {
      actions.append(watch(candidate, isFirst ? firstOrigin(of: candidate.sid) : .foundLater(after: before)))
    }
    if watched.isEmpty { return actions + withoutConferences() }
    isNoticeSettled = true
    return scansOnce ? actions : actions + [.askAgain]
  }

  /// Handles a failed answer.
  ///
  /// - Parameters:
  ///   - elapsed: the time since the run began.
  ///   - isRefused: whether the token has been refused for the second time.
  package mutating func failed(_ failure: ScanFailure, after elapsed: Duration, isRefused: Bool = false) -> [Action] {
    self.isRefused = failure.isRefusal
    guard isStart else { return [.askAgain] }
    if failure.isPermanent || isRefused && failure.isRefusal && !isPatient { return [.finish(.failed(failure))] }
    guard let startDeadline, elapsed >= startDeadline else { return [.askAgain] }
    return [.finish(.failed(failure))]
  }

  /// Records that a watched conference is no longer polled.
  package mutating func pollingEnded(_ conference: ConferenceSID, _ outcome: PollOutcome) -> [Action] {
    guard watched.remove(conference) != nil else { return [] }
    switch outcome {
    case .ended:
      rememberOver(conference)
      hasEnded = true
    case .over: rememberOver(conference)
    case .unknown: break
    case .complete: hasScanned = true
    case .failed(let problem):
      // The other conferences are still scanned if each is polled by a task of its own.
      guard scansOnce, !problem.isRefusal else { return [.finish(outcome)] }
      failure = failure ?? outcome
    }
    // The pending answer may list another conference of that name.
    guard watched.isEmpty, !isStart else { return [] }
    if scansOnce { return [.finish(ending)] }
    guard selection.endsWithItsConferences, hasEnded || !waits else { return [] }
    return [.finish(ending)]
  }

  /// Returns whether complete answers arrive in time.
  ///
  /// - Parameters:
  ///   - elapsed: the time since the run began.
  ///   - minimumPause: the pause that the request budget imposes.
  package func health(after elapsed: Duration, minimumPause: Duration = .zero) -> Health {
    guard let lastAnswer else { return .unanswered }
    if scansOnce { return .inTime }
    let interval = max(pause, minimumPause, lastAnswer.length)
    return elapsed - lastAnswer.end < Outage.threshold(interval: interval) ? .inTime : .late
  }

  // MARK: Conferences

  /// Returns how a conference in the first answer of the run was found.
  private func firstOrigin(of conference: ConferenceSID) -> ConferenceTracker.Origin {
    saved?.origin(of: conference) ?? .foundAtStart
  }

  private mutating func watchKnown() -> [Action] { known.map { watch($0, .foundAtStart) } }

  private mutating func watch(_ candidate: Candidate, _ origin: ConferenceTracker.Origin) -> Action {
    watched.insert(candidate.sid)
    return .watch(candidate.sid, friendlyName: candidate.friendlyName.isEmpty ? nil : candidate.friendlyName, origin)
  }

  private func isNew(_ candidate: Candidate) -> Bool {
    !watched.contains(candidate.sid) && !over.contains(candidate.sid)
      && selection.contains(friendlyName: candidate.friendlyName)
      && (candidate.status.isEmpty || Self.statuses.contains(candidate.status))
      && shard?.contains(candidate.sid) != false
  }

  private mutating func rememberOver(_ conference: ConferenceSID) {
    guard over.insert(conference).inserted else { return }
    overInOrder.append(conference)
    while overInOrder.count > Self.maximumOver, let first = overInOrder.popFirst() { over.remove(first) }
  }

  // MARK: Continuing or ending

  /// How long to pause after a complete answer.
  package var pause: Duration {
    let isCalm = selection.endsWithItsConferences && !watched.isEmpty
    return max(interval, isCalm ? Self.calmPause : DiscoverySchedule.shortestPause)
  }

  /// Returns the actions after a complete answer that leaves nothing to watch.
  private mutating func withoutConferences() -> [Action] {
    if scansOnce { return [.finish(ending)] }
    if selection.endsWithItsConferences, hasEnded || !waits { return [.finish(ending)] }
    defer { isNoticeSettled = true }
    return (isNoticeSettled ? [] : [.showNoConference]) + [.askAgain]
  }

  /// The outcome of a run that ends because nothing is left to watch.
  private var ending: PollOutcome {
    if let failure { return failure }
    if hasScanned { return .complete }
    if hasEnded { return .ended }
    // Finding none is a valid result unless an exact name was given without `--wait`.
    return scansOnce && (waits || !selection.endsWithItsConferences) ? .complete : .unknown
  }
}
