import RollcallCore
import Synchronization

/// Counts the polls of all conferences of a run.
final class PollMeter: Sendable {
  /// What there was since the run began.
  struct Totals: Sendable, Equatable {
    var tally = PollTally()
    var lastComplete: Timestamp?
  }

  private struct State {
    var tally = PollTally()
    var totals = Totals()
  }

  private let state = Mutex(State())

  func asked(late delay: Duration) {
    state.withLock { state in
      state.tally.asked(late: delay)
      state.totals.tally.asked(late: delay)
    }
  }

  func failed() {
    state.withLock { state in
      state.tally.failed()
      state.totals.tally.failed()
    }
  }

  func discoveryFailed() {
    state.withLock { state in
      state.tally.discoveryFailed()
      state.totals.tally.discoveryFailed()
    }
  }

  func completed(at now: Timestamp) { state.withLock { $0.totals.lastComplete = now } }

  /// What there was since the last call of this.
  func take() -> PollTally { state.withLock { $0.tally.take() } }

  var totals: Totals { state.withLock { $0.totals } }
}
