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
  /// Until when conferences wait for an origin that may not be asked; none for those that wait for ever.
  private var deadlines: [Int: Timestamp] = [:]

  package init() {}

  /// Notes when a conference is due, once for each poll.
  ///
  /// - Parameters:
  ///   - number: the conference's.
  ///   - isBusy: whether it is preferred.
  ///   - deadline: until when it waits for an origin that may not be asked; nil for ever.
  package mutating func add(_ number: Int, due: Timestamp, isBusy: Bool, deadline: Timestamp? = nil) {
    arrivals += 1
    later.insert(Item(moment: due, arrival: arrivals, number: number, isBusy: isBusy))
    if let deadline { deadlines[number] = deadline }
  }

  /// Has those wait in line whose time has come.
  package mutating func collect(at now: Timestamp, _ budget: RequestBudget) {
    while let due = later.least, due.moment <= now, var item = later.popLeast() {
      if item.isBusy { item.moment = item.moment - budget.preference }
      line.insert(item)
    }
  }

  /// Takes the first conference in line out; nil where none is.
  package mutating func next() -> Int? { line.popLeast().map { leave($0.number) } }

  /// Takes the first one in line out of which something is true.
  package mutating func next(where isChosen: (Int) -> Bool) -> Int? {
    var others: [Item] = []
    defer { for item in others { line.insert(item) } }
    while let item = line.popLeast() {
      if isChosen(item.number) { return leave(item.number) }
      others.append(item)
    }
    return nil
  }

  /// Takes one in line out that cannot wait any longer.
  package mutating func takeLate(at now: Timestamp) -> Int? {
    guard let first = firstDeadline, first <= now else { return nil }
    let late = deadlines.filter { $0.value <= now }
    return next { late[$0] != nil }
  }

  private mutating func leave(_ number: Int) -> Int {
    deadlines[number] = nil
    return number
  }

  /// Has a conference be due that was to be so later.
  package mutating func hasten(_ number: Int, to now: Timestamp) {
    var items: [Item] = []
    while let item = later.popLeast() { items.append(item) }
    for var item in items {
      if item.number == number { item.moment = min(item.moment, now) }
      later.insert(item)
    }
  }

  /// When a turn may come; nil where nothing is due, or not before some poll is over.
  package func wakeTime(_ budget: RequestBudget) -> Timestamp? {
    if budget.isFull, !line.isEmpty { return nil }
    return line.isEmpty ? later.least?.moment : budget.opensAt
  }

  /// When the next conference is due that is not in line yet.
  package var nextDue: Timestamp? { later.least?.moment }

  /// Until when the first one waits for an origin that may not be asked.
  package var firstDeadline: Timestamp? { deadlines.values.min() }
}
