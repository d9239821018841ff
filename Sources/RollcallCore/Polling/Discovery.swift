/// Decides which conferences are watched where they are found by name, or all of them are.
///
/// A reducer, as ``ConferenceTracker`` is. What the first complete answer lists was there before: its people are a
/// baseline. What a later one lists began after the answer before it. A conference that is over stays over, whatever the
/// lists say, which lag.
package struct Discovery: Sendable {
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
    case finish(Ending)
  }

  /// Why watching is over.
  package enum Ending: Equatable, Sendable {
    /// Every conference that was watched is over.
    case conferencesEnded
    case scannedOnce
    /// There is none of that name, or it was over before it could be watched.
    case notFound
    /// The provider refused the token at the start.
    case unauthorised
    /// At the start; and why.
    case unreachable(ScanFailure)
  }

  /// What became of a conference that was to be watched.
  package enum Fate: Equatable, Sendable {
    /// Watched to its end.
    case ended
    /// Over before it could be watched.
    case over
    /// Listed, but unknown when it was asked for.
    case unknown
    case scannedOnce
    case failed(Ending)
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
  private var askedAt: Timestamp?
  /// When the last complete answer had been asked for.
  private var lastAnswerAskedAt: Timestamp?
  private var watched: Set<ConferenceSID> = []
  private var over: Set<ConferenceSID> = []
  private var overInOrder = FIFO<ConferenceSID>()
  private var hasToldOfNone = false
  private var best: Ending = .notFound
  private var backoff = Backoff()

  /// - Parameters:
  ///   - shard: the part of the conferences that is this process's; nil for all of them.
  ///   - interval: between two answers.
  ///   - waits: whether a conference that is not there yet is waited for.
  ///   - scansOnce: whether one complete scan of each conference is enough.
  ///   - over: conferences whose end has been told already.
  ///   - known: conferences that are watched already, from the run before.
  package init(
    _ selection: ConferenceSelection, shard: Shard? = nil, interval: Duration, waits: Bool, scansOnce: Bool,
    over: Set<ConferenceSID> = [], known: [ConferenceSID] = []
  ) {
    self.selection = selection
    self.shard = shard
    self.interval = interval
    self.waits = waits
    self.scansOnce = scansOnce
    watched = Set(known)
    for conference in over.sorted() { rememberOver(conference) }
  }

  /// Whether there has been no complete answer yet.
  package var isStart: Bool { lastAnswerAskedAt == nil }

  /// How long from the start the first complete answer may take; nil where it is there, or waited for.
  package var startDeadline: Duration? { isStart ? patience : nil }

  /// For how long from the start finding nothing is no ending yet; nil where that is for ever.
  private var patience: Duration? {
    if waits { return scansOnce ? Self.startTime : nil }
    return isStart ? Self.startTime : .zero
  }

  /// Notes that the list is asked for now.
  package mutating func begin(at now: Timestamp) { askedAt = now }

  /// Takes a complete answer.
  ///
  /// - Parameter elapsed: since the run began.
  package mutating func answered(_ candidates: [Candidate], after elapsed: Duration) -> [Action] {
    backoff.succeeded()
    let origin: ConferenceTracker.Origin = isStart ? .foundAtStart : .foundLater(after: lastAnswerAskedAt)
    lastAnswerAskedAt = askedAt
    var actions: [Action] = []
    for candidate in candidates where isNew(candidate) {
      watched.insert(candidate.sid)
      let name = candidate.friendlyName.isEmpty ? nil : candidate.friendlyName
      actions.append(.watch(candidate.sid, friendlyName: name, origin))
    }
    if !watched.isEmpty { hasToldOfNone = true }
    if scansOnce, !watched.isEmpty { return actions }
    // That there is none is an answer too, where none was named.
    if scansOnce, !selection.endsWithItsConferences { return [.finish(.scannedOnce)] }
    guard watched.isEmpty else { return actions + [.askAgain(after: pause)] }
    guard selection.endsWithItsConferences, let patience else {
      defer { hasToldOfNone = true }
      return (hasToldOfNone ? [] : [.tellOfNone]) + [.askAgain(after: pause)]
    }
    return [elapsed >= patience ? .finish(best) : .askAgain(after: min(pause, patience - elapsed))]
  }

  private func isNew(_ candidate: Candidate) -> Bool {
    !watched.contains(candidate.sid) && !over.contains(candidate.sid)
      && selection.contains(friendlyName: candidate.friendlyName)
      && (candidate.status.isEmpty || Self.statuses.contains(candidate.status))
      && shard?.contains(candidate.sid) != false
  }

  private var pause: Duration {
    let isCalm = selection.endsWithItsConferences && !watched.isEmpty
    return max(interval, isCalm ? Self.calmPause : Self.shortestPause)
  }

  /// Takes the failure of an answer.
  ///
  /// - Parameter elapsed: since the run began.
  package mutating func failed(
    _ failure: ScanFailure, after elapsed: Duration, using random: inout some RandomNumberGenerator
  ) -> [Action] {
    let delay = max(backoff.failed(interval: interval, using: &random), Self.shortestPause)
    guard isStart else { return [.askAgain(after: delay)] }
    if failure == .unauthorised { return [.finish(.unauthorised)] }
    guard let patience else { return [.askAgain(after: delay)] }
    guard elapsed < patience else { return [.finish(.unreachable(failure))] }
    return [.askAgain(after: min(delay, patience - elapsed))]
  }

  /// Takes the end of a conference that was to be watched.
  package mutating func left(_ conference: ConferenceSID, _ fate: Fate) -> [Action] {
    guard watched.remove(conference) != nil else { return [] }
    switch fate {
    case .ended:
      rememberOver(conference)
      best = .conferencesEnded
    case .over: rememberOver(conference)
    case .unknown: break
    case .scannedOnce: best = .scannedOnce
    case .failed(let ending): return [.finish(ending)]
    }
    guard watched.isEmpty else { return [] }
    if scansOnce { return [.finish(best)] }
    guard selection.endsWithItsConferences, best != .notFound || !waits else { return [] }
    return [.finish(best)]
  }

  private mutating func rememberOver(_ conference: ConferenceSID) {
    guard over.insert(conference).inserted else { return }
    overInOrder.append(conference)
    while overInOrder.count > Self.maximumOver, let first = overInOrder.popFirst() { over.remove(first) }
  }
}
