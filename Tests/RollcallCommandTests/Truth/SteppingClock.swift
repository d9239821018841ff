import RollcallCore
import RollcallSimulator
import Synchronization

/// The clock of a simulated space. It advances by one step with each request, so that no test has to wait.
final class SteppingClock: Sendable {
  /// The start, in the last millisecond of a second. With steps of whole seconds, everything that happens between two
  /// requests then has the same date, and what happens after the second request has another: the provider's dates have
  /// whole seconds.
  private static let start = Timestamp(milliseconds: 1_767_614_400_999)

  private let step: Duration
  private let state = Mutex((moment: Duration.zero, isStanding: false))

  init(step: Duration) {
    self.step = step
  }

  /// The number of milliseconds since the space began.
  var moment: Int64 { state.withLock { $0.moment.wholeMilliseconds } }

  /// Stops the clock, so that nothing more happens in the space by itself.
  func stand() {
    state.withLock { $0.isStanding = true }
  }

  /// Returns the clock for the space.
  func clock() -> SpaceClock {
    SpaceClock(start: Self.start) { [self] in
      state.withLock { state in
        if !state.isStanding { state.moment += step }
        return state.moment
      }
    }
  }
}
