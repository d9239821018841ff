/// Decides which event goes to one target when: the rules of a webhook, without its network.
///
/// Events are offered in the order of their sequence and come out in that order within their lane, one lane per conference.
/// Each of them ends as exactly one ``DeliveryAction/delivered(_:)`` or ``DeliveryAction/deadLetter(_:_:)``. All moments
/// are of one clock that never goes back.
package struct DeliveryQueue: Sendable {
  /// Requests in flight at a time.
  package static let maximumInFlight = 16
  /// A target that took nothing for so long, while something failed, is out.
  package static let outAfter = Duration.seconds(30)
  /// Failures of one event, with successes of other lanes between them, that make it a dead letter.
  package static let maximumFailuresAmongSuccesses = 8
  /// Undelivered events that are kept unless told otherwise.
  package static let defaultBound = 100_000

  /// One request that is under way.
  struct Attempt: Sendable {
    var lane: Int
    /// The newest event that there was when it began.
    var newestThen: UInt64
  }

  package let maximumAge: Duration
  package let bound: Int
  /// Events that are neither delivered nor dead letters, those in flight included.
  package internal(set) var undelivered = 0
  /// Whether one request at a time is made until one succeeds.
  package internal(set) var isOut = false
  /// Whether the target wants no more events.
  package internal(set) var isGone = false

  var lanes: [DeliveryLane] = []
  var laneIndex: [ConferenceSID?: Int] = [:]
  var freeLanes: [Int] = []
  var ready = FIFO<Int>()
  var waiting = DueList()
  var inFlight: [UInt64: Attempt] = [:]
  var newest: UInt64 = 0
  /// Events up to this one have seen an attempt fail that began after they were written.
  var failedThrough: UInt64 = 0
  var failingSince: Timestamp?
  var successes: UInt64 = 0
  var announcedWake: Timestamp?
  var deadline: Timestamp?

  package init(maximumAge: Duration, bound: Int = defaultBound) {
    self.maximumAge = maximumAge
    self.bound = max(bound, 1)
  }

  package var isEmpty: Bool { undelivered == 0 }
  package var inFlightCount: Int { inFlight.count }

  /// Whether something is in flight, or will be tried before the deadline of the drain.
  package var hasWork: Bool {
    if !inFlight.isEmpty || !ready.isEmpty { return true }
    guard let earliest = waiting.earliest else { return false }
    return deadline.map { earliest <= $0 } ?? true
  }

  /// The sequences of all undelivered events, in order.
  package var undeliveredSequences: [UInt64] {
    lanes.flatMap { lane in
      (lane.head.map { [$0.entry.sequence] } ?? []) + lane.queue.contents.map(\.sequence)
    }.sorted()
  }

  /// Says which event came last in a lane before this run, so that the first one of this run can name it.
  package mutating func resume(lane: ConferenceSID?, after previous: UInt64) {
    let index = index(of: lane)
    lanes[index].previous = lanes[index].previous ?? previous
  }

  /// Takes one more event that the target wants. One that does not come after all offered before is ignored.
  package mutating func offer(_ event: EventReference, at now: Timestamp) -> [DeliveryAction] {
    guard event.sequence > newest else { return [] }
    newest = event.sequence
    guard !isGone else { return [.deadLetter(event.sequence, .targetGone)] }
    var actions: [DeliveryAction] = []
    let index = index(of: event.lane)
    lanes[index].queue.append(DeliveryLane.Entry(sequence: event.sequence, timestamp: event.timestamp))
    undelivered += 1
    if undelivered > bound { dropOldest(&actions) }
    if case .idle = lanes[index].state { makeReady(index) }
    dispatch(at: now, &actions)
    return actions
  }

  /// Takes note of how an attempt ended. One that is not under way is ignored.
  package mutating func finished(
    _ sequence: UInt64, _ outcome: DeliveryOutcome, at now: Timestamp, using random: inout some RandomNumberGenerator
  ) -> [DeliveryAction] {
    guard let attempt = inFlight.removeValue(forKey: sequence) else { return [] }
    var actions: [DeliveryAction] = []
    switch outcome {
    case .delivered:
      actions.append(.delivered(sequence))
      succeeded(at: now, &actions)
      completeHead(attempt.lane)
    case .rejected(let status):
      actions.append(.deadLetter(sequence, isGone ? .targetGone : .rejected(status: status)))
      completeHead(attempt.lane)
    case .gone:
      actions.append(.deadLetter(sequence, .targetGone))
      completeHead(attempt.lane)
      turnOff(&actions)
    case .hold where isGone:
      actions.append(.deadLetter(sequence, .targetGone))
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

  /// The run ends: a target where everything waits gets one attempt at once, and no wake is asked for after the deadline. It is the
  /// caller who stops then, or as soon as ``hasWork`` is false.
  package mutating func beginDrain(at now: Timestamp, deadline: Timestamp) -> [DeliveryAction] {
    self.deadline = deadline
    if inFlight.isEmpty, ready.isEmpty, let item = waiting.popFirst() { makeReady(item.lane) }
    return wake(at: now)
  }

  /// Gives up the oldest event that is not in flight, because there is no room for it any longer.
  package mutating func giveUpOldest() -> [DeliveryAction] {
    var actions: [DeliveryAction] = []
    dropOldest(&actions)
    return actions
  }

  /// The conference is over for good: its lane is forgotten once it is empty.
  package mutating func close(lane: ConferenceSID) {
    guard let index = laneIndex[lane] else { return }
    lanes[index].isClosing = true
    forgetIfDone(index)
  }
}
