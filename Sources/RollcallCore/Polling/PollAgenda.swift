/// Which conference is polled next, where there are many: those whose time has come, as far as the budget allows.
///
/// Where it does not allow all of them, busy ones are preferred, and whoever has waited for longer than
/// ``RequestBudget/preference`` goes first.
package struct PollAgenda: Sendable {
  private struct Item: Comparable, Sendable {
    var moment: Timestamp
    /// Keeps equal moments in the order in which they came.
    var arrival: UInt64
    var number: Int
    var isBusy: Bool

    static func < (left: Item, right: Item) -> Bool {
      (left.moment, left.arrival) < (right.moment, right.arrival)
    }
  }

  /// By the time that each is due.
  private var later = Heap<Item>()
  /// Those that are due, by the time that they count as due.
  private var line = Heap<Item>()
  private var arrivals: UInt64 = 0

  package init() {}

  /// Notes when a conference is due, once for each poll.
  ///
  /// - Parameters:
  ///   - number: the conference's.
  ///   - isBusy: whether it is preferred.
  package mutating func add(_ number: Int, due: Timestamp, isBusy: Bool) {
    arrivals += 1
    later.insert(Item(moment: due, arrival: arrivals, number: number, isBusy: isBusy))
  }

  /// Takes the next conference out whose poll is to begin now; nil where none is.
  package mutating func next(at now: Timestamp, _ budget: inout RequestBudget) -> Int? {
    while let due = later.least, due.moment <= now, var item = later.popLeast() {
      if item.isBusy { item.moment = item.moment - budget.preference }
      line.insert(item)
    }
    guard !line.isEmpty, budget.isOpen(at: now), let item = line.popLeast() else { return nil }
    budget.begin(at: now)
    return item.number
  }

  /// When ``next(at:_:)`` is to be asked again; nil where nothing is due, or not before some poll is over.
  package func wakeTime(_ budget: RequestBudget) -> Timestamp? {
    if budget.isFull, !line.isEmpty { return nil }
    return line.isEmpty ? later.least?.moment : budget.opensAt
  }
}
