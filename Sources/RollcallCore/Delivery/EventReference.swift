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
