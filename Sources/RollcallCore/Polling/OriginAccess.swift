/// When an origin may be asked: not while it has asked to be left alone, and rarely while it refuses the token.
package struct OriginAccess: Sendable {
  /// An origin that refuses the token gets one request in so long.
  package static let refusalPause = Duration.seconds(60)

  package enum Admission: Equatable, Sendable {
    case open
    /// Not before that moment, unless something changes earlier; and why.
    case closed(until: Timestamp, because: ScanFailure)
  }

  private var pause: (until: Timestamp, failure: ScanFailure)?
  private var nextAttempt: Timestamp?

  package init() {}

  /// Whether the origin has refused the token, and has not taken one since.
  package var isRefused: Bool { nextAttempt != nil }

  /// Whether anybody may ask, beside those whom ``admit(at:)`` lets.
  package func isOpen(at now: Timestamp) -> Bool {
    if let pause, now < pause.until { return false }
    return !isRefused
  }

  /// Asks for one request, which then has to be sent.
  package mutating func admit(at now: Timestamp) -> Admission {
    if let pause {
      guard now >= pause.until else { return .closed(until: pause.until, because: pause.failure) }
      self.pause = nil
    }
    guard let nextAttempt else { return .open }
    guard now >= nextAttempt else { return .closed(until: nextAttempt, because: .unauthorised) }
    self.nextAttempt = now + Self.refusalPause
    return .open
  }

  /// Takes the failure of a request. A pause never shortens another.
  package mutating func failed(_ failure: ScanFailure, at now: Timestamp) {
    if let wait = failure.retryAfter {
      let until = now + min(wait, RetryAfter.longest)
      if until > pause?.until ?? now { pause = (until, failure) }
    }
    switch failure {
    case .unauthorised: nextAttempt = nextAttempt ?? now + Self.refusalPause
    // Who does not take the token does not look the rest of the request up.
    case .notFound, .invalidPageToken: nextAttempt = nil
    case .throttled, .unavailable, .unreachable, .malformed: break
    }
  }

  /// Takes a reply that shows the token to be good.
  ///
  /// - Returns: whether that is news.
  package mutating func accepted() -> Bool {
    defer { nextAttempt = nil }
    return isRefused
  }

  /// The token has been read again on somebody's wish: it is tried at once.
  package mutating func renewed(at now: Timestamp) {
    if isRefused { nextAttempt = now }
  }
}
