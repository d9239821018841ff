/// A token that an origin has refused: who may ask when, one at a time, to find out whether it is refused to everybody.
struct TokenRefusal: Sendable {
  typealias Source = OriginGovernor.Source

  /// The waits after the first refusals.
  private static let pauses: [Duration] = [.seconds(1), .seconds(5), .seconds(15)]
  /// The wait after each further one.
  private static let longestPause: Duration = .seconds(60)
  /// So many refusals show that it is the token.
  static let confirming = 2
  /// No request takes longer: an attempt that is not answered makes way for another.
  private static let attemptTime: Duration = .seconds(20)

  /// Who has been refused since the last request that was accepted.
  private var sources: Set<Source>
  /// Refusals, one after the other; those of requests that were under way together count as one.
  private var count = 1
  private var lastAt: Timestamp
  /// When ``count`` last rose.
  private var countedAt: Timestamp
  private(set) var nextAttempt: Timestamp
  /// Who asks now, to find out.
  private var attempt: Source?

  init(_ source: Source, at now: Timestamp) {
    sources = [source]
    lastAt = now
    countedAt = now
    nextAttempt = now + Self.pause(after: 1)
  }

  /// The wait after so many refusals.
  static func pause(after count: Int) -> Duration {
    count <= pauses.count ? pauses[max(count, 1) - 1] : longestPause
  }

  /// Whether it is the token, and not one conference.
  ///
  /// - Parameter sources: how many there are who ask.
  func isConfirmed(among sources: Int) -> Bool {
    count >= Self.confirming && (self.sources.count > 1 || sources == 1)
  }

  /// When a source may ask. Whoever has not been refused yet shows sooner whether it is the token.
  func opening(for source: Source) -> Timestamp { prefersOthers && isNew(source) ? firstOpening : nextAttempt }

  /// When a source that has not been refused may ask.
  var firstOpening: Timestamp { min(lastAt + Self.pause(after: 1), nextAttempt) }

  /// Whether there may be a source that may ask before ``nextAttempt``.
  var prefersOthers: Bool { attempt == nil && sources.count == 1 }

  /// Whether a source would be an attempt of somebody who has not been refused.
  func isNew(_ source: Source) -> Bool { !sources.contains(source) }

  mutating func begin(_ source: Source, at now: Timestamp) {
    attempt = source
    nextAttempt = now + Self.attemptTime
  }

  /// Whoever was to find out sends nothing: another one may.
  mutating func withdraw(_ source: Source) {
    guard attempt == source else { return }
    attempt = nil
    nextAttempt = lastAt + Self.pause(after: count)
  }

  /// A source has been refused.
  mutating func refused(_ source: Source, at now: Timestamp) {
    let isNew = sources.insert(source).inserted
    // What was under way at the time says nothing new.
    guard attempt == source else { return }
    let regular = countedAt + Self.pause(after: count)
    // Whoever finds out before the others' next attempt does not put it off.
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

  /// A source has had a reply that says nothing about the token.
  mutating func failed(_ source: Source, at now: Timestamp) {
    if attempt == source { endAttempt(at: now) }
  }

  private mutating func endAttempt(at now: Timestamp) {
    attempt = nil
    lastAt = now
    nextAttempt = now + Self.pause(after: count)
  }

  /// Another token is tried at once.
  mutating func renewed(at now: Timestamp) {
    attempt = nil
    lastAt = now - Self.pause(after: 1)
    nextAttempt = now
  }
}
