extension DeliveryQueue {
  /// How far the target is, for a later run.
  package var cursor: Cursor {
    var behind: [ConferenceSID?: UInt64] = [:]
    for lane in lanes {
      if let undone = lane.firstUndone { behind[lane.name] = undone - 1 }
    }
    return Cursor(first: first, taken: newest, behind: behind)
  }

  /// All that is held and not done with, in order.
  package var heldDeliveries: [Delivery] {
    lanes.flatMap { lane in
      (lane.head.map { [$0.entry.delivery] } ?? []) + lane.queue.contents.map(\.delivery)
    }.sorted { $0.first < $1.first }
  }

  /// How many requests are held, and not in the store alone.
  package var heldCount: Int { lanes.reduce(0) { $0 + $1.held } }

  /// How many lanes have an event that is not done with.
  package var busyLaneCount: Int { lanes.count { !$0.isEmpty } }

  /// How many lanes are known.
  package var laneCount: Int { laneIndex.count }

  /// Whether an event of one more lane can be taken. Where it cannot, those that follow are left in the store until a lane
  /// is free; what is offered all the same is taken.
  package var hasRoom: Bool {
    mutating get {
      if isGone || laneIndex.count < limits.lanes { return true }
      while let index = idleLanes.first, !isAtRest(index) { unlistFirstIdleLane() }
      return !idleLanes.isEmpty
    }
  }

  /// The conference is over for good: its lane is forgotten once it is empty.
  package mutating func close(lane: ConferenceSID) {
    guard let index = laneIndex[lane] else { return }
    lanes[index].isClosing = true
    settle(index)
  }

  /// The store's answer to ``DeliveryAction/fetch(_:limit:)``.
  ///
  /// - Parameter isEnd: whether the stretch has no more events than these.
  package mutating func refilled(
    _ lane: ConferenceSID?, _ events: [EventReference], isEnd: Bool, at now: Timestamp
  ) -> [DeliveryAction] {
    guard let index = laneIndex[lane], case .underWay = lanes[index].fetch else { return [] }
    var actions: [DeliveryAction] = []
    fetches -= 1
    undelivered += lanes[index].refill(with: events, isEnd: isEnd)
    if isGone {
      for event in events { actions.append(.deadLetter(Delivery(event.sequence), .targetGone)) }
      undelivered -= events.count
      lanes[index].removeAllAtRest()
    }
    nextExpiry = nil
    fetchIfLow(index)
    keepToBound(&actions)
    if lanes[index].isIdle { makeReady(index) }
    dispatch(at: now, &actions)
    return actions
  }

  /// Has more of a lane's events fetched where few are left of many.
  mutating func fetchIfLow(_ index: Int) {
    guard lanes[index].isSpilled, case .none = lanes[index].fetch else { return }
    guard lanes[index].held <= limits.window / 2 else { return }
    lanes[index].fetch = .wanted
    lowLanes.append(index)
  }

  /// Asks the store for what is wanted.
  mutating func beginFetches(_ actions: inout [DeliveryAction]) {
    while fetches < Self.maximumFetches, let index = lowLanes.popFirst() {
      let span = LaneSpan(
        lane: lanes[index].name, after: lanes[index].storedAfter, through: lanes[index].storedThrough)
      fetches += 1
      lanes[index].fetch = .underWay(through: span.through)
      actions.append(.fetch(span, limit: limits.window - lanes[index].held))
    }
  }

  /// The place of a lane, which is made if there is none; an idle one is forgotten for it if there are too many.
  mutating func index(of lane: ConferenceSID?) -> Int {
    if let index = laneIndex[lane] { return index }
    while laneIndex.count >= limits.lanes, let index = idleLanes.first {
      unlistFirstIdleLane()
      if isAtRest(index) { forget(index) }
    }
    let fresh = DeliveryLane(
      name: lane, previous: knowsAllLanes ? .none : .unknown, joinsPolls: pace.joinsPolls)
    let index = freeLanes.popLast() ?? lanes.count
    if index == lanes.count { lanes.append(fresh) } else { lanes[index] = fresh }
    laneIndex[lane] = index
    return index
  }

  /// The next event is one of this lane, and may be of the same poll as the last one there.
  mutating func open(_ index: Int) {
    guard openLane != index else { return }
    closeLane()
    openLane = index
    lanes[index].isOpen = true
  }

  /// What was offered last is whole, and may be sent.
  mutating func closeLane() {
    guard let index = openLane else { return }
    openLane = nil
    lanes[index].isOpen = false
    if lanes[index].isIdle { makeReady(index) }
  }

  /// Takes note that a lane may have become empty.
  mutating func settle(_ index: Int) {
    guard isAtRest(index) else { return }
    if lanes[index].isClosing, !lanes[index].isListedIdle { return forget(index) }
    guard !lanes[index].isListedIdle, limits.lanes < .max else { return }
    lanes[index].isListedIdle = true
    idleLanes.append(index)
  }

  private func isAtRest(_ index: Int) -> Bool {
    guard lanes[index].isEmpty, lanes[index].isIdle, case .none = lanes[index].fetch else { return false }
    return true
  }

  private mutating func unlistFirstIdleLane() {
    guard let index = idleLanes.popFirst() else { return }
    lanes[index].isListedIdle = false
  }

  private mutating func forget(_ index: Int) {
    knowsAllLanes = false
    laneIndex[lanes[index].name] = nil
    if openLane == index { openLane = nil }
    lanes[index] = DeliveryLane(name: nil, previous: .unknown, joinsPolls: pace.joinsPolls)
    freeLanes.append(index)
  }
}
