/// The events of one conference that wait for one target: one at the head, some queued, the others only in the store.
struct DeliveryLane: Sendable {
  /// One queued delivery.
  struct Entry: Sendable {
    var delivery: Delivery
    /// The timestamp that all of its events share.
    var timestamp: Timestamp

    init(_ event: EventReference) {
      delivery = Delivery(event.sequence)
      timestamp = event.timestamp
    }
  }

  /// The delivery whose turn it is.
  struct Head: Sendable {
    var entry: Entry
    /// The event before it in the lane.
    var previous: PrecedingEvent
    /// Failures that were separated by another lane's success.
    var failuresAmongSuccesses = 0
    /// The target's number of successes at the first attempt, then at the last failure.
    var successesSeen: UInt64?
  }

  /// The lane's state. A head of nil means that the events at the head were given up.
  ///
  /// Valid transitions: idle → ready → in flight → idle or waiting; waiting → ready. Ready and waiting may become idle.
  private enum Turn: Sendable {
    /// No event is in memory, or none until the store has answered.
    case idle
    /// The lane is in the table's list of ready lanes.
    case ready(Head?)
    case inFlight(Head)
    /// An attempt failed and the lane is in the table's list of waiting lanes. The receiver may have asked for no
    /// attempt before a given time.
    case waiting(Head?, notBefore: Timestamp?)
  }

  /// The state of reading more events from the store.
  enum Fetch: Sendable {
    case none
    /// The lane is in the table's list of lanes that need more events.
    case wanted
    /// The store is reading the events up to this one.
    case underWay(through: UInt64)
  }

  /// The conference; nil for events without one.
  let name: ConferenceSID?
  /// Whether the events of one poll are sent in one request.
  let joinsPolls: Bool
  /// Whether the next event may belong to the same poll as the last one.
  var isOpen = false
  private var turn = Turn.idle
  private(set) var queue = FIFO<Entry>()
  /// The last event that left the queue, whether for the head or as a dead letter.
  private var previous: PrecedingEvent
  /// Consecutive failed attempts. An expired head does not reset it, or a dead target would be tried at once for each
  /// event.
  private(set) var failures = 0
  /// Whether to forget the lane once it is empty.
  var isForgottenWhenEmpty = false
  /// Whether the lane is in the table's list of lanes that may make room for others.
  var isListedIdle = false

  /// The last event that is or was in memory. Those after it, up to `storedThrough`, are only in the store.
  private(set) var storedAfter: UInt64 = 0
  private(set) var storedThrough: UInt64 = 0
  /// The known number of events that are only in the store.
  private(set) var stored = 0
  var fetch = Fetch.none

  init(name: ConferenceSID?, previous: PrecedingEvent, joinsPolls: Bool) {
    self.name = name
    self.previous = previous
    self.joinsPolls = joinsPolls
  }

  /// Creates a lane that an earlier run left: the events of this span are in the store.
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
  /// The time before which the receiver wants no attempt; nil if it did not ask.
  var notBefore: Timestamp? { if case .waiting(_, let moment) = turn { moment } else { nil } }

  /// Whether the store has events that are not in memory.
  var isSpilled: Bool { storedAfter < storedThrough }
  /// The number of deliveries in memory.
  var loaded: Int { queue.count + (head == nil ? 0 : 1) }
  var isEmpty: Bool { loaded == 0 && !isSpilled }

  /// The first unfinished event; if it is not in memory, the real one may also be later.
  var firstUndone: UInt64? {
    head?.entry.delivery.first ?? queue.first?.delivery.first ?? (isSpilled ? storedAfter + 1 : nil)
  }

  /// Whether the last entry's poll may have more events.
  private var mayLastGrow: Bool { joinsPolls && (isOpen || isSpilled) }

  /// The oldest delivery in memory that is not in flight.
  var oldestNotInFlight: Entry? {
    isInFlight ? queue.first : head?.entry ?? queue.first
  }

  /// Adds the next event, or leaves it in the store if the window is full.
  mutating func take(_ event: EventReference, window: Int) {
    let wasSpilled = isSpilled
    storedThrough = event.sequence
    if wasSpilled || loaded >= window && !isOfLastPoll(event) {
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

  /// Adds the events that the store has read.
  ///
  /// - Parameter isEnd: whether the span has no more events.
  /// - Returns: by how much the number of undelivered events exceeds what was known.
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

  /// Moves the next entry to the head of a lane that is idle or waiting.
  ///
  /// - Returns: false if there is none; the lane is then idle.
  mutating func makeReady() -> Bool {
    guard let head = head ?? nextHead() else {
      turn = .idle
      return false
    }
    turn = .ready(head)
    return true
  }

  /// Starts an attempt to deliver the head.
  ///
  /// - Parameter successes: the target's number of successes.
  /// - Returns: the head; nil if there is none, and the lane is then idle.
  mutating func start(after successes: UInt64) -> Head? {
    guard case .ready(var head?) = turn else {
      turn = .idle
      return nil
    }
    head.successesSeen = head.successesSeen ?? successes
    turn = .inFlight(head)
    return head
  }

  /// Removes the head after its answer, or because it was given up.
  ///
  /// - Returns: the number of events in the removed head.
  mutating func completeHead() -> Int {
    let count = head?.entry.delivery.count ?? 0
    failures = 0
    turn = .idle
    return count
  }

  /// Records a failed attempt.
  ///
  /// - Parameter successes: the target's number of successes.
  /// - Returns: how many of the head's failures were separated by another lane's success.
  mutating func failed(after successes: UInt64) -> Int {
    failures += 1
    guard case .inFlight(var head) = turn else { return 0 }
    if let seen = head.successesSeen, successes > seen { head.failuresAmongSuccesses += 1 }
    head.successesSeen = successes
    turn = .inFlight(head)
    return head.failuresAmongSuccesses
  }

  /// Makes the lane wait, with its head if it has one.
  mutating func wait(notBefore moment: Timestamp?) { turn = .waiting(head, notBefore: moment) }

  /// Makes the lane idle when nothing is left to wait for.
  mutating func rest() { turn = .idle }

  /// Moves the next entry to an empty head of a ready or waiting lane, if that entry's poll is complete.
  mutating func promote() {
    switch turn {
    case .ready(nil): turn = .ready(nextHead())
    case .waiting(nil, let moment): turn = .waiting(nextHead(), notBefore: moment)
    case .idle, .ready, .inFlight, .waiting: break
    }
  }

  /// Replaces the head with the next entry, unless it is in flight.
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

  // MARK: Giving up

  /// Removes ``oldestNotInFlight``.
  mutating func dropOldestNotInFlight() {
    if isInFlight || head == nil { dropFirstOfQueue() } else { dropHead() }
    promote()
  }

  private mutating func dropFirstOfQueue() {
    previous = queue.popFirst().map { .event($0.delivery.last) } ?? previous
  }

  /// Removes all deliveries from memory, except a head in flight.
  mutating func removeAllNotInFlight() {
    queue = FIFO()
    if !isInFlight { turn = .idle }
  }
}

/// A span of one lane: the events of a conference after one sequence and up to another.
package struct LaneSpan: Hashable, Sendable {
  /// The conference; nil for events without one.
  package var lane: ConferenceSID?
  package var after: UInt64
  package var through: UInt64

  package init(lane: ConferenceSID?, after: UInt64, through: UInt64) {
    self.lane = lane
    self.after = after
    self.through = through
  }
}
