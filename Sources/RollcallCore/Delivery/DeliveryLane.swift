/// The events of one conference on their way to one target: one at the head, the others behind it.
struct DeliveryLane: Sendable {
  /// What a lane keeps of an event.
  struct Entry: Sendable {
    var sequence: UInt64
    var timestamp: Timestamp
  }

  /// The event whose turn it is.
  struct Head: Sendable {
    var entry: Entry
    /// The event before it in the lane.
    var previous: UInt64?
    /// How often it failed with a success of another lane since its failure before.
    var failuresAmongSuccesses = 0
    /// The target's count of successes at its first attempt, then at its last failure.
    var successesSeen: UInt64?
  }

  enum State: Sendable {
    /// No event is here.
    case idle
    /// The head waits for its turn.
    case ready
    case inFlight
    /// The head failed; the lane is in the target's list of those that wait.
    case waiting
  }

  /// The conference; nil for events without one.
  let name: ConferenceSID?
  var state = State.idle
  var head: Head?
  var queue = FIFO<Entry>()
  /// The last event that left the queue, to the head or as a dead letter.
  var previous: UInt64?
  /// Attempts that failed in a row. Heads that grew too old do not start it anew, or a dead target would be asked for each.
  var failures = 0
  /// The receiver asked not to be tried before.
  var notBefore: Timestamp?
  /// To be forgotten once empty.
  var isClosing = false

  init(name: ConferenceSID?) {
    self.name = name
  }

  var isEmpty: Bool { head == nil && queue.isEmpty }

  /// The oldest event that is not in flight.
  var oldestAtRest: Entry? {
    if case .inFlight = state { return queue.first }
    return head?.entry ?? queue.first
  }

  /// Moves the next event to the head, if that is free.
  mutating func promote() {
    guard head == nil, let entry = queue.popFirst() else { return }
    head = Head(entry: entry, previous: previous)
    previous = entry.sequence
  }

  /// Takes ``oldestAtRest`` out.
  mutating func dropOldestAtRest() {
    if case .inFlight = state {
      previous = queue.popFirst()?.sequence ?? previous
    } else {
      promote()
      head = nil
      promote()
    }
  }
}
