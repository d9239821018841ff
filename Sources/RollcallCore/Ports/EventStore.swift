/// Keeps a stream's events until every target has them, and freezes their ids and bytes.
package protocol EventStore: Sendable {
  /// Stores the events of one poll together, before any of them is delivered.
  func commit(_ drafts: [EventDraft]) async

  /// The events that follow a sequence, in order.
  ///
  /// - Parameter limit: how many at the most.
  func events(after sequence: UInt64, limit: Int) async -> [StoredEvent]

  /// Notes that a target has everything up to a sequence; what all targets have may be forgotten.
  func acknowledge(_ sequence: UInt64, by target: String) async
}
