extension DeliveryQueue {
  /// Starts what may start, and asks to be woken for what may not yet.
  mutating func dispatch(at now: Timestamp, _ actions: inout [DeliveryAction]) {
    if isEmpty, !isCircuitOpen { failingSince = nil }
    if !isCircuitOpen, let since = failingSince, now - since >= Self.outAfter {
      isCircuitOpen = true
      actions.append(.targetOut)
    }
    while let lane = waiting.popFirst(dueAt: now) { makeReady(lane) }
    expire(at: now, &actions)
    let limit = isCircuitOpen ? 1 : pace.inFlight
    if let end = restUntil, end <= now { restUntil = nil }
    while inFlight.count < limit, restUntil == nil, let lane = ready.popFirst() { start(lane, at: now, &actions) }
    beginFetches(&actions)
    announceWake(at: now, &actions)
  }

  private mutating func start(_ index: Int, at now: Timestamp, _ actions: inout [DeliveryAction]) {
    expireHeads(index, at: now, &actions)
    guard let head = lanes[index].start(after: successes) else { return settle(index) }
    inFlight[head.entry.delivery.first] = Attempt(lane: index, newestThen: newest)
    actions.append(.send(head.entry.delivery, previous: head.previous))
  }

  private mutating func announceWake(at now: Timestamp, _ actions: inout [DeliveryAction]) {
    if let announced = announcedWake, announced <= now { announcedWake = nil }
    let moments = [
      waiting.earliest, failedThrough > 0 ? nextExpiry : nil, ready.isEmpty ? nil : restUntil,
    ]
    guard let earliest = moments.compactMap(\.self).min(), earliest.milliseconds < .max else { return }
    // A lane whose events have all been given up while it waited takes the place of another one until it has.
    guard !isEmpty || laneIndex.count >= limits.lanes else { return }
    if let deadline, earliest > deadline { return }
    if let announced = announcedWake, announced <= earliest { return }
    announcedWake = earliest
    actions.append(.wake(at: earliest))
  }

  /// A 2xx: whoever waits because the target was out need not any longer.
  mutating func succeeded(at now: Timestamp, _ actions: inout [DeliveryAction]) {
    successes += 1
    failingSince = nil
    guard isCircuitOpen else { return }
    isCircuitOpen = false
    actions.append(.targetBack)
    for lane in waiting.removeAll() {
      if let notBefore = lanes[lane].notBefore, notBefore > now {
        waiting.insert(lane, due: notBefore)
      } else {
        makeReady(lane)
      }
    }
  }

  /// A receiver that counts the requests of all lanes together is left alone for a moment, and for as long as it asks.
  mutating func rest(for asked: Duration?, after outcome: DeliveryOutcome, at now: Timestamp) {
    var time = max(pace.gap, asked ?? .zero)
    if case .hold(let retryAfter?) = outcome { time = max(time, retryAfter) }
    restUntil = now + min(time, RetryAfter.longest)
  }

  /// Anything that is no answer to this event: the head stays and the lane waits, unless the head is to be given up.
  mutating func hold(
    _ attempt: Attempt, retryAfter: Duration?, at now: Timestamp, using random: inout some RandomNumberGenerator,
    _ actions: inout [DeliveryAction]
  ) {
    let index = attempt.lane
    failedThrough = max(failedThrough, attempt.newestThen)
    failingSince = failingSince ?? now
    let failuresAmongSuccesses = lanes[index].failed(after: successes)
    if failuresAmongSuccesses >= Self.maximumFailuresAmongSuccesses, let head = lanes[index].head {
      actions.append(.deadLetter(head.entry.delivery, .failedRepeatedly))
      guard retryAfter != nil else { return completeHead(index) }
      undelivered -= lanes[index].completeHead()
    }
    lanes[index].wait(notBefore: retryAfter.map { now + min($0, RetryAfter.longest) })
    nextExpiry = nil
    expireHeads(index, at: now, &actions)
    // A lane that ran empty waits all the same where the receiver asked for it: the next event may come before.
    guard !lanes[index].isEmpty || retryAfter != nil else {
      lanes[index].rest()
      return settle(index)
    }
    let delay = RetryPolicy.delay(failures: lanes[index].failures, retryAfter: retryAfter, using: &random)
    waiting.insert(index, due: now + delay)
  }

  /// The head had its answer: the next event is tried at once.
  mutating func completeHead(_ index: Int) {
    undelivered -= lanes[index].completeHead()
    makeReady(index)
  }

  /// Puts a lane at the end of those that can start, or to rest where it has no event.
  mutating func makeReady(_ index: Int) {
    let isReady = lanes[index].makeReady()
    fetchIfLow(index)
    if isReady { ready.append(index) } else { settle(index) }
  }
}
