/// Tracks whether a target accepts events at all.
///
/// The circuit opens once attempts have failed for ``openAfter`` without a success, and closes with the next success.
package struct TargetCircuit: Sendable {
  /// How long attempts must fail, without a success of any lane, before the circuit opens.
  package static let openAfter = Duration.seconds(30)

  private(set) var isOpen = false
  /// The number of attempts that succeeded.
  private(set) var successes: UInt64 = 0
  private var failingSince: Timestamp?

  /// Records an attempt that failed.
  mutating func failed(at now: Timestamp) { failingSince = failingSince ?? now }

  /// Records an attempt that succeeded.
  ///
  /// - Returns: whether this success closed the circuit.
  mutating func succeeded() -> Bool {
    successes += 1
    failingSince = nil
    defer { isOpen = false }
    return isOpen
  }

  /// Opens the circuit if attempts have failed for ``openAfter``.
  ///
  /// - Parameter hasEvents: whether any event waits for the target; without one, earlier failures no longer count.
  /// - Returns: whether this call opened the circuit.
  mutating func opens(at now: Timestamp, hasEvents: Bool) -> Bool {
    guard !isOpen else { return false }
    if !hasEvents { failingSince = nil }
    isOpen = failingSince.map { since in now - since >= Self.openAfter } ?? false
    return isOpen
  }
}

/// Decides which events have become too old to be delivered.
///
/// Age alone is not enough: an event expires only once an attempt that began after it was written has failed.
struct EventExpiry: Sendable {
  let maximumAge: Duration
  /// Only events up to this sequence may expire.
  private var failedThrough: UInt64 = 0
  /// When the next head expires; nil if that must be computed.
  private var next: Timestamp?

  init(maximumAge: Duration) { self.maximumAge = maximumAge }

  /// When an event may expire next; nil if none can.
  var wake: Timestamp? { failedThrough > 0 ? next : nil }

  /// Whether heads may have expired since the last call of ``set(next:)``.
  func isDue(at now: Timestamp) -> Bool { failedThrough > 0 && next.map { $0 <= now } ?? true }

  /// Records a failed attempt that began when `newest` was the last event.
  mutating func failed(newest: UInt64) {
    failedThrough = max(failedThrough, newest)
    next = nil
  }

  /// Forgets when the next head expires, because there are other heads.
  mutating func headsChanged() { next = nil }

  mutating func set(next moment: Timestamp) { next = moment }

  func isExpired(_ entry: DeliveryLane.Entry, at now: Timestamp) -> Bool {
    mayExpire(entry) && now - entry.timestamp > maximumAge
  }

  /// When an entry expires; nil if it cannot yet.
  func moment(of entry: DeliveryLane.Entry) -> Timestamp? {
    mayExpire(entry) ? entry.timestamp + maximumAge + .milliseconds(1) : nil
  }

  private func mayExpire(_ entry: DeliveryLane.Entry) -> Bool { entry.delivery.last <= failedThrough }
}
