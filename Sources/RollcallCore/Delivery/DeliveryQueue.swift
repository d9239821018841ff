/// Decides which event goes to one target when: the rules of a webhook, without its network.
///
/// Events are offered in the order of their sequence and come out in that order within their lane, one lane per conference,
/// each for itself or those of a poll as one. Each of them ends in exactly one ``DeliveryAction/delivered(_:)`` or
/// ``DeliveryAction/deadLetter(_:_:)``. A lane holds no more than a window of them; the others are fetched when their turn
/// comes near. All moments are of one clock that never goes back.
package struct DeliveryQueue: Sendable {
  /// Requests in flight at a time.
  package static let maximumInFlight = 16
  /// Questions to the store that wait for their answer at a time.
  package static let maximumFetches = 8
  /// A target that took nothing for so long, while something failed, is out.
  package static let outAfter = Duration.seconds(30)
  /// Failures of one event, with successes of other lanes between them, that make it a dead letter.
  package static let maximumFailuresAmongSuccesses = 8

  /// One request that is under way.
  struct Attempt: Sendable {
    var lane: Int
    /// The newest event that there was when it began.
    var newestThen: UInt64
  }

  package let maximumAge: Duration
  package let pace: DeliveryPace
  package let limits: DeliveryLimits
  /// Events that are neither delivered nor dead letters, those in flight and in the store included.
  package internal(set) var undelivered = 0
  /// Whether one request at a time is made until one succeeds.
  package internal(set) var isCircuitOpen = false
  /// Whether the target wants no more events.
  package internal(set) var isGone = false

  var lanes: [DeliveryLane] = []
  var laneIndex: [ConferenceSID?: Int] = [:]
  var freeLanes: [Int] = []
  /// Lanes that became empty, the first first; some may have events again.
  var idleLanes = FIFO<Int>()
  /// Whether a lane that is not known has had no event before.
  var knowsAllLanes: Bool
  var ready = FIFO<Int>()
  var waiting = DueList()
  var inFlight: [UInt64: Attempt] = [:]
  var lowLanes = FIFO<Int>()
  var fetches = 0
  /// The lane of the last event, where the next one may be of the same poll.
  var openLane: Int?
  /// Nothing is sent before; nil where nothing has to wait for that.
  var restUntil: Timestamp?

  /// Nothing before this event was ever for the target.
  package let first: UInt64
  /// The last event that was offered or skipped, whether in this run or before.
  package internal(set) var newest: UInt64
  /// Everything up to this event is done with; more may be.
  var doneThrough: UInt64
  /// Events up to this one have seen an attempt fail that began after they were written.
  var failedThrough: UInt64 = 0
  /// When the next head grows too old; nil where that has to be looked up.
  var nextExpiry: Timestamp?
  var failingSince: Timestamp?
  var successes: UInt64 = 0
  var announcedWake: Timestamp?
  var deadline: Timestamp?

  /// - Parameters:
  ///   - progress: how far an earlier run has come. What it left is fetched from ``wake(at:)`` on.
  ///   - stored: how many events each lane of ``Cursor/behind`` has left, as far as known.
  package init(
    maximumAge: Duration, pace: DeliveryPace = .events, limits: DeliveryLimits = .inMemory(),
    resuming cursor: Cursor = .init(first: 1), stored: [ConferenceSID?: Int] = [:]
  ) {
    self.maximumAge = maximumAge
    self.pace = pace
    self.limits = limits
    first = cursor.first
    newest = cursor.taken
    doneThrough = cursor.done
    knowsAllLanes = cursor.taken < cursor.first
    // The lane that waits for the oldest event first, however the table of lanes is laid out.
    let lanesBehind = cursor.behind.sorted { ($0.value, $0.key?.text ?? "") < ($1.value, $1.key?.text ?? "") }
    for (lane, done) in lanesBehind where done < cursor.taken {
      let span = LaneSpan(lane: lane, after: done, through: cursor.taken)
      let index = lanes.count
      lanes.append(DeliveryLane(resuming: span, stored: max(stored[lane] ?? 0, 0), joinsPolls: pace.joinsPolls))
      laneIndex[lane] = index
      undelivered += lanes[index].stored
      fetchIfLow(index)
    }
  }

  package var inFlightCount: Int { inFlight.count }

  /// Whether every event is done with.
  package var isEmpty: Bool { undelivered == 0 && fetches == 0 && lowLanes.isEmpty }

  /// Whether something is in flight, or will be tried before the deadline of the drain.
  package var hasWork: Bool {
    if isEmpty { return false }
    if !inFlight.isEmpty || fetches > 0 || !lowLanes.isEmpty { return true }
    if !ready.isEmpty, restUntil == nil { return true }
    guard let earliest = ready.isEmpty ? waiting.earliest : restUntil else { return false }
    return deadline.map { earliest <= $0 } ?? true
  }

  /// Takes one more event that the target wants. One that does not come after all offered before is ignored.
  package mutating func offer(_ event: EventReference, at now: Timestamp) -> [DeliveryAction] {
    guard event.sequence > newest else { return [] }
    newest = event.sequence
    guard !isGone else { return [.deadLetter(Delivery(event.sequence), .targetGone)] }
    var actions: [DeliveryAction] = []
    let index = index(of: event.lane)
    if pace.joinsPolls { open(index) }
    lanes[index].take(event, window: limits.window)
    undelivered += 1
    keepToBound(&actions)
    if lanes[index].isIdle { makeReady(index) }
    dispatch(at: now, &actions)
    return actions
  }

  /// Passes over events up to this one, which the target does not want.
  package mutating func skip(through sequence: UInt64) -> [DeliveryAction] {
    var actions: [DeliveryAction] = []
    newest = max(newest, sequence)
    keepToBound(&actions)
    return actions
  }

  /// The store has nothing more just now: the poll of the last event is whole.
  package mutating func caughtUp(at now: Timestamp) -> [DeliveryAction] {
    guard openLane != nil else { return [] }
    var actions: [DeliveryAction] = []
    closeLane()
    dispatch(at: now, &actions)
    return actions
  }

  /// Takes note of how an attempt ended. One that is not under way is ignored.
  ///
  /// - Parameters:
  ///   - delivery: what was to be sent.
  ///   - rest: how long the receiver wants no request, whatever the outcome.
  package mutating func finished(
    _ delivery: Delivery, _ outcome: DeliveryOutcome, resting rest: Duration? = nil, at now: Timestamp,
    using random: inout some RandomNumberGenerator
  ) -> [DeliveryAction] {
    guard let attempt = inFlight.removeValue(forKey: delivery.first) else { return [] }
    var actions: [DeliveryAction] = []
    if pace.restsAsWhole { self.rest(for: rest, after: outcome, at: now) }
    switch outcome {
    case .delivered:
      actions.append(.delivered(delivery))
      succeeded(at: now, &actions)
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
    case .hold where isGone:
      actions.append(.deadLetter(delivery, .targetGone))
      completeHead(attempt.lane)
    case .hold(let retryAfter):
      hold(attempt, retryAfter: retryAfter, at: now, using: &random, &actions)
    }
    dispatch(at: now, &actions)
    return actions
  }

  /// Does what is due. May be called at any time.
  package mutating func wake(at now: Timestamp) -> [DeliveryAction] {
    var actions: [DeliveryAction] = []
    dispatch(at: now, &actions)
    return actions
  }
}
