/// The events of one conference on their way to one target: one at the head, some behind it, the others in the store.
struct DeliveryLane: Sendable {
  /// What a lane keeps of an event.
  struct Entry: Sendable {
    var delivery: Delivery
    /// The time of all of its events.
    var timestamp: Timestamp

    init(_ event: EventReference) {
      delivery = Delivery(event.sequence)
      timestamp = event.timestamp
    }
  }

  /// The event whose turn it is.
  struct Head: Sendable {
    var entry: Entry
    /// The event before it in the lane.
    var previous: PrecedingEvent
    /// How often it failed with a success of another lane since its failure before.
    var failuresAmongSuccesses = 0
    /// The target's count of successes at its first attempt, then at its last failure.
    var successesSeen: UInt64?
  }

  /// Whose turn it is, and what it waits for. Where no event is at the head, those that were there have been given up.
  ///
  /// idle → ready → in flight → idle or waiting; waiting → ready. What is not in flight may become idle.
  private enum Turn: Sendable {
    /// No event is here, or none until the store has answered.
    case idle
    /// The lane is in the queue's list of those that can start.
    case ready(Head?)
    case inFlight(Head)
    /// An attempt failed; the lane is in the target's list of those that wait. The receiver may have asked for no attempt
    /// before a moment.
    case waiting(Head?, notBefore: Timestamp?)
  }

  /// How far getting more events from the store is.
  enum Fetch: Sendable {
    case none
    /// The lane is in the queue's list of those that run low.
    case wanted
    /// The store was asked for the events up to this one.
    case underWay(through: UInt64)
  }

  /// The conference; nil for events without one.
  let name: ConferenceSID?
  /// Whether the events of one poll go out as one.
  let joinsPolls: Bool
  /// Whether the next event may be of the same poll as the last one.
  var isOpen = false
  private var turn = Turn.idle
  private(set) var queue = FIFO<Entry>()
  /// The last event that left the queue, to the head or as a dead letter.
  private var previous: PrecedingEvent
  /// Attempts that failed in a row. Heads that grew too old do not start it anew, or a dead target would be asked for each.
  private(set) var failures = 0
  /// To be forgotten once empty.
  var isClosing = false
  /// Whether it is in the queue's list of lanes that may be forgotten for others.
  var isListedIdle = false

  /// The last event that is, or was, here. Those after it, up to the other one, are in the store alone.
  private(set) var storedAfter: UInt64 = 0
  private(set) var storedThrough: UInt64 = 0
  /// How many are in the store alone, as far as that is known.
  private(set) var stored = 0
  var fetch = Fetch.none

  init(name: ConferenceSID?, previous: PrecedingEvent, joinsPolls: Bool) {
    self.name = name
    self.previous = previous
    self.joinsPolls = joinsPolls
  }

  /// A lane that an earlier run has left: its events of this stretch are in the store.
  init(resuming span: LaneSpan, stored: Int, joinsPolls: Bool) {
    self.init(name: span.lane, previous: .unknown, joinsPolls: joinsPolls)
    (storedAfter, storedThrough, self.stored) = (span.after, span.through, stored)
  }

  var head: Head? {
    switch turn {
    case .idle: nil
    case .ready(let head), .waiting(let head, _): head
    case .inFlight(let head): head
    }
  }

  var isIdle: Bool { if case .idle = turn { true } else { false } }
  var isInFlight: Bool { if case .inFlight = turn { true } else { false } }
  /// The receiver asked not to be tried before.
  var notBefore: Timestamp? { if case .waiting(_, let moment) = turn { moment } else { nil } }

  /// Whether the store has events that are not here.
  var isSpilled: Bool { storedAfter < storedThrough }
  /// Entries that are here.
  var held: Int { queue.count + (head == nil ? 0 : 1) }
  var isEmpty: Bool { held == 0 && !isSpilled }

  /// The first event that is not done with; where it is not here, it may also be a later one.
  var firstUndone: UInt64? {
    head?.entry.delivery.first ?? queue.first?.delivery.first ?? (isSpilled ? storedAfter + 1 : nil)
  }

  /// Whether there may be more events of the last entry's poll.
  private var mayLastGrow: Bool { joinsPolls && (isOpen || isSpilled) }

  /// The oldest event that is here and not in flight.
  var oldestAtRest: Entry? {
    isInFlight ? queue.first : head?.entry ?? queue.first
  }

  /// Takes the next event, or leaves it in the store.
  mutating func take(_ event: EventReference, window: Int) {
    let wasSpilled = isSpilled
    storedThrough = event.sequence
    if wasSpilled || held >= window && !isOfLastPoll(event) {
      stored += 1
    } else {
      append(event)
      storedAfter = event.sequence
    }
  }

  private func isOfLastPoll(_ event: EventReference) -> Bool {
    joinsPolls && queue.last?.timestamp == event.timestamp
  }

  private mutating func append(_ event: EventReference) {
    if isOfLastPoll(event) {
      queue.updateLast { $0.delivery.take(event.sequence) }
    } else {
      queue.append(Entry(event))
    }
  }

  /// Takes what the store has answered.
  ///
  /// - Parameter isEnd: whether that is all of what it was asked for.
  /// - Returns: by how much the lane has more undelivered events than was known.
  mutating func refill(with events: [EventReference], isEnd: Bool) -> Int {
    guard case .underWay(let through) = fetch else { return 0 }
    fetch = .none
    for event in events { append(event) }
    storedAfter = isEnd ? through : events.last?.sequence ?? storedAfter
    let left = isSpilled ? max(stored - events.count, 0) : 0
    defer { stored = left }
    return left + events.count - stored
  }

  // MARK: Turns

  /// Puts the next entry at the head of a lane that is idle or waiting.
  ///
  /// - Returns: false where there is none; the lane is idle then.
  mutating func makeReady() -> Bool {
    guard let head = head ?? nextHead() else {
      turn = .idle
      return false
    }
    turn = .ready(head)
    return true
  }

  /// Starts an attempt with the head.
  ///
  /// - Parameter successes: how many the target has had.
  /// - Returns: nil where there is none; the lane is idle then.
  mutating func start(after successes: UInt64) -> Head? {
    guard case .ready(var head?) = turn else {
      turn = .idle
      return nil
    }
    head.successesSeen = head.successesSeen ?? successes
    turn = .inFlight(head)
    return head
  }

  /// Ends an attempt: the head had its answer, or is given up.
  ///
  /// - Returns: how many events it was.
  mutating func completeHead() -> Int {
    let count = head?.entry.delivery.count ?? 0
    failures = 0
    turn = .idle
    return count
  }

  /// Ends an attempt that failed: the head waits.
  ///
  /// - Parameter successes: how many the target has had.
  /// - Returns: how often the head failed with a success of another lane since its failure before.
  mutating func failed(after successes: UInt64) -> Int {
    failures += 1
    guard case .inFlight(var head) = turn else { return 0 }
    if let seen = head.successesSeen, successes > seen { head.failuresAmongSuccesses += 1 }
    head.successesSeen = successes
    turn = .inFlight(head)
    return head.failuresAmongSuccesses
  }

  /// Has the lane wait, with what is at its head, if anything is.
  mutating func wait(notBefore moment: Timestamp?) { turn = .waiting(head, notBefore: moment) }

  /// Forgets that it waited, where nothing is left to wait for.
  mutating func rest() { turn = .idle }

  /// Puts the next entry at the head of a lane that can start or waits, if nothing is there and the entry is whole.
  mutating func promote() {
    switch turn {
    case .ready(nil): turn = .ready(nextHead())
    case .waiting(nil, let moment): turn = .waiting(nextHead(), notBefore: moment)
    case .idle, .ready, .inFlight, .waiting: break
    }
  }

  /// Takes the head away, unless it is in flight, and puts the next entry in its place.
  mutating func dropHead() {
    switch turn {
    case .ready: turn = .ready(nextHead())
    case .waiting(_, let moment): turn = .waiting(nextHead(), notBefore: moment)
    case .idle, .inFlight: break
    }
  }

  private mutating func nextHead() -> Head? {
    guard queue.count > 1 || !mayLastGrow, let entry = queue.popFirst() else { return nil }
    defer { previous = .event(entry.delivery.last) }
    return Head(entry: entry, previous: previous)
  }

  // MARK: What is given up

  /// Takes ``oldestAtRest`` out.
  mutating func dropOldestAtRest() {
    if isInFlight || head == nil { dropFirstOfQueue() } else { dropHead() }
    promote()
  }

  private mutating func dropFirstOfQueue() {
    previous = queue.popFirst().map { .event($0.delivery.last) } ?? previous
  }

  /// Forgets what is here, less the head if that is in flight.
  mutating func removeAllAtRest() {
    queue = FIFO()
    if !isInFlight { turn = .idle }
  }
}

/// A stretch of one lane: the events of a conference that come after one sequence and not after another.
package struct LaneSpan: Hashable, Sendable {
  /// The conference; nil for the events without one.
  package var lane: ConferenceSID?
  package var after: UInt64
  package var through: UInt64

  package init(lane: ConferenceSID?, after: UInt64, through: UInt64) {
    self.lane = lane
    self.after = after
    self.through = through
  }
}
