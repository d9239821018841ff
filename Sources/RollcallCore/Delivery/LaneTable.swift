/// The lanes of one target, and the lists of those that are ready, waiting, low on events, or idle.
struct LaneTable: Sendable {
  private let limits: DeliveryLimits
  private let joinsPolls: Bool
  private var lanes: [DeliveryLane] = []
  private var indexes: [ConferenceSID?: Int] = [:]
  private var freeIndexes: [Int] = []
  /// Lanes in the order in which they became empty; some may have new events since.
  private var idle = FIFO<Int>()
  private var ready = FIFO<Int>()
  private var waiting = DueList()
  /// Lanes that need more events from the store.
  private var low = FIFO<Int>()
  /// The number of pending reads from the store.
  private var fetches = 0
  /// The lane of the last event if the next one may belong to the same poll.
  private var open: Int?
  /// Whether every lane that ever had an event is in the table.
  private var knowsAllLanes: Bool

  /// - Parameter stored: how many events each lane of ``Cursor/behind`` has left, as far as known.
  init(_ limits: DeliveryLimits, joinsPolls: Bool, resuming cursor: Cursor, stored: [ConferenceSID?: Int]) {
    self.limits = limits
    self.joinsPolls = joinsPolls
    knowsAllLanes = cursor.taken < cursor.first
    // Lanes with the oldest events come first, so that the order does not depend on the dictionary.
    let lanesBehind = cursor.behind.sorted { ($0.value, $0.key?.text ?? "") < ($1.value, $1.key?.text ?? "") }
    for (lane, done) in lanesBehind where done < cursor.taken {
      let span = LaneSpan(lane: lane, after: done, through: cursor.taken)
      indexes[lane] = lanes.count
      lanes.append(DeliveryLane(resuming: span, stored: max(stored[lane] ?? 0, 0), joinsPolls: joinsPolls))
      fetchIfLow(lanes.count - 1)
    }
  }

  /// The lane at an index. After a change that may have emptied it, call ``settle(_:)`` or ``makeReady(_:)``.
  subscript(index: Int) -> DeliveryLane {
    get { lanes[index] }
    _modify { yield &lanes[index] }
  }

  var indices: Range<Int> { lanes.indices }

  /// The number of lanes in the table.
  var count: Int { indexes.count }

  /// Whether the number of lanes has reached its limit.
  var isFull: Bool { indexes.count >= limits.lanes }

  /// The number of lanes with an unfinished event.
  var busyCount: Int { lanes.count { !$0.isEmpty } }

  /// The number of deliveries in memory.
  var loadedCount: Int { lanes.reduce(0) { $0 + $1.loaded } }

  /// The known number of events that are only in the store.
  var storedCount: Int { lanes.reduce(0) { $0 + $1.stored } }

  /// The unfinished deliveries in memory, in order.
  var loadedDeliveries: [Delivery] {
    lanes.flatMap { lane in
      (lane.head.map { [$0.entry.delivery] } ?? []) + lane.queue.contents.map(\.delivery)
    }.sorted { $0.first < $1.first }
  }

  /// The first unfinished event of all lanes.
  var firstUndone: UInt64? { lanes.lazy.compactMap(\.firstUndone).min() }

  /// For each lane with an unfinished event, the sequence before that event.
  var behind: [ConferenceSID?: UInt64] {
    var behind: [ConferenceSID?: UInt64] = [:]
    for lane in lanes {
      if let undone = lane.firstUndone { behind[lane.name] = undone - 1 }
    }
    return behind
  }

  // MARK: Known lanes

  /// Whether the table can take an event of one more lane.
  var hasRoom: Bool {
    mutating get {
      if !isFull { return true }
      while let index = idle.first, !isAtRest(index) { unlistFirstIdle() }
      return !idle.isEmpty
    }
  }

  /// Returns the index of a lane. A new lane replaces an idle one if there are too many.
  mutating func index(of lane: ConferenceSID?) -> Int {
    if let index = indexes[lane] { return index }
    while isFull, let index = idle.first {
      unlistFirstIdle()
      if isAtRest(index) { forget(index) }
    }
    let fresh = DeliveryLane(name: lane, previous: knowsAllLanes ? .none : .unknown, joinsPolls: joinsPolls)
    let index = freeIndexes.popLast() ?? lanes.count
    if index == lanes.count { lanes.append(fresh) } else { lanes[index] = fresh }
    indexes[lane] = index
    return index
  }

  /// Adds the next event, or leaves it in the store.
  ///
  /// - Returns: the index of its lane.
  mutating func take(_ event: EventReference) -> Int {
    let index = index(of: event.lane)
    if joinsPolls, open != index {
      closeOpenLane()
      open = index
      lanes[index].isOpen = true
    }
    lanes[index].take(event, window: limits.window)
    return index
  }

  /// Makes the last added delivery available, because its poll is complete.
  ///
  /// - Returns: false if it was available already.
  @discardableResult
  mutating func closeOpenLane() -> Bool {
    guard let index = open else { return false }
    open = nil
    lanes[index].isOpen = false
    if lanes[index].isIdle { makeReady(index) }
    return true
  }

  /// Forgets a lane once it is empty.
  mutating func forgetWhenEmpty(_ lane: ConferenceSID) {
    guard let index = indexes[lane] else { return }
    lanes[index].isForgottenWhenEmpty = true
    settle(index)
  }

  /// Lists a lane that has become empty as one that may be forgotten.
  mutating func settle(_ index: Int) {
    guard isAtRest(index) else { return }
    if lanes[index].isForgottenWhenEmpty, !lanes[index].isListedIdle { return forget(index) }
    guard !lanes[index].isListedIdle, limits.lanes < .max else { return }
    lanes[index].isListedIdle = true
    idle.append(index)
  }

  private func isAtRest(_ index: Int) -> Bool {
    guard lanes[index].isEmpty, lanes[index].isIdle, case .none = lanes[index].fetch else { return false }
    return true
  }

  private mutating func unlistFirstIdle() {
    guard let index = idle.popFirst() else { return }
    lanes[index].isListedIdle = false
  }

  private mutating func forget(_ index: Int) {
    knowsAllLanes = false
    indexes[lanes[index].name] = nil
    if open == index { open = nil }
    lanes[index] = DeliveryLane(name: nil, previous: .unknown, joinsPolls: joinsPolls)
    freeIndexes.append(index)
  }

  // MARK: Turns

  var hasReady: Bool { !ready.isEmpty }

  /// When the first waiting lane is due; nil if none waits.
  var nextDue: Timestamp? { waiting.earliest }

  /// Adds a lane to the end of the ready list, or settles it if it has no event.
  mutating func makeReady(_ index: Int) {
    let isReady = lanes[index].makeReady()
    fetchIfLow(index)
    if isReady { ready.append(index) } else { settle(index) }
  }

  mutating func popReady() -> Int? { ready.popFirst() }

  /// Lets a lane wait until a moment.
  mutating func wait(_ index: Int, until moment: Timestamp) { waiting.insert(index, due: moment) }

  /// Makes the lanes ready whose wait is over.
  mutating func endWaits(dueAt now: Timestamp) {
    while let index = waiting.popFirst(dueAt: now) { makeReady(index) }
  }

  /// Makes all waiting lanes ready, except those that the receiver asked to pause for longer.
  ///
  /// - Parameter earliest: lanes that are due before it keep waiting for their turn; nil for none.
  mutating func endWaits(exceptRequestedBeyond now: Timestamp, dueFrom earliest: Timestamp? = nil) {
    for (index, due) in waiting.removeAll() {
      if let notBefore = lanes[index].notBefore, notBefore > now {
        waiting.insert(index, due: earliest == nil ? notBefore : due)
      } else if let earliest, due < earliest {
        waiting.insert(index, due: due)
      } else {
        makeReady(index)
      }
    }
  }

  /// Makes one waiting lane with an event ready, preferably one without a requested pause that is still running.
  mutating func endOneWait(at now: Timestamp) {
    let candidates = waiting.lanes.filter { lanes[$0].loaded > 0 }
    let index = candidates.first { lanes[$0].notBefore.map { $0 <= now } ?? true } ?? candidates.first
    guard let index else { return }
    waiting.remove(index)
    makeReady(index)
  }

  /// Removes all deliveries that are not in flight, and fetches the events that the store still has.
  mutating func removeAllNotInFlight() {
    _ = waiting.removeAll()
    ready = FIFO()
    for index in lanes.indices {
      lanes[index].removeAllNotInFlight()
      fetchIfLow(index)
    }
  }

  // MARK: Fetching

  /// Whether reads from the store are pending or wanted.
  var isFetching: Bool { fetches > 0 || !low.isEmpty }

  /// Lists a lane as low on events if it is, and the store has more.
  mutating func fetchIfLow(_ index: Int) {
    guard lanes[index].isSpilled, case .none = lanes[index].fetch else { return }
    guard lanes[index].loaded <= limits.window / 2 else { return }
    lanes[index].fetch = .wanted
    low.append(index)
  }

  /// Returns the next read from the store; nil if none is wanted, or enough are pending.
  mutating func nextFetch(atOnce maximum: Int) -> (span: LaneSpan, limit: Int)? {
    guard fetches < maximum, let index = low.popFirst() else { return nil }
    let span = LaneSpan(
      lane: lanes[index].name, after: lanes[index].storedAfter, through: lanes[index].storedThrough)
    fetches += 1
    lanes[index].fetch = .underWay(through: span.through)
    return (span, limits.window - lanes[index].loaded)
  }

  /// Handles the store's answer.
  ///
  /// - Returns: the lane's index, and by how much its undelivered events exceed what was known; nil if nothing was
  ///   asked.
  mutating func refill(
    _ lane: ConferenceSID?, with events: [EventReference], isEnd: Bool
  ) -> (index: Int, surplus: Int)? {
    guard let index = indexes[lane], case .underWay = lanes[index].fetch else { return nil }
    fetches -= 1
    return (index, lanes[index].refill(with: events, isEnd: isEnd))
  }
}
