/// Decides when each event is sent to one target: the rules of webhook delivery, without the network.
///
/// Events are offered in the order of their sequence and sent in that order within their lane, one lane per conference,
/// one by one or all of a poll together. Each ends in exactly one ``DeliveryAction/delivered(_:)`` or
/// ``DeliveryAction/deadLetter(_:_:)``. A lane keeps a limited number of them in memory and fetches the others shortly
/// before their turn. All times are of one clock that never goes back.
package struct DeliveryQueue: Sendable {
  /// The maximum number of requests in flight.
  package static let maximumInFlight = 16
  /// The maximum number of reads from the store that are pending.
  package static let maximumFetches = 8
  /// The number of failures of one event, separated by other lanes' successes, that makes it a dead letter.
  package static let maximumFailuresAmongSuccesses = 8

  /// An attempt in progress: first it reads its events, then its request is in flight.
  private struct Attempt: Sendable {
    var lane: Int
    /// The newest event when the attempt began.
    var newestThen: UInt64
    var isRequested = false
  }

  package let pace: DeliveryPace
  package let limits: DeliveryLimits
  /// The number of events that are neither delivered nor dead letters, including those in flight and in the store.
  package private(set) var undelivered: Int
  /// Whether the target wants no more events.
  package private(set) var isGone = false
  /// The first event that the target may get.
  package let first: UInt64
  /// The last event that was offered or skipped, in this run or before.
  package private(set) var newest: UInt64

  private var lanes: LaneTable
  private var circuit = TargetCircuit()
  private var expiry: EventExpiry
  private var attempts: [UInt64: Attempt] = [:]
  /// When the target's pause ends; nil if there is none.
  private var restUntil: Timestamp?
  /// Every event up to this one is finished; later ones may be.
  private var doneThrough: UInt64
  private var announcedWake: Timestamp?
  private var deadline: Timestamp?

  /// - Parameters:
  ///   - cursor: how far an earlier run got. The events it left are fetched from the first ``wake(at:)`` on.
  ///   - stored: how many events each lane of ``Cursor/behind`` has left, as far as known.
  package init(
    maximumAge: Duration, pace: DeliveryPace = .events, limits: DeliveryLimits = .inMemory(),
    resuming cursor: Cursor = .init(first: 1), stored: [ConferenceSID?: Int] = [:]
  ) {
    self.pace = pace
    self.limits = limits
    expiry = EventExpiry(maximumAge: maximumAge)
    first = cursor.first
    newest = cursor.taken
    doneThrough = cursor.done
    lanes = LaneTable(limits, joinsPolls: pace.joinsPolls, resuming: cursor, stored: stored)
    undelivered = lanes.storedCount
  }

  package var maximumAge: Duration { expiry.maximumAge }
  /// Whether requests are sent one at a time until one succeeds.
  package var isCircuitOpen: Bool { circuit.isOpen }
  package var inFlightCount: Int { attempts.count }
  /// The number of deliveries in memory.
  package var loadedCount: Int { lanes.loadedCount }
  /// The unfinished deliveries in memory, in order.
  package var loadedDeliveries: [Delivery] { lanes.loadedDeliveries }
  /// The number of lanes with an unfinished event.
  package var busyLaneCount: Int { lanes.busyCount }
  /// The number of lanes in memory.
  package var laneCount: Int { lanes.count }
  /// How far the target is, for a later run to resume.
  package var cursor: Cursor { Cursor(first: first, taken: newest, behind: lanes.behind) }

  /// Whether every event is finished.
  package var isEmpty: Bool { undelivered == 0 && !lanes.isFetching }

  /// Whether the queue can take an event of one more lane. If not, the caller leaves further events in the store until
  /// a lane is free; an event that is offered nevertheless is taken.
  package var hasRoom: Bool {
    mutating get { isGone || lanes.hasRoom }
  }

  /// Whether something is in flight, or will be tried before the drain's deadline.
  package var hasWork: Bool {
    if isEmpty { return false }
    if !attempts.isEmpty || lanes.isFetching { return true }
    if lanes.hasReady, restUntil == nil { return true }
    guard let earliest = lanes.hasReady ? restUntil : lanes.nextDue else { return false }
    return deadline.map { earliest <= $0 } ?? true
  }

  // MARK: Events

  /// Adds an event that the target wants. One that does not come after all earlier ones is ignored.
  package mutating func offer(_ event: EventReference, at now: Timestamp) -> [DeliveryAction] {
    guard event.sequence > newest else { return [] }
    newest = event.sequence
    guard !isGone else { return [.deadLetter(Delivery(event.sequence), .targetGone)] }
    var actions: [DeliveryAction] = []
    let lane = lanes.take(event)
    undelivered += 1
    keepToBound(&actions)
    if lanes[lane].isIdle { lanes.makeReady(lane) }
    dispatch(at: now, &actions)
    return actions
  }

  /// Skips events up to this one, which the target does not want.
  package mutating func skip(through sequence: UInt64) -> [DeliveryAction] {
    var actions: [DeliveryAction] = []
    newest = max(newest, sequence)
    keepToBound(&actions)
    return actions
  }

  /// Records that the store has no more events at present, so that the last event's poll is complete.
  package mutating func caughtUp(at now: Timestamp) -> [DeliveryAction] {
    guard lanes.closeOpenLane() else { return [] }
    var actions: [DeliveryAction] = []
    dispatch(at: now, &actions)
    return actions
  }

  /// Forgets the lane of a conference that has ended, once it is empty.
  package mutating func forgetWhenEmpty(_ lane: ConferenceSID) { lanes.forgetWhenEmpty(lane) }

  /// Handles the store's answer to ``DeliveryAction/fetch(_:limit:)``.
  ///
  /// - Parameter isEnd: whether the span has no more events than these.
  package mutating func refilled(
    _ lane: ConferenceSID?, _ events: [EventReference], isEnd: Bool, at now: Timestamp
  ) -> [DeliveryAction] {
    guard let (index, surplus) = lanes.refill(lane, with: events, isEnd: isEnd) else { return [] }
    var actions: [DeliveryAction] = []
    undelivered += surplus
    if isGone {
      for event in events { actions.append(.deadLetter(Delivery(event.sequence), .targetGone)) }
      undelivered -= events.count
      lanes[index].removeAllNotInFlight()
    }
    expiry.headsChanged()
    lanes.fetchIfLow(index)
    keepToBound(&actions)
    if lanes[index].isIdle { lanes.makeReady(index) }
    dispatch(at: now, &actions)
    return actions
  }

  // MARK: Attempts

  /// Asks whether an attempt that has read its events may send its request now: the circuit may have opened, or the
  /// target may have gone, while the store was reading.
  ///
  /// - Returns: false if it may not; the attempt must then be passed to ``returned(_:at:)``.
  package mutating func beginRequest(_ delivery: Delivery) -> Bool {
    guard !isGone, attempts[delivery.first] != nil else { return false }
    if circuit.isOpen, attempts.values.contains(where: \.isRequested) { return false }
    attempts[delivery.first]?.isRequested = true
    return true
  }

  /// Takes back an attempt that sent no request. Its lane gets another turn.
  package mutating func returned(_ delivery: Delivery, at now: Timestamp) -> [DeliveryAction] {
    guard let attempt = attempts.removeValue(forKey: delivery.first) else { return [] }
    var actions: [DeliveryAction] = []
    if isGone {
      actions.append(.deadLetter(delivery, .targetGone))
      completeHead(attempt.lane)
    } else {
      lanes.makeReady(attempt.lane)
      expiry.headsChanged()
    }
    dispatch(at: now, &actions)
    return actions
  }

  /// Handles the outcome of an attempt. One that is not in progress is ignored.
  ///
  /// - Parameters:
  ///   - delivery: what the attempt sent.
  ///   - rest: how long the receiver wants no request, whatever the outcome.
  package mutating func finished(
    _ delivery: Delivery, _ outcome: DeliveryOutcome, resting rest: Duration? = nil, at now: Timestamp,
    using random: inout some RandomNumberGenerator
  ) -> [DeliveryAction] {
    guard let attempt = attempts.removeValue(forKey: delivery.first) else { return [] }
    var actions: [DeliveryAction] = []
    if pace.restsAsWhole { self.rest(for: rest, after: outcome, at: now) }
    switch outcome {
    case .delivered:
      actions.append(.delivered(delivery))
      if circuit.succeeded() {
        actions.append(.circuitClosed)
        lanes.endWaits(exceptRequestedBeyond: now)
      }
      completeHead(attempt.lane)
    case .rejected(let status):
      actions.append(.deadLetter(delivery, isGone ? .targetGone : .rejected(status: status)))
      completeHead(attempt.lane)
    case .damaged:
      actions.append(.deadLetter(delivery, .damaged))
      completeHead(attempt.lane)
    case .gone:
      actions.append(.deadLetter(delivery, .targetGone))
      completeHead(attempt.lane)
      turnOff(&actions)
    case .retry where isGone:
      actions.append(.deadLetter(delivery, .targetGone))
      completeHead(attempt.lane)
    case .retry(let retryAfter):
      retry(attempt, retryAfter: retryAfter, at: now, using: &random, &actions)
    }
    dispatch(at: now, &actions)
    return actions
  }

  /// Performs what is due. May be called at any time.
  package mutating func wake(at now: Timestamp) -> [DeliveryAction] {
    var actions: [DeliveryAction] = []
    dispatch(at: now, &actions)
    return actions
  }

  /// Starts every attempt that may start, and asks to be woken for the others.
  private mutating func dispatch(at now: Timestamp, _ actions: inout [DeliveryAction]) {
    if circuit.opens(at: now, hasEvents: !isEmpty) { actions.append(.circuitOpened) }
    lanes.endWaits(dueAt: now)
    expire(at: now, &actions)
    let limit = circuit.isOpen ? 1 : pace.inFlight
    if let end = restUntil, end <= now { restUntil = nil }
    while attempts.count < limit, restUntil == nil, let lane = lanes.popReady() { start(lane, at: now, &actions) }
    while let (span, limit) = lanes.nextFetch(atOnce: Self.maximumFetches) {
      actions.append(.fetch(span, limit: limit))
    }
    announceWake(at: now, &actions)
  }

  private mutating func start(_ lane: Int, at now: Timestamp, _ actions: inout [DeliveryAction]) {
    expireHeads(lane, at: now, &actions)
    guard let head = lanes[lane].start(after: circuit.successes) else { return lanes.settle(lane) }
    attempts[head.entry.delivery.first] = Attempt(lane: lane, newestThen: newest)
    actions.append(.send(head.entry.delivery, previous: head.previous))
  }

  private mutating func announceWake(at now: Timestamp, _ actions: inout [DeliveryAction]) {
    if let announced = announcedWake, announced <= now { announcedWake = nil }
    let moments = [lanes.nextDue, expiry.wake, lanes.hasReady ? restUntil : nil]
    guard let earliest = moments.compactMap(\.self).min(), earliest.milliseconds < .max else { return }
    // A waiting lane keeps its place even when all of its events have been given up, so a full table needs the wake.
    guard !isEmpty || lanes.isFull else { return }
    if let deadline, earliest > deadline { return }
    if let announced = announcedWake, announced <= earliest { return }
    announcedWake = earliest
    actions.append(.wake(at: earliest))
  }

  /// Pauses all lanes of a receiver that limits them together, for as long as it asks.
  private mutating func rest(for asked: Duration?, after outcome: DeliveryOutcome, at now: Timestamp) {
    var time = max(pace.gap, asked ?? .zero)
    if case .retry(let retryAfter?) = outcome { time = max(time, retryAfter) }
    restUntil = now + min(time, RetryAfter.longest)
  }

  /// Makes the head wait after a failure that says nothing about this event, unless the head is to be given up.
  private mutating func retry(
    _ attempt: Attempt, retryAfter: Duration?, at now: Timestamp, using random: inout some RandomNumberGenerator,
    _ actions: inout [DeliveryAction]
  ) {
    let lane = attempt.lane
    expiry.failed(newest: attempt.newestThen)
    circuit.failed(at: now)
    let failuresAmongSuccesses = lanes[lane].failed(after: circuit.successes)
    if failuresAmongSuccesses >= Self.maximumFailuresAmongSuccesses, let head = lanes[lane].head {
      actions.append(.deadLetter(head.entry.delivery, .failedRepeatedly))
      guard retryAfter != nil else { return completeHead(lane) }
      undelivered -= lanes[lane].completeHead()
    }
    lanes[lane].wait(notBefore: retryAfter.map { now + min($0, RetryAfter.longest) })
    expireHeads(lane, at: now, &actions)
    // An empty lane still waits if the receiver asked for it, because its next event may arrive earlier.
    guard !lanes[lane].isEmpty || retryAfter != nil else {
      lanes[lane].rest()
      return lanes.settle(lane)
    }
    let delay = RetryPolicy.delay(failures: lanes[lane].failures, retryAfter: retryAfter, using: &random)
    lanes.wait(lane, until: now + delay)
  }

  /// Removes a head that has its answer, and makes the next one ready at once.
  private mutating func completeHead(_ lane: Int) {
    undelivered -= lanes[lane].completeHead()
    lanes.makeReady(lane)
  }

  // MARK: Giving up

  /// Begins the drain at the end of a run.
  ///
  /// A target whose circuit is open gets one attempt at once. With a closed circuit, a lane whose next attempt would come
  /// after the deadline gets it at once, because the receiver may have recovered; but not before a time that the receiver
  /// asked for. No wake is requested after the deadline. The caller stops then, or as soon as ``hasWork`` is false.
  package mutating func beginDrain(at now: Timestamp, deadline: Timestamp) -> [DeliveryAction] {
    self.deadline = deadline
    // Opens the circuit if that is due.
    let actions = wake(at: now)
    if !circuit.isOpen {
      lanes.endWaits(exceptRequestedBeyond: now, dueFrom: deadline)
    } else if attempts.isEmpty {
      restUntil = nil
      if !lanes.hasReady { lanes.endOneWait(at: now) }
    }
    return actions + wake(at: now)
  }

  /// Gives up every event that is not in flight; those in flight end with their attempt. Events in the store are
  /// fetched first, and then given up.
  private mutating func turnOff(_ actions: inout [DeliveryAction]) {
    guard !isGone else { return }
    isGone = true
    actions.append(.targetGone)
    for delivery in lanes.loadedDeliveries where attempts[delivery.first] == nil {
      actions.append(.deadLetter(delivery, .targetGone))
      undelivered -= delivery.count
    }
    lanes.removeAllNotInFlight()
  }

  /// Gives up the oldest events that are not in flight until the limits are met.
  private mutating func keepToBound(_ actions: inout [DeliveryAction]) {
    while !isGone, isOverBound, dropOldest(&actions) {}
  }

  private var isOverBound: Bool {
    mutating get {
      if undelivered > limits.undelivered { return true }
      guard limits.countsWholeSpan, newest - min(doneThrough, newest) > limits.undelivered else { return false }
      let oldest = lanes.firstUndone ?? newest + 1
      doneThrough = oldest - 1
      // While that one is in flight, giving up another does not help.
      return newest - doneThrough > limits.undelivered && attempts[oldest] == nil
    }
  }

  /// - Returns: false if the oldest event is unknown until the store answers, or all are in flight.
  private mutating func dropOldest(_ actions: inout [DeliveryAction]) -> Bool {
    var oldest: (lane: Int, sequence: UInt64, delivery: Delivery?)?
    for lane in lanes.indices where !lanes[lane].isEmpty {
      let notInFlight = lanes[lane].oldestNotInFlight?.delivery
      guard let sequence = notInFlight?.first ?? (lanes[lane].isSpilled ? lanes[lane].storedAfter + 1 : nil)
      else { continue }
      if let known = oldest, known.sequence < sequence { continue }
      oldest = (lane, sequence, notInFlight)
    }
    guard let oldest, let delivery = oldest.delivery else { return false }
    lanes[oldest.lane].dropOldestNotInFlight()
    undelivered -= delivery.count
    actions.append(.deadLetter(delivery, .overflow))
    lanes.fetchIfLow(oldest.lane)
    return true
  }

  /// Gives up every event that is too old and at the head of its lane.
  private mutating func expire(at now: Timestamp, _ actions: inout [DeliveryAction]) {
    guard expiry.isDue(at: now) else { return }
    var next = Timestamp(milliseconds: .max)
    for lane in lanes.indices where lanes[lane].loaded > 0 && !lanes[lane].isInFlight {
      expireHeads(lane, at: now, &actions)
      if let moment = lanes[lane].head.flatMap({ expiry.moment(of: $0.entry) }) { next = min(next, moment) }
    }
    expiry.set(next: next)
  }

  /// Gives up events at the head of a lane until the head is not too old.
  private mutating func expireHeads(_ lane: Int, at now: Timestamp, _ actions: inout [DeliveryAction]) {
    lanes[lane].promote()
    while let entry = lanes[lane].head?.entry, expiry.isExpired(entry, at: now) {
      actions.append(.deadLetter(entry.delivery, .tooOld))
      undelivered -= entry.delivery.count
      lanes[lane].dropHead()
    }
    lanes.fetchIfLow(lane)
  }
}
