import RollcallCore
import RollcallTestKit
import Synchronization

/// Measures the time from the receipt of a list to each write of its lines.
final class Stopwatch: Sendable {
  private struct State {
    var received: Int64 = 0
    var lists = 0
    var delays: [Double] = []
  }

  /// The number of lists to ignore: the first is read cold and gives an event for every participant.
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

  /// The measured times, in milliseconds.
  var delays: [Double] { state.withLock { $0.delays } }
}

/// A store that notes when lines were written: when the writer saves its cursor.
struct TimedStore: ForwardingStore {
  let store: any EventStore
  let stopwatch: Stopwatch

  func saveCursor(_ cursor: Cursor, of target: String) {
    stopwatch.noteWrite(at: Measure.now)
    store.saveCursor(cursor, of: target)
  }
}
