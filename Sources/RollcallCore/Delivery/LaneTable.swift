/// The lanes of one target, and the lists of those that are ready, waiting, low on events, or idle.
struct LaneTable: Sendable {
  private let limits: DeliveryLimits
  private let joinsPolls: Bool
  private var lanes: [DeliveryLane] = []
  private var places: [ConferenceSID?: Int] = [:]
  private var freePlaces: [Int] = []
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
      places[lane] = lanes.count
      lanes.append(DeliveryLane(resuming: span, stored: max(stored[lane] ?? 0, 0), joinsPolls: joinsPolls))
      fetchIfLow(lanes.count - 1)
    }
  }

  /// The lane at a place. After a change that may have emptied it, call ``settle(_:)`` or ``makeReady(_:)``.
  subscript(place: Int) -> DeliveryLane {
    get { lanes[place] }
    _modify { yield &lanes[place] }
  }

  var indices: Range<Int> { lanes.indices }

  /// The number of lanes in the table.
  var count: Int { places.count }

  /// Whether the number of lanes has reached its limit.
  var isFull: Bool { places.count >= limits.lanes }

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
      while let place = idle.first, !isAtRest(place) { unlistFirstIdle() }
      return !idle.isEmpty
    }
  }

  /// Returns the place of a lane. A new lane takes the place of an idle one if there are too many.
  mutating func place(of lane: ConferenceSID?) -> Int {
    if let place = places[lane] { return place }
    while isFull, let place = idle.first {
      unlistFirstIdle()
      if isAtRest(place) { forget(place) }
    }
    let fresh = DeliveryLane(name: lane, previous: knowsAllLanes ? .none : .unknown, joinsPolls: joinsPolls)
    let place = freePlaces.popLast() ?? lanes.count
    if place == lanes.count { lanes.append(fresh) } else { lanes[place] = fresh }
    places[lane] = place
    return place
  }

  /// Adds the next event, or leaves it in the store.
  ///
  /// - Returns: the place of its lane.
  mutating func take(_ event: EventReference) -> Int {
    let place = place(of: event.lane)
    if joinsPolls, open != place {
      closeOpenLane()
      open = place
      lanes[place].isOpen = true
    }
    lanes[place].take(event, window: limits.window)
    return place
  }

  /// Makes the last added delivery available, because its poll is complete.
  ///
  /// - Returns: false if it was available already.
  @discardableResult
  mutating func closeOpenLane() -> Bool {
    guard let place = open else { return false }
    open = nil
    lanes[place].isOpen = false
    if lanes[place].isIdle { makeReady(place) }
    return true
  }

  /// Forgets a lane once it is empty.
  mutating func close(_ lane: ConferenceSID) {
    guard let place = places[lane] else { return }
    lanes[place].isClosing = true
    settle(place)
  }

  /// Lists a lane that has become empty as one that may be forgotten.
  mutating func settle(_ place: Int) {
    guard isAtRest(place) else { return }
    if lanes[place].isClosing, !lanes[place].isListedIdle { return forget(place) }
    guard !lanes[place].isListedIdle, limits.lanes < .max else { return }
    lanes[place].isListedIdle = true
    idle.append(place)
  }

  private func isAtRest(_ place: Int) -> Bool {
    guard lanes[place].isEmpty, lanes[place].isIdle, case .none = lanes[place].fetch else { return false }
    return true
  }

  private mutating func unlistFirstIdle() {
    guard let place = idle.popFirst() else { return }
    lanes[place].isListedIdle = false
  }

  private mutating func forget(_ place: Int) {
    knowsAllLanes = false
    places[lanes[place].name] = nil
    if open == place { open = nil }
    lanes[place] = DeliveryLane(name: nil, previous: .unknown, joinsPolls: joinsPolls)
    freePlaces.append(place)
  }

  // MARK: Turns

  var hasReady: Bool { !ready.isEmpty }

  /// When the first waiting lane is due; nil if none waits.
  var nextDue: Timestamp? { waiting.earliest }

  /// Adds a lane to the end of the ready list, or settles it if it has no event.
  mutating func makeReady(_ place: Int) {
    let isReady = lanes[place].makeReady()
    fetchIfLow(place)
    if isReady { ready.append(place) } else { settle(place) }
  }

  mutating func popReady() -> Int? { ready.popFirst() }

  /// Lets a lane wait until a moment.
  mutating func wait(_ place: Int, until moment: Timestamp) { waiting.insert(place, due: moment) }

  /// Makes the lanes ready whose wait is over.
  mutating func endWaits(dueAt now: Timestamp) {
    while let place = waiting.popFirst(dueAt: now) { makeReady(place) }
  }

  /// Makes all waiting lanes ready, except those that the receiver asked to pause for longer.
  mutating func endWaits(notAskedForAt now: Timestamp) {
    for place in waiting.removeAll() {
      if let notBefore = lanes[place].notBefore, notBefore > now {
        waiting.insert(place, due: notBefore)
      } else {
        makeReady(place)
      }
    }
  }

  /// Makes one waiting lane with an event ready, preferably one without a requested pause that is still running.
  mutating func endOneWait(at now: Timestamp) {
    let candidates = waiting.lanes.filter { lanes[$0].loaded > 0 }
    let place = candidates.first { lanes[$0].notBefore.map { $0 <= now } ?? true } ?? candidates.first
    guard let place else { return }
    waiting.remove(place)
    makeReady(place)
  }

  /// Removes all deliveries that are not in flight, and fetches the events that the store still has.
  mutating func removeAllAtRest() {
    _ = waiting.removeAll()
    ready = FIFO()
    for place in lanes.indices {
      lanes[place].removeAllAtRest()
      fetchIfLow(place)
    }
  }

  // MARK: Fetching

  /// Whether reads from the store are pending or wanted.
  var isFetching: Bool { fetches > 0 || !low.isEmpty }

  /// Lists a lane as low on events if it is, and the store has more.
  mutating func fetchIfLow(_ place: Int) {
    guard lanes[place].isSpilled, case .none = lanes[place].fetch else { return }
    guard lanes[place].loaded <= limits.window / 2 else { return }
    lanes[place].fetch = .wanted
    low.append(place)
  }

  /// Returns the next read from the store; nil if none is wanted, or enough are pending.
  mutating func nextFetch(atOnce maximum: Int) -> (span: LaneSpan, limit: Int)? {
    guard fetches < maximum, let place = low.popFirst() else { return nil }
    let span = LaneSpan(
      lane: lanes[place].name, after: lanes[place].storedAfter, through: lanes[place].storedThrough)
    fetches += 1
    lanes[place].fetch = .underWay(through: span.through)
    return (span, limits.window - lanes[place].loaded)
  }

  /// Handles the store's answer.
  ///
  /// - Returns: the lane's place, and by how much its undelivered events exceed what was known; nil if nothing was
  ///   asked.
  mutating func refill(
    _ lane: ConferenceSID?, with events: [EventReference], isEnd: Bool
  ) -> (place: Int, surplus: Int)? {
    guard let place = places[lane], case .underWay = lanes[place].fetch else { return nil }
    fetches -= 1
    return (place, lanes[place].refill(with: events, isEnd: isEnd))
  }
}
