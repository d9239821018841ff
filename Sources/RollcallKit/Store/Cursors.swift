import RollcallCore
import Synchronization

/// The cursors of a state file's targets, and which of them the file does not have yet.
///
/// Any thread may read and change them without waiting; the store's thread writes them to the file.
final class Cursors: Sendable {
  /// What the next transaction writes to the file.
  struct Unsaved {
    fileprivate(set) var cursors: [String: Cursor] = [:]
    /// The first sequences of targets that are new to the file.
    fileprivate(set) var starts: [String: UInt64] = [:]
    fileprivate(set) var letters: [DeadLetter] = []

    var isEmpty: Bool { cursors.isEmpty && starts.isEmpty && letters.isEmpty }
  }

  private struct State {
    var lastSequence: UInt64
    var cursors: [String: Cursor] = [:]
    /// The first sequences of targets that are new to the file, each until a cursor of its target is saved.
    var starts: [String: UInt64] = [:]
    /// Targets whose current cursor is not in the file yet.
    var unsaved: Set<String> = []
    /// Dead letters that are not in the file yet.
    var letters: [DeadLetter] = []
    var isWriteDue = false

    /// - Returns: whether the caller must schedule a write.
    mutating func scheduleWrite() -> Bool {
      defer { isWriteDue = true }
      return !isWriteDue
    }
  }

  private let state: Mutex<State>

  /// - Parameter lastSequence: the sequence of the last event in the file.
  init(lastSequence: UInt64) {
    state = Mutex(State(lastSequence: lastSequence))
  }

  /// The sequence of the last stored event.
  var lastSequence: UInt64 { state.withLock(\.lastSequence) }

  /// The sequence through which all targets are done.
  var done: UInt64 {
    state.withLock { state in
      // A target whose cursor has not been read from the file may need any event.
      guard state.starts.keys.allSatisfy({ state.cursors[$0] != nil }) else { return 0 }
      return state.cursors.values.lazy.map(\.done).min() ?? state.lastSequence
    }
  }

  func cursor(of target: String) -> Cursor? { state.withLock { $0.cursors[target] } }

  /// Returns the first sequence of a target that is new to the file: the one after the last event at the time of the
  /// first call, even if the file can only be read later.
  func start(of target: String) -> UInt64 {
    state.withLock { state in
      // The next transaction saves it, so that the target gets its events even if this run ends early.
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

  /// Records that events are now stored.
  func stored(through sequence: UInt64) { state.withLock { $0.lastSequence = sequence } }

  /// - Returns: whether the caller must schedule a write.
  func set(_ cursor: Cursor, of target: String) -> Bool {
    state.withLock { state in
      state.cursors[target] = cursor
      state.unsaved.insert(target)
      return state.scheduleWrite()
    }
  }

  /// - Returns: whether the caller must schedule a write, and the number of pending letters.
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

  // MARK: Writing

  /// - Returns: whether the caller must schedule a write.
  func scheduleWrite() -> Bool { state.withLock { $0.scheduleWrite() } }

  /// Records that a write begins, so that later changes schedule another one.
  func writeBegins() { state.withLock { $0.isWriteDue = false } }

  var unsaved: Unsaved {
    state.withLock { state in
      Unsaved(
        cursors: state.cursors.filter { state.unsaved.contains($0.key) },
        starts: state.starts.filter { state.cursors[$0.key] == nil }, letters: state.letters)
    }
  }

  /// Records what the file now has. Cursors that have changed meanwhile remain unsaved.
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
