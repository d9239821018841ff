/// Events of one lane that go out in one request: one event, or all of a poll that the target wants.
///
/// Between its first and its last event the stream may have others, of other lanes or not wanted.
package struct Delivery: Hashable, Sendable {
  package let first: UInt64
  package private(set) var last: UInt64
  /// How many events, 1 or more.
  package private(set) var count: Int

  /// One event alone.
  package init(_ sequence: UInt64) {
    (first, last, count) = (sequence, sequence, 1)
  }

  /// Takes one more event, which follows those that are in it.
  mutating func take(_ sequence: UInt64) {
    last = sequence
    count += 1
  }
}

/// What ``DeliveryQueue`` wants done.
package enum DeliveryAction: Hashable, Sendable {
  /// Make one attempt: read what it sends, ask ``DeliveryQueue/beginRequest(_:)``, and report how it ended to
  /// ``DeliveryQueue/finished(_:_:resting:at:using:)`` or ``DeliveryQueue/returned(_:at:)``.
  case send(Delivery, previous: PrecedingEvent)
  /// Answer with the first events of this stretch that the target wants, so many at the most, by
  /// ``DeliveryQueue/refilled(_:_:isEnd:at:)``.
  case fetch(LaneSpan, limit: Int)
  /// Its events are done with.
  case delivered(Delivery)
  /// Its events are done with and were not delivered.
  case deadLetter(Delivery, DeadLetterReason)
  /// Call ``DeliveryQueue/wake(at:)`` at this moment. Of several the last counts; one call too many does no harm.
  case wake(at: Timestamp)
  /// For people: nothing has been taken for 30 s, so requests go out one at a time.
  case circuitOpened
  /// For people: a target whose circuit was open takes events again.
  case circuitClosed
  /// For people: the target wants no more events in this run.
  case targetGone
}

/// What came before an event in its lane, whatever became of it.
package enum PrecedingEvent: Hashable, Sendable {
  /// It is the lane's first.
  case none
  case event(UInt64)
  /// An earlier run had it, or its lane was forgotten meanwhile; the store can tell.
  case unknown
}

/// Why an event was given up.
package enum DeadLetterReason: Hashable, Sendable {
  /// The receiver refused this event for good.
  case rejected(status: Int)
  /// The receiver wants no more events.
  case targetGone
  /// It grew older than the target's maximum age while the target failed.
  case tooOld
  /// It failed too often while other lanes were served.
  case failedRepeatedly
  /// There were too many undelivered events, and it was the oldest.
  case overflow
  /// The store no longer has the bytes that were frozen.
  case damaged
}

/// What one attempt to deliver an event came to.
package enum DeliveryOutcome: Hashable, Sendable {
  /// 2xx.
  case delivered
  /// The receiver will never take this event: 400, 413, 415, 422.
  case rejected(status: Int)
  /// Nothing was sent: the store no longer has what was to be.
  case damaged
  /// The receiver wants no more events at all: 410.
  case gone
  /// Anything else, no reply included: the event stays and is tried again, not before the time that the receiver asks for.
  case hold(retryAfter: Duration?)

  /// - Parameters:
  ///   - status: the reply's status; nil where no whole reply arrived.
  ///   - retryAfter: the reply's `Retry-After`, if it can be read.
  ///   - refusalIsFinal: whether 401, 403 and 404 count as 410, as they do at chat services, where they mean a hook that
  ///     was deleted.
  package static func classify(
    status: Int?, retryAfter: Duration? = nil, refusalIsFinal: Bool = false
  ) -> DeliveryOutcome {
    switch status {
    case .some(200...299): .delivered
    case .some(let status) where [400, 413, 415, 422].contains(status): .rejected(status: status)
    case 410: .gone
    case 401, 403, 404: refusalIsFinal ? .gone : .hold(retryAfter: retryAfter)
    case .some, .none: .hold(retryAfter: retryAfter)
    }
  }
}

/// An event that waits for delivery; its bytes stay in the store.
package struct EventReference: Hashable, Sendable {
  /// Its number in the stream.
  package let sequence: UInt64
  /// The conference that it is about; events without one share a lane.
  package let lane: ConferenceSID?
  /// The event's own time, from which its age counts.
  package let timestamp: Timestamp

  package init(sequence: UInt64, lane: ConferenceSID?, timestamp: Timestamp) {
    self.sequence = sequence
    self.lane = lane
    self.timestamp = timestamp
  }

  package init(_ event: StoredEvent) {
    self.init(sequence: event.sequence, lane: event.conference, timestamp: event.timestamp)
  }
}

/// How far a target has come in the stream.
package struct Cursor: Equatable, Sendable {
  /// Nothing before this event was ever for the target.
  package var first: UInt64
  /// Every event up to this one is done with, but for what ``behind`` says.
  package var taken: UInt64
  /// Lanes with an event up to ``taken`` that is not done with. In each, every event up to this sequence is done with; nil is
  /// the lane of the events without conference.
  package var behind: [ConferenceSID?: UInt64]

  package init(first: UInt64, taken: UInt64? = nil, behind: [ConferenceSID?: UInt64] = [:]) {
    self.first = first
    self.taken = taken ?? first - 1
    self.behind = behind
  }

  /// Everything up to this event is done with in every lane.
  package var done: UInt64 { min(taken, behind.values.min() ?? taken) }
}

/// An event that a target did not get.
package struct DeadLetter: Equatable, Sendable {
  package var target: String
  package var sequence: UInt64
  package var reason: DeadLetterReason
  package var at: Timestamp

  package init(target: String, sequence: UInt64, reason: DeadLetterReason, at: Timestamp) {
    self.target = target
    self.sequence = sequence
    self.reason = reason
    self.at = at
  }
}
