extension DeliveryQueue {
  func isExpired(_ entry: DeliveryLane.Entry, at now: Timestamp) -> Bool {
    entry.sequence <= failedThrough && now - entry.timestamp > maximumAge
  }

  /// Starts what may start, and asks to be woken for what may not yet.
  mutating func dispatch(at now: Timestamp, _ actions: inout [DeliveryAction]) {
    if isEmpty, !isOut { failingSince = nil }
    if !isOut, let since = failingSince, now - since >= Self.outAfter {
      isOut = true
      actions.append(.targetOut)
    }
    while let lane = waiting.popFirst(dueAt: now) { makeReady(lane) }
    let limit = isOut ? 1 : Self.maximumInFlight
    while inFlight.count < limit, let lane = ready.popFirst() { start(lane, at: now, &actions) }
    announceWake(at: now, &actions)
  }

  private mutating func start(_ index: Int, at now: Timestamp, _ actions: inout [DeliveryAction]) {
    expireHeads(index, at: now, &actions)
    guard let head = lanes[index].head else {
      lanes[index].state = .idle
      forgetIfDone(index)
      return
    }
    lanes[index].state = .inFlight
    lanes[index].head?.successesSeen = head.successesSeen ?? successes
    inFlight[head.entry.sequence] = Attempt(lane: index, newestThen: newest)
    actions.append(.send(head.entry.sequence, previousSequence: head.previous))
  }

  private mutating func announceWake(at now: Timestamp, _ actions: inout [DeliveryAction]) {
    if let announced = announcedWake, announced <= now { announcedWake = nil }
    guard let earliest = waiting.earliest else { return }
    if let deadline, earliest > deadline { return }
    if let announced = announcedWake, announced <= earliest { return }
    announcedWake = earliest
    actions.append(.wake(at: earliest))
  }

  /// A 2xx: whoever waits because the target was out need not any longer.
  mutating func succeeded(at now: Timestamp, _ actions: inout [DeliveryAction]) {
    successes += 1
    failingSince = nil
    guard isOut else { return }
    isOut = false
    actions.append(.targetBack)
    for lane in waiting.removeAll() {
      if let notBefore = lanes[lane].notBefore, notBefore > now {
        waiting.insert(lane, due: notBefore)
      } else {
        makeReady(lane)
      }
    }
  }

  /// Anything that is no answer to this event: the head stays and the lane waits, unless the head is to be given up.
  mutating func hold(
    _ attempt: Attempt, retryAfter: Duration?, at now: Timestamp, using random: inout some RandomNumberGenerator,
    _ actions: inout [DeliveryAction]
  ) {
    let index = attempt.lane
    failedThrough = max(failedThrough, attempt.newestThen)
    failingSince = failingSince ?? now
    lanes[index].failures += 1
    if var head = lanes[index].head {
      if let seen = head.successesSeen, successes > seen { head.failuresAmongSuccesses += 1 }
      head.successesSeen = successes
      lanes[index].head = head
      if head.failuresAmongSuccesses >= Self.maximumFailuresAmongSuccesses {
        actions.append(.deadLetter(head.entry.sequence, .failedRepeatedly))
        guard retryAfter != nil else { return completeHead(index) }
        undelivered -= 1
        lanes[index].head = nil
        lanes[index].failures = 0
      }
    }
    lanes[index].state = .waiting
    lanes[index].notBefore = retryAfter.map { now + min($0, RetryAfter.longest) }
    expireHeads(index, at: now, &actions)
    guard !lanes[index].isEmpty else {
      lanes[index].state = .idle
      return forgetIfDone(index)
    }
    let delay = RetryPolicy.delay(failures: lanes[index].failures, retryAfter: retryAfter, using: &random)
    waiting.insert(index, due: now + delay)
  }

  /// The head had its answer: the next event is tried at once.
  mutating func completeHead(_ index: Int) {
    undelivered -= 1
    lanes[index].head = nil
    lanes[index].failures = 0
    lanes[index].notBefore = nil
    makeReady(index)
  }

  /// Puts a lane at the end of those that can start, or to rest where it has no event.
  mutating func makeReady(_ index: Int) {
    lanes[index].promote()
    guard lanes[index].head != nil else {
      lanes[index].state = .idle
      return forgetIfDone(index)
    }
    lanes[index].state = .ready
    ready.append(index)
  }

  /// Gives up every event at the head of the lane that is too old.
  private mutating func expireHeads(_ index: Int, at now: Timestamp, _ actions: inout [DeliveryAction]) {
    lanes[index].promote()
    while let head = lanes[index].head, isExpired(head.entry, at: now) {
      actions.append(.deadLetter(head.entry.sequence, .tooOld))
      undelivered -= 1
      lanes[index].head = nil
      lanes[index].promote()
    }
  }

  /// Gives up the oldest event that is not in flight.
  mutating func dropOldest(_ actions: inout [DeliveryAction]) {
    var oldest: (lane: Int, sequence: UInt64)?
    for index in lanes.indices {
      guard let entry = lanes[index].oldestAtRest else { continue }
      if let known = oldest, known.sequence < entry.sequence { continue }
      oldest = (index, entry.sequence)
    }
    guard let oldest else { return }
    lanes[oldest.lane].dropOldestAtRest()
    undelivered -= 1
    actions.append(.deadLetter(oldest.sequence, .overflow))
  }

  /// Gives up everything that is not in flight; what is, ends when its attempt does.
  mutating func turnOff(_ actions: inout [DeliveryAction]) {
    guard !isGone else { return }
    isGone = true
    actions.append(.targetGone)
    let flying = inFlight
    for sequence in undeliveredSequences where flying[sequence] == nil {
      actions.append(.deadLetter(sequence, .targetGone))
    }
    undelivered = flying.count
    _ = waiting.removeAll()
    ready = FIFO()
    for index in lanes.indices {
      lanes[index].queue = FIFO()
      if case .inFlight = lanes[index].state, let head = lanes[index].head, flying[head.entry.sequence] != nil {
        continue
      }
      lanes[index].head = nil
      lanes[index].state = .idle
    }
  }

  mutating func index(of lane: ConferenceSID?) -> Int {
    if let index = laneIndex[lane] { return index }
    let index = freeLanes.popLast() ?? lanes.count
    if index == lanes.count { lanes.append(DeliveryLane(name: lane)) } else { lanes[index] = DeliveryLane(name: lane) }
    laneIndex[lane] = index
    return index
  }

  /// Makes room for another lane where a closed one has become empty.
  mutating func forgetIfDone(_ index: Int) {
    guard lanes[index].isClosing, lanes[index].isEmpty, case .idle = lanes[index].state else { return }
    lanes[index].isClosing = false
    laneIndex[lanes[index].name] = nil
    freeLanes.append(index)
  }
}
