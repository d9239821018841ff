/// How conferences are watched.
package struct WatchSettings: Sendable {
  /// How long the first complete scan is tried for.
  static let startTime: Duration = .seconds(30)
  /// How long a sid that the provider does not know yet is waited for: lists lag.
  static let waitForSID: Duration = .seconds(60)
  /// The pause of an origin that refuses the token.
  static let unauthorisedPause: Duration = .seconds(60)

  package var interval: Duration
  package var confirmsLeft: Bool
  package var scansOnce: Bool
  package var waits: Bool

  package init(interval: Duration, confirmsLeft: Bool = true, scansOnce: Bool = false, waits: Bool = false) {
    self.interval = interval
    self.confirmsLeft = confirmsLeft
    self.scansOnce = scansOnce
    self.waits = waits
  }
}
