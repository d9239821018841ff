/// Decides which conferences are watched where they are found by name, or all of them are.
///
/// A reducer, as ``ConferenceTracker`` is. What the stream's first complete answer lists was there before: its people are a
/// baseline. What a later one lists began after the answer before it, which may be one of an earlier run. A conference that is over stays over, whatever the
/// lists say, which lag. Where each is scanned once, a complete answer comes before all scans.
package struct ConferenceDiscovery: Sendable {
  /// A conference of a complete answer.
  package struct Candidate: Equatable, Sendable {
    package var sid: ConferenceSID
    package var friendlyName: String
    /// As the provider says it; empty where it says nothing.
    package var status: String

    package init(sid: ConferenceSID, friendlyName: String, status: String) {
      self.sid = sid
      self.friendlyName = friendlyName
      self.status = status
    }
  }

  package enum Action: Equatable, Sendable {
    case watch(ConferenceSID, friendlyName: String?, ConferenceTracker.Origin)
    case askAgain(after: Duration)
    /// Tell people, once, that there is nothing to watch yet.
    case tellOfNone
    /// Watching is over: `ended` where every conference that was watched is over, `complete` where each has been scanned and
    /// once is enough (there may have been none), `unknown` where there is none of that name, or it was over before it could be
    /// watched.
    case finish(PollOutcome)
  }

  /// Whether complete answers come in time.
  package enum Health: Equatable, Sendable {
    /// There has been none in this run.
    case unanswered
    case inTime
    /// The last one is too long ago.
    case late
  }

  /// A complete answer, as far as later ones depend on it.
  private struct Answer {
    var askedAt: Timestamp?
    /// When it was there, since the run began, and how long it took.
    var end: Duration
    var length: Duration
  }

  /// How long the first complete answer is tried for.
  package static let startTime = Duration.seconds(30)
  /// No two answers are asked for within less.
  package static let shortestPause = Duration.seconds(1)
  /// While a conference of the exact name is watched, another one of that name is hardly to come.
  package static let calmPause = Duration.seconds(10)
  /// So many conferences that are over are remembered, the latest.
  package static let maximumOver = 100_000

  /// The statuses of conferences that are asked for, in that order: a conference on its way from one to the next is in one
  /// of the answers at least. Who waits alone in a conference waits in one that is not in progress yet.
  package static let statuses = ["init", "in-progress"]

  package let selection: ConferenceSelection
  private let shard: Shard?
  private let interval: Duration
  private let waits: Bool
  private let scansOnce: Bool
  private let known: [Candidate]
  private let saved: SavedDiscovery?
  /// The list that is being asked for, or was last.
  private var question: (askedAt: Timestamp, start: Duration)?
  private var lastAnswer: Answer?
  private var watched: Set<ConferenceSID> = []
  private var over: Set<ConferenceSID> = []
  private var overInOrder = FIFO<ConferenceSID>()
  private var hasToldOfNone = false
  /// What became of the conferences that are watched no longer.
  private var hasScanned = false
  private var hasEnded = false
  private var failure: PollOutcome?
  /// Whether the last answer was a refusal.
  private var isRefused = false

  /// - Parameters:
  ///   - shard: the part of the conferences that is this process's; nil for all of them.
  ///   - interval: between two answers.
  ///   - waits: whether a conference that is not there yet is waited for.
  ///   - scansOnce: whether one complete scan of each conference is enough.
  ///   - over: conferences whose end has been told already.
  ///   - known: conferences that the run before watched. If they are over by now, that has yet to be told.
  ///   - saved: the last complete answer of an earlier run to the same question; nil where there was none.
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

  /// When the last complete answer was asked for; nil where there has been none in this run.
  package var answerAskedAt: Timestamp? { lastAnswer?.askedAt }

  /// How long from the start the first complete answer may take; nil where it is there, or waited for.
  package var startDeadline: Duration? {
    isStart && (scansOnce || !waits) && !(isRefused && isPatient) ? Self.startTime : nil
  }

  /// Whether a refused token is tried for as long as it takes: somebody relies on the watch, or waits for its start.
  package var isPatient: Bool { !scansOnce && (waits || !known.isEmpty) }

  /// Begins with the conferences of the run before. Where each is scanned once, an answer comes first.
  package mutating func start() -> [Action] { scansOnce ? [] : watchKnown() }

  /// Notes that the list is asked for now.
  ///
  /// - Parameter elapsed: since the run began.
  package mutating func begin(at now: Timestamp, after elapsed: Duration) { question = (now, elapsed) }

  /// Takes a complete answer.
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
    hasToldOfNone = true
    return scansOnce ? actions : actions + [.askAgain(after: pause)]
  }

  /// Takes the failure of an answer.
  ///
  /// - Parameters:
  ///   - elapsed: since the run began.
  ///   - delay: how long the origin is to be left alone.
  ///   - isRefused: whether the token has been refused for a second time.
  package mutating func failed(
    _ failure: ScanFailure, after elapsed: Duration, retryingIn delay: Duration, isRefused: Bool = false
  ) -> [Action] {
    let delay = max(delay, Self.shortestPause)
    self.isRefused = failure.isRefusal
    guard isStart else { return [.askAgain(after: delay)] }
    if failure.isPermanent || isRefused && failure.isRefusal && !isPatient { return [.finish(.failed(failure))] }
    guard let startDeadline else { return [.askAgain(after: delay)] }
    guard elapsed < startDeadline else { return [.finish(.failed(failure))] }
    return [.askAgain(after: min(delay, startDeadline - elapsed))]
  }

  /// Takes the end of a conference that was to be watched.
  package mutating func left(_ conference: ConferenceSID, _ outcome: PollOutcome) -> [Action] {
    guard watched.remove(conference) != nil else { return [] }
    switch outcome {
    case .ended:
      rememberOver(conference)
      hasEnded = true
    case .over: rememberOver(conference)
    case .unknown: break
    case .complete: hasScanned = true
    case .failed(let problem):
      // The others are scanned all the same where each is a task of its own.
      guard scansOnce, !problem.isRefusal else { return [.finish(outcome)] }
      failure = failure ?? outcome
    }
    // Another conference of the name may be in the answer that has yet to come.
    guard watched.isEmpty, !isStart else { return [] }
    if scansOnce { return [.finish(ending)] }
    guard selection.endsWithItsConferences, hasEnded || !waits else { return [] }
    return [.finish(ending)]
  }

  /// Whether complete answers come in time.
  ///
  /// - Parameters:
  ///   - elapsed: since the run began.
  ///   - leastPause: the pause that the budget of requests imposes.
  package func health(after elapsed: Duration, leastPause: Duration = .zero) -> Health {
    guard let lastAnswer else { return .unanswered }
    if scansOnce { return .inTime }
    let interval = max(pause, leastPause, lastAnswer.length)
    return elapsed - lastAnswer.end < Outage.threshold(interval: interval) ? .inTime : .late
  }

  // MARK: Conferences

  /// How a conference of the first answer of the run has been found.
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

  // MARK: What follows

  private var pause: Duration {
    let isCalm = selection.endsWithItsConferences && !watched.isEmpty
    return max(interval, isCalm ? Self.calmPause : Self.shortestPause)
  }

  /// What follows a complete answer that leaves nothing to watch.
  private mutating func withoutConferences() -> [Action] {
    if scansOnce { return [.finish(ending)] }
    if selection.endsWithItsConferences, hasEnded || !waits { return [.finish(ending)] }
    defer { hasToldOfNone = true }
    return (hasToldOfNone ? [] : [.tellOfNone]) + [.askAgain(after: pause)]
  }

  /// What a run has come to that ends with nothing left to watch.
  private var ending: PollOutcome {
    if let failure { return failure }
    if hasScanned { return .complete }
    if hasEnded { return .ended }
    // That there is none is an answer too, where none was named or somebody said that there may be none.
    return scansOnce && (waits || !selection.endsWithItsConferences) ? .complete : .unknown
  }
}
