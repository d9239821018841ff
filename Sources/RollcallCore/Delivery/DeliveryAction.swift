/// What ``DeliveryQueue`` wants done.
package enum DeliveryAction: Hashable, Sendable {
  /// Make one attempt and report it with ``DeliveryQueue/finished(_:_:resting:at:using:)``.
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
  /// For people: nothing has been taken for 30 s.
  case targetOut
  /// For people: the target that was out takes events again.
  case targetBack
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
