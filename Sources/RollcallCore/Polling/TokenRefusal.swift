/// Decides which source may test a refused token and when, one at a time, to find out whether it is refused everywhere.
struct TokenRefusal: Sendable {
  typealias Source = OriginGovernor.Source

  /// The waits after the first three refusals.
  private static let pauses: [Duration] = [.seconds(1), .seconds(5), .seconds(15)]
  /// The wait after each further one.
  private static let longestPause: Duration = .seconds(60)
  /// The number of refusals that shows that the token is at fault.
  static let confirming = 2
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
    nextAttempt = now + Self.pause(after: 1)
  }

  /// Returns the wait after a number of refusals.
  static func pause(after count: Int) -> Duration {
    count <= pauses.count ? pauses[max(count, 1) - 1] : longestPause
  }

  /// Returns whether the token is at fault, and not one conference.
  ///
  /// - Parameter sources: the number of sources in all.
  func isConfirmed(among sources: Int) -> Bool {
    count >= Self.confirming && (self.sources.count > 1 || sources == 1)
  }

  /// Returns when a source may ask. One that has not been refused yet shows sooner whether the token is at fault.
  func opening(for source: Source) -> Timestamp { prefersOthers && isNew(source) ? firstOpening : nextAttempt }

  /// When a source that has not been refused yet may ask.
  var firstOpening: Timestamp { min(lastAt + Self.pause(after: 1), nextAttempt) }

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
    nextAttempt = lastAt + Self.pause(after: count)
  }

  /// Records that a source was refused.
  mutating func refused(_ source: Source, at now: Timestamp) {
    let isNew = sources.insert(source).inserted
    // A request that was in flight at the time says nothing new.
    guard attempt == source else { return }
    let regular = countedAt + Self.pause(after: count)
    // A newly refused source does not delay the regular next attempt.
    guard !isNew || count < Self.confirming || now >= regular else {
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
    nextAttempt = now + Self.pause(after: count)
  }

  /// Lets another token be tried at once.
  mutating func renewed(at now: Timestamp) {
    attempt = nil
    lastAt = now - Self.pause(after: 1)
    nextAttempt = now
  }
}
