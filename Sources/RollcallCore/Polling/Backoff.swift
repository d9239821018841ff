/// Computes how long to wait after consecutive failures: doubling, with full jitter.
package enum Backoff {
  /// The maximum of the first wait.
  package static let first = Duration.milliseconds(500)
  /// The maximum of any wait.
  package static let longest = Duration.seconds(60)
  /// The minimum of any wait, unless the interval is shorter.
  package static let floor = Duration.seconds(1)

  /// Returns the wait after failure number `attempt`, from 0: between 0 and min(60 s, 0.5 s · 2^attempt), but at least
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
