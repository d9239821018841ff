/// Chooses which of many conferences to poll next: those that are due, as far as the budget allows.
///
/// If the budget does not allow all of them, busy conferences are preferred, and those that have waited longer than
/// ``RequestBudget/preference`` go first.
package struct PollAgenda: Sendable {
  /// Stale items of conferences that were brought forward stay in the heap until there are more of them than of other
  /// items, and more than this number.
  private static let fewestStaleItems = 64

  private struct Item: Comparable, Sendable {
    var moment: Timestamp
    /// Keeps items of equal moments in the order in which they were added.
    var arrival: UInt64
    var number: Int
    var isBusy: Bool

    static func < (left: Item, right: Item) -> Bool {
      (left.moment, left.arrival) < (right.moment, right.arrival)
    }
  }

  private struct Deadline: Comparable, Sendable {
    var moment: Timestamp
    var number: Int

    static func < (left: Deadline, right: Deadline) -> Bool {
      (left.moment, left.number) < (right.moment, right.number)
    }
  }

  /// Conferences that are not due yet, by due time, stale items included. The least one is never stale.
  private var later = Heap<Item>()
  /// The items of ``later`` that are not stale, by the conference's number.
  private var waiting: [Int: Item] = [:]
  private var staleItems = 0
  /// Conferences that are due, by due time less any preference.
  private var queue = Heap<Item>()
  private var arrivals: UInt64 = 0
  /// The times until which conferences wait while the origin takes no requests; those without an entry wait forever.
  private var deadlines: [Int: Timestamp] = [:]
  /// The same deadlines, the earliest first. Some are no longer valid, but never the first.
  private var deadlinesInOrder = Heap<Deadline>()
  private var staleDeadlines = 0

  package init() {}

  /// Records when a conference is due, once for each poll.
  ///
  /// - Parameters:
  ///   - number: the conference's number.
  ///   - isBusy: whether to prefer it.
  ///   - deadline: the time until which it waits while the origin takes no requests; nil waits forever.
  package mutating func add(_ number: Int, due: Timestamp, isBusy: Bool, deadline: Timestamp? = nil) {
    arrivals += 1
    let item = Item(moment: due, arrival: arrivals, number: number, isBusy: isBusy)
    later.insert(item)
    waiting[number] = item
    if let deadline { deadlinesInOrder.insert(Deadline(moment: deadline, number: number)) }
    setDeadline(deadline, of: number)
  }

  /// Moves the conferences that are due into the queue.
  package mutating func collect(at now: Timestamp, _ budget: RequestBudget) {
    while let least = later.least {
      let isStale = waiting[least.number] != least
      guard isStale || least.moment <= now, var item = later.popLeast() else { return }
      guard !isStale else {
        staleItems -= 1
        continue
      }
      waiting[item.number] = nil
      if item.isBusy { item.moment = item.moment - budget.preference }
      queue.insert(item)
    }
  }

  /// Removes and returns the first conference in the queue; nil if there is none.
  package mutating func next() -> Int? { queue.popLeast().map { leave($0.number) } }

  /// Removes and returns the first conference in the queue that satisfies a predicate.
  package mutating func next(where isChosen: (Int) -> Bool) -> Int? { take { number, _ in isChosen(number) } }

  /// - Parameter isChosen: decides by a conference's number and deadline.
  private mutating func take(where isChosen: (Int, Timestamp?) -> Bool) -> Int? {
    var others: [Item] = []
    defer { for item in others { queue.insert(item) } }
    while let item = queue.popLeast() {
      if isChosen(item.number, deadlines[item.number]) { return leave(item.number) }
      others.append(item)
    }
    return nil
  }

  /// Removes and returns a conference in the queue whose deadline has passed.
  package mutating func takeLate(at now: Timestamp) -> Int? {
    guard let first = firstDeadline, first <= now else { return nil }
    return take { _, deadline in deadline.map { $0 <= now } ?? false }
  }

  private mutating func leave(_ number: Int) -> Int {
    setDeadline(nil, of: number)
    return number
  }

  private mutating func setDeadline(_ deadline: Timestamp?, of number: Int) {
    if deadlines[number] != nil { staleDeadlines += 1 }
    deadlines[number] = deadline
    if staleDeadlines > max(deadlines.count, Self.fewestStaleItems) {
      deadlinesInOrder = Heap()
      for (number, moment) in deadlines { deadlinesInOrder.insert(Deadline(moment: moment, number: number)) }
      staleDeadlines = 0
    }
    while let first = deadlinesInOrder.least, deadlines[first.number] != first.moment {
      _ = deadlinesInOrder.popLeast()
      staleDeadlines -= 1
    }
  }

  /// Brings a conference forward that is due later; does nothing if it is due by then, or not in the agenda.
  package mutating func hasten(_ number: Int, to moment: Timestamp) {
    guard var item = waiting[number], moment < item.moment else { return }
    item.moment = moment
    waiting[number] = item
    later.insert(item)
    staleItems += 1
    if staleItems > max(waiting.count, Self.fewestStaleItems) { removeStaleItems() }
  }

  private mutating func removeStaleItems() {
    later = Heap()
    for item in waiting.values { later.insert(item) }
    staleItems = 0
  }

  /// When the next turn may come; nil if nothing is scheduled, or a running poll must finish first.
  package func wakeTime(_ budget: RequestBudget) -> Timestamp? {
    if budget.isFull, !queue.isEmpty { return nil }
    return queue.isEmpty ? later.least?.moment : budget.opensAt
  }

  /// When the next conference outside the queue is due.
  package var nextDue: Timestamp? { later.least?.moment }

  /// The earliest deadline of a conference that waits for the origin.
  package var firstDeadline: Timestamp? { deadlinesInOrder.least?.moment }
}
