/// Knows which sources are refused, and whether the token is at fault or only a source's own resource.
struct Refusals: Sendable {
  typealias Source = OriginGovernor.Source

  /// The waits after the first three refusals.
  private static let pauses: [Duration] = [.seconds(1), .seconds(5), .seconds(15)]
  /// The wait after each further one.
  private static let longestPause: Duration = .seconds(60)
  /// The number of refusals in a row that shows that it is no accident.
  static let confirming = 2

  /// How often each source has been refused since it last succeeded.
  private var counts: [Source: Int] = [:]
  /// The sources that the token has not been accepted from since it was refused.
  private(set) var refused: Set<Source> = []
  /// Those of them that were refused although the token was accepted from others. Their next refusal says nothing about it.
  private var refusedAlone: Set<Source> = []
  /// Finds out whether the token is at fault; nil while nothing speaks against it.
  private(set) var test: TokenTest?

  /// Returns the wait after a number of refusals.
  static func pause(after count: Int) -> Duration {
    count <= pauses.count ? pauses[max(count, 1) - 1] : longestPause
  }

  /// Returns the wait of a source that has been refused.
  func pause(of source: Source) -> Duration { Self.pause(after: counts[source] ?? 0) }

  /// Returns whether a source has been refused at least twice in a row.
  func isConfirmed(_ source: Source) -> Bool { counts[source] ?? 0 >= Self.confirming }

  /// Records a source's reply, or its absence.
  ///
  /// - Returns: whether the token was in doubt and is accepted now.
  mutating func answered(_ source: Source, _ failure: ScanFailure?, at now: Timestamp) -> Bool {
    if failure?.isRefusal == true { counts[source, default: 0] += 1 }
    switch failure?.kind {
    case nil, .notFound, .invalidPageToken: return accepted(source)
    case .unauthorised: refused(source, at: now)
    case .forbidden, .throttled, .unavailable, .unreachable, .malformed: test?.failed(source, at: now)
    }
    return false
  }

  private mutating func accepted(_ source: Source) -> Bool {
    refused.remove(source)
    // The token works, so the others were refused for another reason.
    refusedAlone = refused
    defer { test = nil }
    return test != nil
  }

  private mutating func refused(_ source: Source, at now: Timestamp) {
    refused.insert(source)
    if test != nil {
      test?.refused(source, at: now)
    } else if refusedAlone.remove(source) == nil {
      test = TokenTest(source, at: now)
    }
  }

  /// Records that a source's poll or look succeeded as a whole.
  mutating func succeeded(_ source: Source) { counts[source] = nil }

  /// Records that a source begins a request, which tests the token if that is in doubt.
  mutating func begin(_ source: Source, at now: Timestamp) { test?.begin(source, at: now) }

  /// Records that a source sends nothing after all.
  mutating func withdraw(_ source: Source) { test?.withdraw(source) }

  /// Lets another token be tried at once.
  mutating func renewed(at now: Timestamp) { test?.renewed(at: now) }

  /// Forgets a source that is no longer requested.
  mutating func remove(_ source: Source) {
    counts[source] = nil
    refused.remove(source)
    refusedAlone.remove(source)
    test?.withdraw(source)
  }
}

/// Decides which source may test a refused token and when, one at a time, to find out whether it is refused everywhere.
struct TokenTest: Sendable {
  typealias Source = OriginGovernor.Source

  /// The longest time that a request takes: after it, another attempt may be made.
  private static let attemptTime: Duration = .seconds(20)

  /// The sources that have been refused since a request was last accepted.
  private var sources: Set<Source>
  /// Consecutive refusals; those of requests that were in flight together count as one.
  private var count = 1
  private var lastAt: Timestamp
  /// When ``count`` last rose.
  private var countedAt: Timestamp
  private(set) var nextAttempt: Timestamp
  /// The source whose request tests the token now.
  private var attempt: Source?

  init(_ source: Source, at now: Timestamp) {
    sources = [source]
    lastAt = now
    countedAt = now
    nextAttempt = now + Refusals.pause(after: 1)
  }

  /// Returns whether the token is at fault, and not one conference.
  ///
  /// - Parameter sources: the number of sources in all.
  func isConfirmed(among sources: Int) -> Bool {
    count >= Refusals.confirming && (self.sources.count > 1 || sources == 1)
  }

  /// Returns when a source may ask. One that has not been refused yet shows sooner whether the token is at fault.
  func opening(for source: Source) -> Timestamp { prefersOthers && isNew(source) ? firstOpening : nextAttempt }

  /// When a source that has not been refused yet may ask.
  var firstOpening: Timestamp { min(lastAt + Refusals.pause(after: 1), nextAttempt) }

  /// Whether a source that has not been refused may ask before ``nextAttempt``.
  var prefersOthers: Bool { attempt == nil && sources.count == 1 }

  /// Returns whether a source has not been refused yet.
  func isNew(_ source: Source) -> Bool { !sources.contains(source) }

  mutating func begin(_ source: Source, at now: Timestamp) {
    attempt = source
    nextAttempt = now + Self.attemptTime
  }

  /// Withdraws an attempt that sends nothing, so that another source may make one.
  mutating func withdraw(_ source: Source) {
    guard attempt == source else { return }
    attempt = nil
    nextAttempt = lastAt + Refusals.pause(after: count)
  }

  /// Records that a source was refused.
  mutating func refused(_ source: Source, at now: Timestamp) {
    let isNew = sources.insert(source).inserted
    // A request that was in flight at the time says nothing new.
    guard attempt == source else { return }
    let regular = countedAt + Refusals.pause(after: count)
    // A newly refused source does not delay the regular next attempt.
    guard !isNew || count < Refusals.confirming || now >= regular else {
      attempt = nil
      lastAt = now
      nextAttempt = regular
      return
    }
    count += 1
    countedAt = now
    endAttempt(at: now)
  }

  /// Records a reply that says nothing about the token.
  mutating func failed(_ source: Source, at now: Timestamp) {
    if attempt == source { endAttempt(at: now) }
  }

  private mutating func endAttempt(at now: Timestamp) {
    attempt = nil
    lastAt = now
    nextAttempt = now + Refusals.pause(after: count)
  }

  /// Lets another token be tried at once.
  mutating func renewed(at now: Timestamp) {
    attempt = nil
    lastAt = now - Refusals.pause(after: 1)
    nextAttempt = now
  }
}
