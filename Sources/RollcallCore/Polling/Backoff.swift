/// How long to wait after polls that failed, one after the other: full jitter, doubling.
package enum Backoff {
  /// The most that the first wait can be.
  package static let first = Duration.milliseconds(500)
  /// The most that any wait can be.
  package static let longest = Duration.seconds(60)
  /// No wait is shorter than this, or than the interval where that is shorter still.
  package static let floor = Duration.seconds(1)

  /// The wait after failure number `attempt`, counted from 0: between 0 and min(60 s, 0.5 s · 2^attempt), but not less than
  /// min(interval, 1 s).
  package static func delay(
    attempt: Int, interval: Duration, using random: inout some RandomNumberGenerator
  ) -> Duration {
    // 0.5 s · 2^7 is over 60 s already.
    let doubled = first * (1 << min(max(attempt, 0), 7))
    let jitter = Int64.random(in: 0...min(doubled, longest).wholeMilliseconds, using: &random)
    return max(.milliseconds(jitter), min(interval, floor))
  }
}
