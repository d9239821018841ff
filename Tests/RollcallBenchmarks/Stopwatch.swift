import RollcallCore
import Synchronization

/// Takes the time from a list received to each line written.
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

  func noteLine(at moment: Int64) {
    state.withLock { state in
      if state.lists > Self.listsToForget { state.delays.append(Double(moment - state.received) / 1e6) }
    }
  }

  /// In milliseconds.
  var delays: [Double] { state.withLock { $0.delays } }
}

/// A store that notes when each line has been written, which is when the writer takes note of it.
struct TimedStore: EventStore {
  let store: any EventStore
  let stopwatch: Stopwatch

  func commit(_ commit: PollCommit) async throws(StoreFailure) { try await store.commit(commit) }

  func events(after sequence: UInt64, limit: Int) async throws(StoreFailure) -> [StoredEvent] {
    try await store.events(after: sequence, limit: limit)
  }

  var isInMemory: Bool { store.isInMemory }

  func id(of sequence: UInt64) -> String { store.id(of: sequence) }

  func references(
    in span: LaneSpan, of selection: EventSelection, limit: Int
  ) async throws(StoreFailure) -> [EventReference] {
    try await store.references(in: span, of: selection, limit: limit)
  }

  func count(in span: LaneSpan, of selection: EventSelection) async throws(StoreFailure) -> Int {
    try await store.count(in: span, of: selection)
  }

  func last(in span: LaneSpan, of selection: EventSelection) async throws(StoreFailure) -> UInt64? {
    try await store.last(in: span, of: selection)
  }

  func progress(of target: String) async throws(StoreFailure) -> TargetProgress {
    try await store.progress(of: target)
  }

  func note(_ progress: TargetProgress, of target: String) {
    stopwatch.noteLine(at: Measure.now)
    store.note(progress, of: target)
  }

  func dismiss(_ target: String) async { await store.dismiss(target) }

  func bury(_ letter: DeadLetter) { store.bury(letter) }

  func undelivered(to target: String) -> Int { store.undelivered(to: target) }
}
