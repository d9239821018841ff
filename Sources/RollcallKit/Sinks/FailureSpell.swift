import RollcallCore

/// The time from a webhook's first failure until everything that failed has ended and an event was accepted.
///
/// A failure that follows a success of another conference's events is not a new one, and such a success is no recovery.
struct FailureSpell {
  /// The first events of the deliveries that failed and still wait; nil outside a spell.
  private var waiting: Set<UInt64>?
  /// Whether the circuit is open, as far as the queue has said; its closing ends the spell.
  private var isCircuitOpen = false

  /// Records a failed attempt that will be repeated.
  ///
  /// - Returns: whether the failure begins a spell.
  mutating func failed(_ delivery: Delivery) -> Bool {
    let isFirst = waiting == nil
    waiting = waiting ?? []
    waiting?.insert(delivery.first)
    return isFirst
  }

  /// Records that a delivery was given up.
  mutating func gaveUp(_ delivery: Delivery) { waiting?.remove(delivery.first) }

  /// Records that a delivery was accepted.
  ///
  /// - Returns: whether this ends the spell.
  mutating func delivered(_ delivery: Delivery) -> Bool {
    waiting?.remove(delivery.first)
    guard let left = waiting, left.isEmpty, !isCircuitOpen else { return false }
    waiting = nil
    return true
  }

  mutating func circuitOpened() { isCircuitOpen = true }

  mutating func circuitClosed() { (isCircuitOpen, waiting) = (false, nil) }
}
