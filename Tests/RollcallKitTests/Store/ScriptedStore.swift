import RollcallCore
import RollcallKit
import Synchronization

/// A store in memory whose commits and reads fail on request.
final class ScriptedStore: EventStore {
  let isInMemory = true
  private let memory = MemoryStore(epoch: 7, targets: ["a"])
  private let failure: @Sendable (PollCommit) -> StoreFailure?
  private let readFailure: @Sendable () -> StoreFailure?
  private let attempted = Mutex(0)

  /// - Parameters:
  ///   - reading: why events cannot be read now; nil if they can.
  ///   - failure: why a commit fails now; nil for success.
  init(
    reading readFailure: @escaping @Sendable () -> StoreFailure? = { nil },
    _ failure: @escaping @Sendable (PollCommit) -> StoreFailure?
  ) {
    self.readFailure = readFailure
    self.failure = failure
  }

  /// The number of attempts to store something.
  var attempts: Int { attempted.withLock { $0 } }

  var stored: [StoredEvent] { memory.events(after: 0, limit: .max) }

  func commit(_ commit: PollCommit) async throws(StoreFailure) {
    attempted.withLock { $0 += 1 }
    if let failure = failure(commit) { throw failure }
    memory.commit(commit)
  }

  func events(after sequence: UInt64, limit: Int) throws(StoreFailure) -> [StoredEvent] {
    if let failure = readFailure() { throw failure }
    return memory.events(after: sequence, limit: limit)
  }

  func id(of sequence: UInt64) -> String? { memory.id(of: sequence) }

  func references(in span: LaneSpan, of selection: EventFilter, limit: Int) -> [EventReference] {
    memory.references(in: span, of: selection, limit: limit)
  }

  func count(in span: LaneSpan, of selection: EventFilter) -> Int { memory.count(in: span, of: selection) }

  func last(in span: LaneSpan, of selection: EventFilter) -> UInt64? { memory.last(in: span, of: selection) }

  func cursor(of target: String) -> Cursor { memory.cursor(of: target) }

  func saveCursor(_ cursor: Cursor, of target: String) { memory.saveCursor(cursor, of: target) }

  func dismiss(_ target: String) { memory.dismiss(target) }

  func addDeadLetter(_ letter: DeadLetter) { memory.addDeadLetter(letter) }

  func undelivered(to target: String) -> Int { memory.undelivered(to: target) }
}
