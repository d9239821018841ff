/// When the head of a lane is tried again: after 1 s, 5 s, 30 s, 2 min, 5 min, then every 5 min, ±20 %.
package enum RetryPolicy {
  /// The waits after the first failures; the last one is repeated for ever.
  package static let delays: [Duration] = [.seconds(1), .seconds(5), .seconds(30), .seconds(120), .seconds(300)]
  /// How much shorter or longer a wait may be, in percent.
  package static let jitterPercent: Int64 = 20

  /// - Parameters:
  ///   - failures: how many attempts have failed, 1 or more.
  ///   - retryAfter: what the receiver asked for: the least that is waited, cut to 15 min.
  package static func delay(
    failures: Int, retryAfter: Duration?, using random: inout some RandomNumberGenerator
  ) -> Duration {
    let delay = delays[min(max(failures, 1), delays.count) - 1].wholeMilliseconds
    let spread = delay * jitterPercent / 100
    let jittered = Duration.milliseconds(Int64.random(in: (delay - spread)...(delay + spread), using: &random))
    return max(jittered, min(retryAfter ?? .zero, RetryAfter.longest))
  }
}
