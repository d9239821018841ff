import RollcallCore
import Testing

/// A target, a clock and a queue of deliveries between them. It checks every rule that holds at all times.
struct DeliveryWorld {
  struct Flight {
    var sequence: UInt64
    var ends: Timestamp
  }

  var queue: DeliveryQueue
  var random: SeededRandom
  var now = Timestamp(milliseconds: 1_000_000_000)
  private(set) var flights: [Flight] = []
  private(set) var ends: [UInt64: DeliveryAction] = [:]
  private(set) var sent: [DeliveryAction] = []
  private(set) var notices: [DeliveryAction] = []
  private(set) var nextWake: Timestamp?
  private var offered: [UInt64: EventReference] = [:]
  private var lastSent: [ConferenceSID?: UInt64] = [:]
  private var lastOffered: [ConferenceSID?: UInt64] = [:]
  private var previous: [UInt64: UInt64] = [:]
  /// How long an attempt takes.
  var latency: ClosedRange<Int64> = 1...2000

  init(seed: UInt64, maximumAge: Duration = .seconds(3600), bound: Int = 100_000) {
    queue = DeliveryQueue(maximumAge: maximumAge, bound: bound)
    random = SeededRandom(seed: seed)
  }

  var offeredCount: Int { offered.count }
  var deliveredCount: Int {
    ends.values.count { if case .delivered = $0 { true } else { false } }
  }

  static func lane(_ number: Int) -> ConferenceSID? { ConferenceSID("CF\(number)") }

  mutating func offer(lane: ConferenceSID?) {
    let event = EventReference(sequence: UInt64(offered.count + 1), lane: lane, timestamp: now)
    offered[event.sequence] = event
    previous[event.sequence] = lastOffered[lane]
    lastOffered[lane] = event.sequence
    perform(queue.offer(event, at: now))
  }

  /// Goes on to whatever happens next, and lets it happen.
  /// - Returns: false where nothing will, or not before the limit.
  mutating func step(until limit: Timestamp, outcome: (EventReference, inout SeededRandom) -> DeliveryOutcome) -> Bool {
    let nextEnd = flights.map(\.ends).min()
    guard let next = [nextEnd, nextWake].compactMap(\.self).min(), next <= limit else {
      now = max(now, limit)
      return false
    }
    now = max(now, next)
    if let index = flights.firstIndex(where: { $0.ends <= now }) {
      let flight = flights.remove(at: index)
      guard let event = offered[flight.sequence] else { return false }
      let result = outcome(event, &random)
      perform(queue.finished(flight.sequence, result, at: now, using: &random))
    } else {
      nextWake = nil
      perform(queue.wake(at: now))
    }
    return true
  }

  /// Lets everything happen up to the moment. At most 200 000 steps.
  mutating func run(until limit: Timestamp, outcome: (EventReference, inout SeededRandom) -> DeliveryOutcome) {
    for _ in 0..<200_000 where !step(until: limit, outcome: outcome) { return }
    Issue.record("the queue does not come to rest")
  }

  mutating func perform(_ actions: [DeliveryAction]) {
    for action in actions {
      switch action {
      case .send(let sequence, let before): start(sequence, before, action)
      case .delivered(let sequence), .deadLetter(let sequence, _): end(sequence, action)
      case .wake(let moment): nextWake = min(nextWake ?? moment, moment)
      case .targetOut, .targetBack, .targetGone: notices.append(action)
      }
    }
    #expect(queue.undelivered == offered.count - ends.count)
    #expect(queue.inFlightCount == flights.count)
    #expect(flights.count <= DeliveryQueue.maximumInFlight)
    #expect(Set(flights.map { offered[$0.sequence]?.lane }).count == flights.count, "one in flight per lane")
  }

  private mutating func start(_ sequence: UInt64, _ before: UInt64?, _ action: DeliveryAction) {
    guard let event = offered[sequence] else {
      Issue.record("\(sequence) was never offered")
      return
    }
    #expect(ends[sequence] == nil, "\(sequence) is sent after its end")
    #expect(sequence >= lastSent[event.lane] ?? 0, "\(sequence) is out of order")
    #expect(before == previous[sequence])
    for other in 1..<sequence where ends[other] == nil && offered[other]?.lane == event.lane {
      Issue.record("\(sequence) overtakes \(other)")
    }
    if queue.isOut { #expect(flights.isEmpty, "one at a time while the target is out") }
    lastSent[event.lane] = sequence
    sent.append(action)
    flights.append(Flight(sequence: sequence, ends: now + .milliseconds(Int64.random(in: latency, using: &random))))
  }

  private mutating func end(_ sequence: UInt64, _ action: DeliveryAction) {
    #expect(offered[sequence] != nil && ends[sequence] == nil, "\(sequence) ends twice")
    #expect(!flights.contains { $0.sequence == sequence }, "\(sequence) ends in flight")
    ends[sequence] = action
  }
}
