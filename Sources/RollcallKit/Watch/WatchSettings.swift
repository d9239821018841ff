/// How conferences are watched.
package struct WatchSettings: Sendable {
  /// How long the first complete scan is tried for.
  static let startTime: Duration = .seconds(30)
  /// How long a sid that the provider does not know yet is waited for: lists lag.
  static let waitForSID: Duration = .seconds(60)
  /// The pause of an origin that refuses the token.
  static let unauthorisedPause: Duration = .seconds(60)
  static let longestBackoff: Duration = .seconds(60)
  static let firstBackoff: Duration = .milliseconds(500)

  package var interval: Duration
  package var confirmsLeft: Bool
  package var scansOnce: Bool
  package var waits: Bool
  /// Whether nothing may be polled because the events of earlier polls have found no reader.
  package var isHeldBack: @Sendable () async -> Bool = { false }

  package init(interval: Duration, confirmsLeft: Bool = true, scansOnce: Bool = false, waits: Bool = false) {
    self.interval = interval
    self.confirmsLeft = confirmsLeft
    self.scansOnce = scansOnce
    self.waits = waits
  }

  /// Full jitter, doubling, and never shorter than the interval or one second.
  func backoff(_ failures: Int) -> Duration {
    let ceiling = min(Self.longestBackoff, Self.firstBackoff * (1 << min(max(failures, 1), 7)))
    return max(ceiling * Double.random(in: 0...1), min(interval, .seconds(1)))
  }
}
