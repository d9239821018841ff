package import RollcallCore
import Synchronization

/// Hints that conferences may have changed, on their way from any thread to a watch.
///
/// Pending hints for one conference are merged, so a flood costs no memory and wakes the loop once.
package final class HintQueue: Sendable {
  /// The maximum number of conferences waiting for the watch. Beyond it, hints are dropped, and regular polls find the
  /// changes.
  package static let maximumPending = 10_000

  private struct State {
    var pending: Set<ConferenceSID> = []
    var order: [ConferenceSID] = []
    var count = 0
  }

  private let state = Mutex(State())
  /// Yields when there is something to take. Only one task may iterate over it.
  let arrivals: AsyncStream<Void>
  private let arrival: AsyncStream<Void>.Continuation

  package init() {
    (arrivals, arrival) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// The number of hints so far, dropped ones included.
  package var count: Int { state.withLock(\.count) }

  /// Adds a hint.
  package func add(_ conference: ConferenceSID) {
    let isFirst = state.withLock { state in
      state.count += 1
      guard state.pending.count < Self.maximumPending, state.pending.insert(conference).inserted else { return false }
      state.order.append(conference)
      return state.order.count == 1
    }
    if isFirst { arrival.yield() }
  }

  /// Removes and returns all hints, in the order of their arrival.
  func takeAll() -> [ConferenceSID] {
    state.withLock { state in
      defer { (state.pending, state.order) = ([], []) }
      return state.order
    }
  }
}
