/// Keeps a stream's events until every target has received them, and assigns their final ids and bytes.
///
/// Methods that are not `async` are answered from memory, even if the store has a thread of its own.
package protocol EventStore: Sendable {
  /// Whether all events that a target still needs are in memory.
  var isInMemory: Bool { get }

  /// Stores the events of one poll and the resulting room atomically, before any of them is delivered.
  func commit(_ commit: PollCommit) async throws(StoreFailure)

  /// Returns the events after a sequence number, in order.
  ///
  /// - Parameter limit: the maximum number of events.
  func events(after sequence: UInt64, limit: Int) async throws(StoreFailure) -> [StoredEvent]

  /// Returns the id of an event; nil if it belongs to an earlier run and is no longer stored.
  func id(of sequence: UInt64) async throws(StoreFailure) -> String?

  /// Returns the events in a span of a lane that pass a filter, in order.
  ///
  /// - Parameter limit: the maximum number of events.
  func references(
    in span: LaneSpan, of filter: EventFilter, limit: Int
  ) async throws(StoreFailure) -> [EventReference]

  /// Returns the number of events in a span of a lane that pass a filter.
  func count(in span: LaneSpan, of filter: EventFilter) async throws(StoreFailure) -> Int

  /// Returns the last event in a span of a lane that passes a filter.
  func last(in span: LaneSpan, of filter: EventFilter) async throws(StoreFailure) -> UInt64?

  /// Returns the saved cursor of a target. The cursor of a new target begins with the next event.
  func cursor(of target: String) async throws(StoreFailure) -> Cursor

  /// Saves the cursor of a target, with a delay; after a crash in the meantime some events are delivered again.
  func saveCursor(_ cursor: Cursor, of target: String)

  /// Stops keeping events for a target that has finished in this run. A durable store keeps its cursor.
  func dismiss(_ target: String) async

  /// Stores an event that could not be delivered.
  func addDeadLetter(_ letter: DeadLetter)

  /// Returns the number of events that are pending for a target, including those its filter excludes.
  func undelivered(to target: String) -> Int
}

/// The result of one poll, to be stored atomically.
package struct PollCommit: Sendable {
  package var events: [Event]
  /// The changes to the room; nil if no room changed, as after a heartbeat.
  package var changes: RoomChanges?
  /// The last complete answer of discovery; nil if it does not need saving.
  package var discovery: SavedDiscovery?

  package init(_ events: [Event], changes: RoomChanges? = nil, discovery: SavedDiscovery? = nil) {
    self.events = events
    self.changes = changes
    self.discovery = discovery
  }
}

/// The result of a commit.
package enum CommitOutcome: Sendable, Equatable {
  /// The commit is stored. If it could not be stored at once, the reason says what delayed it.
  case stored(delayedBy: OutageReason? = nil)
  /// The commit is not stored, and nothing that depends on it may be stored either: the run is about to end.
  case notStored
}

/// Why a store rejected a request. No part of the request was carried out.
package struct StoreFailure: Error, Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    /// The disk is full; trying again later may succeed.
    case full
    /// Another program holds a lock on the file; trying again later may succeed.
    case busy
    /// The file's contents are not those of a valid store.
    case damaged
    /// The file was written by a later version.
    case newer
    /// The file belongs to another origin or account.
    case foreign
    /// The events in the file redact other fields or use another key.
    case otherRedaction
    /// Another process has the file open.
    case inUse
    /// The file's path no longer leads to the open file.
    case displaced
    /// The file cannot be created or opened.
    case cannotOpen
    /// Reading or writing failed.
    case inputOutput
  }

  package var kind: Kind
  /// One line for people, without the path.
  package var reason: String

  package init(_ kind: Kind, _ reason: String) {
    self.kind = kind
    self.reason = reason
  }

  /// The reason of the outage while a commit waits for the store; nil if waiting does not help.
  package var outage: OutageReason? {
    switch kind {
    case .full: .diskFull
    case .busy: .stateBusy
    case .damaged, .newer, .foreign, .otherRedaction, .inUse, .displaced, .cannotOpen, .inputOutput: nil
    }
  }
}
