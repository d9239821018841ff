/// The events of one lane that are sent in one request: one event, or all events of a poll that the target wants.
///
/// The stream may have other events between the first and the last one, of other lanes or unwanted by the target.
package struct Delivery: Hashable, Sendable {
  package let first: UInt64
  package private(set) var last: UInt64
  /// The number of events, at least 1.
  package private(set) var count: Int

  /// Creates a delivery of one event.
  package init(_ sequence: UInt64) {
    (first, last, count) = (sequence, sequence, 1)
  }

  /// Adds an event that follows those already included.
  mutating func take(_ sequence: UInt64) {
    last = sequence
    count += 1
  }
}

/// What the caller of ``DeliveryQueue`` must do.
package enum DeliveryAction: Hashable, Sendable {
  /// Make one attempt: read the events, call ``DeliveryQueue/beginRequest(_:)``, and report how the attempt ended to
  /// ``DeliveryQueue/finished(_:_:resting:at:using:)`` or ``DeliveryQueue/returned(_:at:)``.
  case send(Delivery, previous: PrecedingEvent)
  /// Read the first events of this span that the target wants, at most `limit` of them, and pass them to
  /// ``DeliveryQueue/refilled(_:_:isEnd:at:)``.
  case fetch(LaneSpan, limit: Int)
  /// The events were delivered.
  case delivered(Delivery)
  /// The events were given up.
  case deadLetter(Delivery, DeadLetterReason)
  /// Call ``DeliveryQueue/wake(at:)`` at this time. The latest request counts; an extra call does no harm.
  case wake(at: Timestamp)
  /// To log: no event was accepted for 30 s, so requests are sent one at a time.
  case circuitOpened
  /// To log: the target accepts events again, and its circuit has closed.
  case circuitClosed
  /// To log: the target wants no more events in this run.
  case targetGone
}

/// The event before an event in its lane, delivered or not.
package enum PrecedingEvent: Hashable, Sendable {
  /// The event is the lane's first.
  case none
  case event(UInt64)
  /// An earlier run handled it, or its lane was forgotten meanwhile; the store knows it.
  case unknown
}

/// Why an event was given up.
package enum DeadLetterReason: Hashable, Sendable {
  /// The receiver refused this event for good.
  case rejected(status: Int)
  /// The receiver wants no more events.
  case targetGone
  /// The event grew older than the target's maximum age while the target failed.
  case tooOld
  /// The event failed too often while other lanes succeeded.
  case failedRepeatedly
  /// There were too many undelivered events, and the event was the oldest.
  case overflow
  /// The store no longer has the event's frozen bytes.
  case damaged
}

/// The outcome of one attempt to deliver an event.
package enum DeliveryOutcome: Hashable, Sendable {
  /// 2xx.
  case delivered
  /// The receiver will never accept this event: 400, 413, 415, 422.
  case rejected(status: Int)
  /// Nothing was sent, because the store no longer has the event's frozen bytes.
  case damaged
  /// The receiver wants no more events at all: 410.
  case gone
  /// Anything else, including no reply: the event is retried, no earlier than the receiver asks for.
  case retry(retryAfter: Duration?)

  /// - Parameters:
  ///   - status: the reply's status; nil if no whole reply arrived.
  ///   - retryAfter: the reply's `Retry-After`, if valid.
  ///   - refusalIsFinal: whether 401, 403 and 404 count as 410, because at chat services they mean that the webhook was
  ///     deleted.
  package static func classify(
    status: Int?, retryAfter: Duration? = nil, refusalIsFinal: Bool = false
  ) -> DeliveryOutcome {
    switch status {
    case .some(200...299): .delivered
    case .some(let status) where [400, 413, 415, 422].contains(status): .rejected(status: status)
    case 410: .gone
    case 401, 403, 404: refusalIsFinal ? .gone : .retry(retryAfter: retryAfter)
    case .some, .none: .retry(retryAfter: retryAfter)
    }
  }
}

/// A reference to an event that waits for delivery; its bytes stay in the store.
package struct EventReference: Hashable, Sendable {
  /// The event's number in the stream.
  package let sequence: UInt64
  /// The event's conference; events without one share a lane.
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

/// How far a target is in the stream.
package struct Cursor: Equatable, Sendable {
  /// The first event that the target may get.
  package var first: UInt64
  /// Every event up to this one is finished, except those in ``behind``.
  package var taken: UInt64
  /// The lanes with an unfinished event up to ``taken``: in each, every event up to this sequence is finished. The nil
  /// key is the lane of events without a conference.
  package var behind: [ConferenceSID?: UInt64]

  package init(first: UInt64, taken: UInt64? = nil, behind: [ConferenceSID?: UInt64] = [:]) {
    self.first = first
    self.taken = taken ?? first - 1
    self.behind = behind
  }

  /// Every event up to this one is finished in every lane.
  package var done: UInt64 { min(taken, behind.values.min() ?? taken) }
}

/// An event that was given up for a target.
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
