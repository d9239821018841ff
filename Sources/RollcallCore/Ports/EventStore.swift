/// Keeps a stream's events until every target has them, and freezes their ids and bytes.
///
/// What is not `async` is answered from memory, also where the store has a thread of its own.
package protocol EventStore: Sendable {
  /// Whether it keeps all from the oldest event that a target waits for in memory.
  var isInMemory: Bool { get }

  /// Stores the events of one poll and the room that they lead to, as one, before any of them is delivered.
  func commit(_ commit: PollCommit) async throws(StoreFailure)

  /// The events that follow a sequence, in order.
  ///
  /// - Parameter limit: how many at the most.
  func events(after sequence: UInt64, limit: Int) async throws(StoreFailure) -> [StoredEvent]

  /// The id of the event with a sequence; nil where it is of an earlier run, and no longer kept.
  func id(of sequence: UInt64) async throws(StoreFailure) -> String?

  /// The events of a selection in a stretch of a lane, in order.
  ///
  /// - Parameter limit: how many at the most.
  func references(
    in span: LaneSpan, of selection: EventSelection, limit: Int
  ) async throws(StoreFailure) -> [EventReference]

  /// How many events of a selection a stretch of a lane has.
  func count(in span: LaneSpan, of selection: EventSelection) async throws(StoreFailure) -> Int

  /// The last event of a selection in a stretch of a lane.
  func last(in span: LaneSpan, of selection: EventSelection) async throws(StoreFailure) -> UInt64?

  /// How far a target is, as the store knows it. One that is new to the store begins with the next event.
  func progress(of target: String) async throws(StoreFailure) -> TargetProgress

  /// Takes note of how far a target is, soon enough; a crash before may make it get some events again.
  func note(_ progress: TargetProgress, of target: String)

  /// Keeps nothing more for a target that reads no longer in this run; a store that lasts remembers how far it was.
  func dismiss(_ target: String) async

  /// Keeps an event that a target did not get.
  func bury(_ letter: DeadLetter)

  /// How many events have yet to reach a target, filtered ones included.
  func undelivered(to target: String) -> Int
}

/// What one poll has come to, to be stored as one.
package struct PollCommit: Sendable {
  package var drafts: [EventDraft]
  /// nil where no room is different, as after a heartbeat.
  package var changes: RoomChanges?
  /// The last complete answer of discovery; nil where it is not to be saved.
  package var discovery: SavedDiscovery?

  package init(_ drafts: [EventDraft], changes: RoomChanges? = nil, discovery: SavedDiscovery? = nil) {
    self.drafts = drafts
    self.changes = changes
    self.discovery = discovery
  }
}

/// What became of a commit.
package enum CommitOutcome: Sendable, Equatable {
  /// It is stored. The reason says what it waited for, where the store could not take it at once.
  case stored(delayedBy: OutageReason? = nil)
  /// It is not stored, and nothing that builds on it may be: the run is about to end.
  case notStored
}
