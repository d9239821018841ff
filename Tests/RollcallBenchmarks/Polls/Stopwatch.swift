import RollcallCore
import RollcallTestKit
import Synchronization

/// Takes the time from a list received to each write of its lines.
final class Stopwatch: Sendable {
  private struct State {
    var received: Int64 = 0
    var lists = 0
    var delays: [Double] = []
  }

  /// The first list is read cold and tells of everybody.
  private static let listsToForget = 5

  private let state = Mutex(State())

  func noteList(at moment: Int64) {
    state.withLock { state in
      state.received = moment
      state.lists += 1
    }
  }

  func noteWrite(at moment: Int64) {
    state.withLock { state in
      if state.lists > Self.listsToForget { state.delays.append(Double(moment - state.received) / 1e6) }
    }
  }

  /// In milliseconds.
  var delays: [Double] { state.withLock { $0.delays } }
}

/// A store that notes when lines have been written, which is when the writer takes note of them.
struct TimedStore: ForwardingStore {
  let store: any EventStore
  let stopwatch: Stopwatch

  func saveCursor(_ cursor: Cursor, of target: String) {
    stopwatch.noteWrite(at: Measure.now)
    store.saveCursor(cursor, of: target)
  }
}
