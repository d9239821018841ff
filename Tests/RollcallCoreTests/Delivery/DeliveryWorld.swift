import RollcallCore
import Testing

/// A target, a store, a clock and the delivery queue between them. It checks every rule that must always hold.
struct DeliveryWorld {
  struct Flight {
    var delivery: Delivery
    /// Whether the request has been sent; until then the attempt reads its events.
    var isRequested = false
    /// When the request ends, or the reading before it.
    var ends: Timestamp
    var sequence: UInt64 { delivery.first }
  }

  struct Question {
    var span: LaneSpan
    var limit: Int
    var ends: Timestamp
  }

  var queue: DeliveryQueue
  var random: SplitMix64
  var now = Timestamp(milliseconds: 1_000_000_000)
  private(set) var flights: [Flight] = []
  private(set) var questions: [Question] = []
  private(set) var ends: [UInt64: DeliveryAction] = [:]
  private(set) var sent: [DeliveryAction] = []
  private(set) var notices: [DeliveryAction] = []
  private(set) var nextWake: Timestamp?
  /// The store: every event ever written, and which of them the target wants.
  private(set) var stream: [EventReference] = []
  private var wanted: Set<UInt64> = []
  /// How many of these events the queue has taken.
  private var takenCount = 0
  private var lanes: [ConferenceSID?: [UInt64]] = [:]
  private var lastSent: [ConferenceSID?: UInt64] = [:]
  private var previous: [UInt64: UInt64] = [:]
  private var lastEnd: Timestamp?
  /// Whether polls may have been cut in two because the queue had no room.
  private var wasHeldUp = false
  /// How long an attempt takes.
  var latency: ClosedRange<Int64> = 1...2000
  /// How long an attempt takes to read its events.
  var readLatency: ClosedRange<Int64> = 0...0
  /// How long the store takes to answer.
  var storeLatency: ClosedRange<Int64> = 0...50

  init(
    seed: UInt64, maximumAge: Duration = .seconds(3600), pace: DeliveryPace = .events,
    limits: DeliveryLimits = .inMemory()
  ) {
    queue = DeliveryQueue(maximumAge: maximumAge, pace: pace, limits: limits)
    random = SplitMix64(seed: seed)
  }

  var deliveredCount: Int {
    ends.values.count { if case .delivered = $0 { true } else { false } }
  }
  var wantedCount: Int { wanted.count }

  static func lane(_ number: Int) -> ConferenceSID? { ConferenceSID("CF\(number)") }

  /// Writes an event to the store; the queue takes it as soon as it has room.
  mutating func offer(lane: ConferenceSID?, isWanted: Bool = true) {
    write(lane: lane, isWanted: isWanted)
    takeWhatFits()
  }

  /// Writes the events of one poll to the store together. No two polls have the same time.
  mutating func offerPoll(lane: ConferenceSID?, _ wishes: [Bool]) {
    now = now + .milliseconds(1)
    for isWanted in wishes { write(lane: lane, isWanted: isWanted) }
    takeWhatFits()
  }

  private mutating func write(lane: ConferenceSID?, isWanted: Bool) {
    let event = EventReference(sequence: UInt64(stream.count + 1), lane: lane, timestamp: now)
    stream.append(event)
    if isWanted {
      wanted.insert(event.sequence)
      previous[event.sequence] = lanes[lane]?.last
      lanes[lane, default: []].append(event.sequence)
    }
  }

  private mutating func takeWhatFits() {
    while Int(queue.newest) < stream.count, queue.hasRoom {
      let event = stream[Int(queue.newest)]
      let isWanted = wanted.contains(event.sequence)
      if isWanted { takenCount += 1 }
      perform(isWanted ? queue.offer(event, at: now) : queue.skip(through: event.sequence))
    }
    if Int(queue.newest) < stream.count { wasHeldUp = true }
    perform(queue.caughtUp(at: now))
  }

  /// Kills the process, and continues in another one from an earlier cursor.
  mutating func restart(from cursor: Cursor) {
    flights = []
    questions = []
    nextWake = nil
    lastSent = [:]
    var stored: [ConferenceSID?: Int] = [:]
    for event in stream where wanted.contains(event.sequence) {
      let isUndone = event.sequence > cursor.behind[event.lane] ?? cursor.taken
      if isUndone || event.sequence > cursor.taken {
        ends[event.sequence] = nil
        if event.sequence <= cursor.taken { stored[event.lane, default: 0] += 1 }
      } else {
        #expect(ends[event.sequence] != nil, "event \(event.sequence) was lost")
      }
    }
    takenCount = wanted.count { $0 <= cursor.taken }
    queue = DeliveryQueue(
      maximumAge: queue.maximumAge, pace: queue.pace, limits: queue.limits, resuming: cursor, stored: stored)
    lastEnd = nil
    perform(queue.wake(at: now))
    takeWhatFits()
  }

  /// Advances to the next thing that happens, and lets it happen.
  ///
  /// - Returns: false if nothing happens before the limit.
  mutating func step(until limit: Timestamp, outcome: (EventReference, inout SplitMix64) -> DeliveryOutcome) -> Bool {
    let moments = [flights.map(\.ends).min(), questions.map(\.ends).min(), nextWake]
    guard let next = moments.compactMap(\.self).min(), next <= limit else {
      now = max(now, limit)
      return false
    }
    now = max(now, next)
    if let index = questions.firstIndex(where: { $0.ends <= now }) {
      answer(questions.remove(at: index))
    } else if let index = flights.firstIndex(where: { $0.ends <= now }) {
      let flight = flights.remove(at: index)
      guard flight.isRequested else {
        request(flight.delivery)
        takeWhatFits()
        return true
      }
      let result = outcome(stream[Int(flight.sequence) - 1], &random)
      lastEnd = now
      perform(queue.finished(flight.delivery, result, at: now, using: &random))
    } else {
      nextWake = nil
      perform(queue.wake(at: now))
    }
    takeWhatFits()
    return true
  }

  /// Lets everything happen up to the limit, in at most 200 000 steps.
  mutating func run(until limit: Timestamp, outcome: (EventReference, inout SplitMix64) -> DeliveryOutcome) {
    for _ in 0..<200_000 where !step(until: limit, outcome: outcome) { return }
    Issue.record("the queue never comes to rest")
  }

  mutating func perform(_ actions: [DeliveryAction]) {
    for action in actions {
      switch action {
      case .send(let delivery, let before): start(delivery, before, action)
      case .fetch(let span, let limit):
        #expect(limit > 0 && span.after < span.through && span.through <= queue.newest)
        let wait = Duration.milliseconds(Int64.random(in: storeLatency, using: &random))
        questions.append(Question(span: span, limit: limit, ends: now + wait))
      case .delivered(let delivery), .deadLetter(let delivery, _): end(delivery, action)
      case .wake(let moment): nextWake = moment
      case .circuitOpened, .circuitClosed, .targetGone: notices.append(action)
      }
    }
    check()
  }

  private func check() {
    #expect(queue.undelivered == takenCount - ends.count)
    #expect(queue.inFlightCount == flights.count)
    #expect(flights.count <= queue.pace.inFlight)
    #expect(questions.count <= DeliveryQueue.maximumFetches)
    #expect(
      Set(flights.map { stream[Int($0.sequence) - 1].lane }).count == flights.count,
      "expected at most one request in flight per lane")
    guard queue.limits.lanes < .max else { return }
    #expect(queue.laneCount <= queue.limits.lanes, "expected at most \(queue.limits.lanes) lanes")
    #expect(
      queue.loadedCount <= queue.limits.lanes * queue.limits.window,
      "expected at most \(queue.limits.lanes * queue.limits.window) loaded events")
    #expect(queue.loadedCount <= queue.busyLaneCount * queue.limits.window)
  }

  private mutating func answer(_ question: Question) {
    let span = question.span
    let found = (lanes[span.lane] ?? []).filter { $0 > span.after && $0 <= span.through }.prefix(question.limit)
    let events = found.map { stream[Int($0) - 1] }
    perform(queue.refilled(span.lane, events, isEnd: events.count < question.limit, at: now))
  }

  private mutating func start(_ delivery: Delivery, _ before: PrecedingEvent, _ action: DeliveryAction) {
    let sequence = delivery.first
    guard wanted.contains(sequence) else {
      Issue.record("event \(sequence) was never offered to the queue")
      return
    }
    let event = stream[Int(sequence) - 1]
    #expect(ends[sequence] == nil, "event \(sequence) was sent after it was finished")
    #expect(sequence >= lastSent[event.lane] ?? 0, "event \(sequence) was sent out of order")
    switch before {
    case .none: #expect(previous[sequence] == nil)
    case .event(let known): #expect(previous[sequence] == known)
    case .unknown: break
    }
    checkPoll(delivery, event)
    if let lastEnd { #expect(now >= lastEnd + queue.pace.gap, "the request followed too soon") }
    if queue.isCircuitOpen { #expect(flights.isEmpty, "expected one request at a time while the circuit is open") }
    lastSent[event.lane] = sequence
    sent.append(action)
    guard readLatency.upperBound > 0 else { return request(delivery) }
    let ends = now + .milliseconds(Int64.random(in: readLatency, using: &random))
    flights.append(Flight(delivery: delivery, ends: ends))
  }

  /// Sends the request of an attempt that has read its events.
  private mutating func request(_ delivery: Delivery) {
    let isAllowed = queue.beginRequest(delivery)
    guard isAllowed else {
      #expect(readLatency.upperBound > 0, "an attempt that has just started may send its request")
      return perform(queue.returned(delivery, at: now))
    }
    #expect(!queue.isGone, "expected no request after a 410")
    let isAlone = !flights.contains { $0.isRequested }
    #expect(isAlone || !queue.isCircuitOpen, "expected one request at a time while the circuit is open")
    let ends = now + .milliseconds(Int64.random(in: latency, using: &random))
    flights.append(Flight(delivery: delivery, isRequested: true, ends: ends))
  }

  /// Checks that a delivery begins with its lane's first unfinished event and, if polls are sent together, is a whole
  /// poll.
  private func checkPoll(_ delivery: Delivery, _ event: EventReference) {
    let undone = (lanes[event.lane] ?? []).lazy.filter { ends[$0] == nil }
    #expect(undone.first == delivery.first, "the delivery overtakes an earlier event")
    let poll = undone.prefix { stream[Int($0) - 1].timestamp == event.timestamp }
    let expected = queue.pace.joinsPolls ? poll.prefix(wasHeldUp ? delivery.count : .max).map(\.self) : [delivery.first]
    #expect(delivery.count == expected.count && delivery.last == expected.last, "the delivery is not a whole poll")
  }

  private mutating func end(_ delivery: Delivery, _ action: DeliveryAction) {
    #expect(!flights.contains { $0.sequence == delivery.first }, "event \(delivery.first) was finished while in flight")
    let lane = stream[Int(delivery.first) - 1].lane
    let events = (lanes[lane] ?? []).filter { (delivery.first...delivery.last).contains($0) }
    #expect(events.count == delivery.count)
    for sequence in events {
      #expect(wanted.contains(sequence) && ends[sequence] == nil, "event \(sequence) was finished twice")
      ends[sequence] = action
    }
  }
}
