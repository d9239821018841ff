/// Which conference is polled next, where there are many: those whose time has come, as far as the budget allows.
///
/// Where it does not allow all of them, busy ones are preferred, and whoever has waited for longer than
/// ``RequestBudget/preference`` goes first.
package struct PollAgenda: Sendable {
  /// Items that were brought forward stay in the heap until they outnumber the others, and this number.
  private static let fewestStaleItems = 64

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

  /// By the time that each is due, stale items included. The least one is never stale.
  private var later = Heap<Item>()
  /// Those of them that are not stale, by number.
  private var waiting: [Int: Item] = [:]
  private var staleItems = 0
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
    let item = Item(moment: due, arrival: arrivals, number: number, isBusy: isBusy)
    later.insert(item)
    waiting[number] = item
    if let deadline { deadlines[number] = deadline }
  }

  /// Has those wait in line whose time has come.
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

/// When to poll next: at ticks that are whole intervals from the start, so that slow replies do not make polling drift.
///
/// A tick that passes while a poll is still running is skipped, not made up for. After a failure somebody else decides.
package struct PollSchedule: Sendable {
  /// Intervals outside these bounds become the nearer one.
  package static let intervals = Duration.milliseconds(100)...Duration.seconds(3600)

  package let start: Timestamp
  package let interval: Duration
  /// When to poll next. Stays what it is while a poll is running.
  package private(set) var due: Timestamp

  /// The first poll is due at the start itself.
  package init(start: Timestamp, interval: Duration) {
    self.start = start
    self.interval = min(max(interval, Self.intervals.lowerBound), Self.intervals.upperBound)
    due = start
  }

  /// A poll is over and was complete.
  ///
  /// - Parameter pause: the next one comes no sooner after this one; where that is more than the interval, ticks are so far
  ///   apart, counted from this one.
  /// - Returns: when the next one is due: the first tick after the one that this poll belonged to which has not passed.
  @discardableResult
  package mutating func succeeded(at now: Timestamp, leastPause pause: Duration = .zero) -> Timestamp {
    // It may have been brought forward.
    let last = min(due, now)
    due =
      pause > interval
      ? Self.next(after: last, every: pause, notBefore: now) : max(tick(after: last), tick(notBefore: now))
    return due
  }

  /// The first of the moments a pause apart that has not passed.
  private static func next(after last: Timestamp, every pause: Duration, notBefore now: Timestamp) -> Timestamp {
    let passed = (now - last).wholeMilliseconds / pause.wholeMilliseconds
    let moment = last + pause * max(1, passed)
    return moment < now ? moment + pause : moment
  }

  /// A poll is over and failed.
  ///
  /// - Parameter moment: when to try again; this may be well before the next tick.
  package mutating func retry(at moment: Timestamp) { due = moment }

  private func tick(after moment: Timestamp) -> Timestamp {
    start + interval * max(0, index(notAfter: moment) + 1)
  }

  private func tick(notBefore moment: Timestamp) -> Timestamp {
    let index = index(notAfter: moment)
    let tick = start + interval * max(0, index)
    return tick < moment ? tick + interval : tick
  }

  /// The number of the last tick at or before the moment; -1 stands for all before the start.
  private func index(notAfter moment: Timestamp) -> Int64 {
    guard moment >= start else { return -1 }
    return (moment - start).wholeMilliseconds / interval.wholeMilliseconds
  }
}

/// Which part of the interval the polls of one conference fall into, so that those of many do not come at once.
///
/// Shares are multiples of the golden ratio: however many conferences there are, and however many come later, they lie
/// about evenly in the interval.
package struct PollSpread: Equatable, Sendable {
  /// First polls come within this time even where the interval is longer: somebody waits for them.
  package static let longestStart = Duration.seconds(2)

  private static let goldenRatio: UInt32 = 2_654_435_769

  /// The conference's number, from 0.
  let index: Int
  /// Its number among those that begin with it, from 0.
  let startIndex: Int

  package init(index: Int, startIndex: Int) {
    self.index = index
    self.startIndex = startIndex
  }

  /// How long polls wait that would otherwise come with all others: the first ones, and those after a pause.
  package func delay(interval: Duration) -> Duration {
    Self.share(startIndex, of: min(interval, Self.longestStart))
  }

  /// The ticks of a conference whose first poll is due ``delay(interval:)`` after the start.
  package func schedule(start: Timestamp, interval: Duration) -> PollSchedule {
    let offset = Self.share(index, of: interval)
    let isLaterThanFirst = offset > delay(interval: interval)
    return PollSchedule(start: start + (isLaterThanFirst ? offset - interval : offset), interval: interval)
  }

  private static func share(_ index: Int, of duration: Duration) -> Duration {
    let fraction = UInt32(truncatingIfNeeded: index) &* goldenRatio
    let milliseconds = duration.wholeMilliseconds
    // At most an hour: the product has room.
    return .milliseconds((milliseconds * Int64(fraction)) >> 32)
  }
}
