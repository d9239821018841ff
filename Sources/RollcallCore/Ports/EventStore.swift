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
    in span: LaneSpan, of selection: EventFilter, limit: Int
  ) async throws(StoreFailure) -> [EventReference]

  /// How many events of a selection a stretch of a lane has.
  func count(in span: LaneSpan, of selection: EventFilter) async throws(StoreFailure) -> Int

  /// The last event of a selection in a stretch of a lane.
  func last(in span: LaneSpan, of selection: EventFilter) async throws(StoreFailure) -> UInt64?

  /// How far a target is, as the store knows it. One that is new to the store begins with the next event.
  func cursor(of target: String) async throws(StoreFailure) -> Cursor

  /// Takes note of how far a target is, soon enough; a crash before may make it get some events again.
  func saveCursor(_ cursor: Cursor, of target: String)

  /// Keeps nothing more for a target that reads no longer in this run; a store that lasts remembers how far it was.
  func dismiss(_ target: String) async

  /// Keeps an event that a target did not get.
  func addDeadLetter(_ letter: DeadLetter)

  /// How many events have yet to reach a target, filtered ones included.
  func undelivered(to target: String) -> Int
}

/// What one poll has come to, to be stored as one.
package struct PollCommit: Sendable {
  package var drafts: [Event]
  /// nil where no room is different, as after a heartbeat.
  package var changes: RoomChanges?
  /// The last complete answer of discovery; nil where it is not to be saved.
  package var discovery: SavedDiscovery?

  package init(_ drafts: [Event], changes: RoomChanges? = nil, discovery: SavedDiscovery? = nil) {
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

/// Why a store did not do what it was asked. Nothing that was asked has been done then.
package struct StoreFailure: Error, Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    /// There is no room on the disk; asked again later it may do it.
    case full
    /// Another program holds a lock on the file; asked again later the store may do it.
    case busy
    /// What is stored is not what a store writes.
    case damaged
    /// The file was written by a later version.
    case newer
    /// The file belongs to another origin or account.
    case foreign
    /// The events in the file redact something else, or with another key.
    case otherRedaction
    /// Another process has the file.
    case held
    /// The path of the open file no longer leads to it.
    case displaced
    /// The file cannot be made or opened.
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

  /// What a conference's outage is put down to where its commit waits for the store; nil where waiting is of no use.
  package var outage: OutageReason? {
    switch kind {
    case .full: .diskFull
    case .busy: .stateBusy
    case .damaged, .newer, .foreign, .otherRedaction, .held, .displaced, .cannotOpen, .inputOutput: nil
    }
  }
}
