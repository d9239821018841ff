extension DeliveryQueue {
  /// The run ends: a target that is out gets one attempt at once, and no wake is asked for after the deadline. It is the
  /// caller who stops then, or as soon as ``hasWork`` is false.
  package mutating func beginDrain(at now: Timestamp, deadline: Timestamp) -> [DeliveryAction] {
    self.deadline = deadline
    if isCircuitOpen, inFlight.isEmpty {
      restUntil = nil
      if ready.isEmpty, let lane = takeWaitingLane(at: now) { makeReady(lane) }
    }
    return wake(at: now)
  }

  /// The next lane with an event; rather one whose receiver did not ask for a pause that is not over.
  private mutating func takeWaitingLane(at now: Timestamp) -> Int? {
    let waitingLanes = waiting.lanes.filter { lanes[$0].held > 0 }
    let lane = waitingLanes.first { lanes[$0].notBefore.map { $0 <= now } ?? true } ?? waitingLanes.first
    if let lane { waiting.remove(lane) }
    return lane
  }

  /// Gives up everything that is not in flight; what is, ends when its attempt does. What is in the store is fetched and given
  /// up then.
  mutating func turnOff(_ actions: inout [DeliveryAction]) {
    guard !isGone else { return }
    isGone = true
    actions.append(.targetGone)
    let flying = inFlight
    for delivery in heldDeliveries where flying[delivery.first] == nil {
      actions.append(.deadLetter(delivery, .targetGone))
      undelivered -= delivery.count
    }
    _ = waiting.removeAll()
    ready = FIFO()
    for index in lanes.indices {
      lanes[index].removeAllAtRest()
      fetchIfLow(index)
    }
  }

  /// Gives up the oldest events at rest until there are no more than there may be.
  mutating func keepToBound(_ actions: inout [DeliveryAction]) {
    while !isGone, isOverBound, dropOldest(&actions) {}
  }

  private var isOverBound: Bool {
    mutating get {
      if undelivered > limits.undelivered { return true }
      guard limits.countsWholeSpan, newest - min(doneThrough, newest) > limits.undelivered else { return false }
      let oldest = lanes.lazy.compactMap(\.firstUndone).min() ?? newest + 1
      doneThrough = oldest - 1
      // While that one is in flight it would not help to give up another.
      return newest - doneThrough > limits.undelivered && inFlight[oldest] == nil
    }
  }

  /// - Returns: false where the oldest one is not known before the store has answered, or everything is in flight.
  private mutating func dropOldest(_ actions: inout [DeliveryAction]) -> Bool {
    var oldest: (lane: Int, sequence: UInt64, delivery: Delivery?)?
    for index in lanes.indices where !lanes[index].isEmpty {
      let atRest = lanes[index].oldestAtRest?.delivery
      guard let sequence = atRest?.first ?? (lanes[index].isSpilled ? lanes[index].storedAfter + 1 : nil)
      else { continue }
      if let known = oldest, known.sequence < sequence { continue }
      oldest = (index, sequence, atRest)
    }
    guard let oldest, let delivery = oldest.delivery else { return false }
    lanes[oldest.lane].dropOldestAtRest()
    undelivered -= delivery.count
    actions.append(.deadLetter(delivery, .overflow))
    fetchIfLow(oldest.lane)
    return true
  }

  /// Gives up every event that is too old and whose turn has come in its lane.
  mutating func expire(at now: Timestamp, _ actions: inout [DeliveryAction]) {
    guard failedThrough > 0, nextExpiry.map({ $0 <= now }) ?? true else { return }
    var next = Timestamp(milliseconds: .max)
    for index in lanes.indices where lanes[index].held > 0 {
      if lanes[index].isInFlight { continue }
      expireHeads(index, at: now, &actions)
      guard let oldest = lanes[index].head?.entry, oldest.delivery.last <= failedThrough else { continue }
      next = min(next, oldest.timestamp + maximumAge + .milliseconds(1))
    }
    nextExpiry = next
  }

  /// Gives up every event at the head of the lane that is too old.
  mutating func expireHeads(_ index: Int, at now: Timestamp, _ actions: inout [DeliveryAction]) {
    lanes[index].promote()
    while let entry = lanes[index].head?.entry, isExpired(entry, at: now) {
      actions.append(.deadLetter(entry.delivery, .tooOld))
      undelivered -= entry.delivery.count
      lanes[index].dropHead()
    }
    fetchIfLow(index)
  }

  private func isExpired(_ entry: DeliveryLane.Entry, at now: Timestamp) -> Bool {
    entry.delivery.last <= failedThrough && now - entry.timestamp > maximumAge
  }
}
