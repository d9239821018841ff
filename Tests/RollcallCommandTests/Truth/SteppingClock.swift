import RollcallCore
import RollcallSimulator
import Synchronization

/// The time of a simulated space that moves by one step with each request, so that nobody has to wait for it.
final class SteppingClock: Sendable {
  /// In the last millisecond of a second. With steps of whole seconds, what happens between two requests then has the
  /// same date, and what happens after the second of them another: whole seconds are all that the provider's dates tell.
  private static let start = Timestamp(milliseconds: 1_767_614_400_999)

  private let step: Duration
  private let state = Mutex((moment: Duration.zero, isStanding: false))

  init(step: Duration) {
    self.step = step
  }

  /// Milliseconds since the space began.
  var moment: Int64 { state.withLock { $0.moment.wholeMilliseconds } }

  /// From now on nothing happens in the space by itself.
  func stand() {
    state.withLock { $0.isStanding = true }
  }

  /// For the space.
  func clock() -> SpaceClock {
    SpaceClock(start: Self.start) { [self] in
      state.withLock { state in
        if !state.isStanding { state.moment += step }
        return state.moment
      }
    }
  }
}
