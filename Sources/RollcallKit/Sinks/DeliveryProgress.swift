import RollcallCore

/// Knows up to where a target is done with all events, although lanes finish out of order.
struct DeliveryProgress {
  /// Taken and not yet known to be done, with those that were done ahead of their turn.
  private var pending = FIFO<UInt64>()
  private var doneAhead: Set<UInt64> = []
  /// The last event that was taken from the store.
  private(set) var taken: UInt64

  /// - Parameter taken: events up to this one are none of its concern.
  init(after taken: UInt64 = 0) { self.taken = taken }

  /// The oldest event that is not done.
  var oldest: UInt64? { pending.first }

  /// Everything up to this event is done.
  var done: UInt64 { pending.first.map { $0 - 1 } ?? taken }

  /// How many events the store keeps for the target.
  var kept: Int { Int(taken - done) }

  /// Takes the next event; one that is not wanted is done at once.
  mutating func take(_ sequence: UInt64, isWanted: Bool) {
    taken = sequence
    if isWanted { pending.append(sequence) }
  }

  mutating func finish(_ sequence: UInt64) {
    doneAhead.insert(sequence)
    while let first = pending.first, doneAhead.remove(first) != nil { _ = pending.popFirst() }
  }
}
