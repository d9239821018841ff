import RollcallCore
import Synchronization

/// How far the targets of a state file are, and what of it the file has yet to be told.
///
/// It is read and changed from any thread without a wait; the store's thread brings it into the file.
final class Cursors: Sendable {
  /// What a transaction brings into the file.
  struct Unsaved {
    fileprivate(set) var cursors: [String: Cursor] = [:]
    /// Where targets begin, where the file knows nothing of them.
    fileprivate(set) var starts: [String: UInt64] = [:]
    fileprivate(set) var letters: [DeadLetter] = []

    var isEmpty: Bool { cursors.isEmpty && starts.isEmpty && letters.isEmpty }
  }

  private struct State {
    var lastSequence: UInt64
    var cursors: [String: Cursor] = [:]
    /// Where targets begin if they are new to the file, until the file knows.
    var starts: [String: UInt64] = [:]
    /// Targets whose progress the file does not have.
    var unsaved: Set<String> = []
    /// Dead letters that the file does not have.
    var letters: [DeadLetter] = []
    var isWriteDue = false

    /// - Returns: whether a write has to be seen to.
    mutating func scheduleWrite() -> Bool {
      defer { isWriteDue = true }
      return !isWriteDue
    }
  }

  private let state: Mutex<State>

  /// - Parameter lastSequence: the place of the last event in the file.
  init(lastSequence: UInt64) {
    state = Mutex(State(lastSequence: lastSequence))
  }

  /// The place of the last event that is stored.
  var lastSequence: UInt64 { state.withLock(\.lastSequence) }

  /// Every target is done with the events up to this one.
  var done: UInt64 {
    state.withLock { state in
      // A target of which the file has not said how far it is may wait for any of them.
      guard state.starts.keys.allSatisfy({ state.cursors[$0] != nil }) else { return 0 }
      return state.cursors.values.lazy.map(\.done).min() ?? state.lastSequence
    }
  }

  func cursor(of target: String) -> Cursor? { state.withLock { $0.cursors[target] } }

  /// Where a target begins that is new to the file: with the next event when it was first asked for, though the file may
  /// have been able to answer only later.
  func start(of target: String) -> UInt64 {
    state.withLock { state in
      // It goes into the file with the next events: whatever becomes of this run, the target is owed them.
      let start = state.starts[target] ?? state.lastSequence + 1
      state.starts[target] = start
      return start
    }
  }

  func undelivered(to target: String) -> Int {
    state.withLock { state in
      guard let cursor = state.cursors[target] else { return 0 }
      return Int(state.lastSequence - min(cursor.done, state.lastSequence))
    }
  }

  /// Takes note of events that are stored now.
  func stored(through sequence: UInt64) { state.withLock { $0.lastSequence = sequence } }

  /// - Returns: whether the caller has to see to a write.
  func set(_ cursor: Cursor, of target: String) -> Bool {
    state.withLock { state in
      state.cursors[target] = cursor
      state.unsaved.insert(target)
      return state.scheduleWrite()
    }
  }

  /// - Returns: whether the caller has to see to a write, and how many letters wait for it.
  func add(_ letter: DeadLetter) -> (isWriteDue: Bool, waiting: Int) {
    state.withLock { state in
      state.letters.append(letter)
      return (state.scheduleWrite(), state.letters.count)
    }
  }

  func remove(_ target: String) {
    state.withLock { state in
      state.cursors[target] = nil
      state.starts[target] = nil
      state.unsaved.remove(target)
    }
  }

  // MARK: What the file is told

  /// - Returns: whether the caller has to see to a write.
  func scheduleWrite() -> Bool { state.withLock { $0.scheduleWrite() } }

  /// Takes note that a write begins, so that what comes from now on needs another one.
  func writeBegins() { state.withLock { $0.isWriteDue = false } }

  var unsaved: Unsaved {
    state.withLock { state in
      Unsaved(
        cursors: state.cursors.filter { state.unsaved.contains($0.key) },
        starts: state.starts.filter { state.cursors[$0.key] == nil }, letters: state.letters)
    }
  }

  /// Takes note of what the file has now. What has changed meanwhile is still unsaved.
  func saved(_ saved: Unsaved) {
    state.withLock { state in
      for (target, cursor) in saved.cursors where state.cursors[target] == cursor {
        state.unsaved.remove(target)
        state.starts[target] = nil
      }
      state.letters.removeFirst(saved.letters.count)
    }
  }
}
