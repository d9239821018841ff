package import RollcallCore
import Synchronization

/// The stream's time: the wall clock at the start plus the boot-time clock, so that it never goes back.
///
/// After a jump forward the wall clock is read again; a jump back is ignored.
package final class StreamClock: Sendable {
  /// The minimum difference that counts as a jump instead of drift, and the minimum suspension that is reported.
  static let jump: Duration = .seconds(2)

  /// How much later than the wall clock a stored time may be without a warning.
  package static let tolerance: Duration = .seconds(60)

  /// A disturbance of the clock: scans are, or seem, far apart although no poll failed.
  struct ClockOutage: Sendable, Equatable {
    /// Counts from 1, so that each poller knows which ones it has seen.
    var number = 0
    var reason = OutageReason.clockJump
  }

  private struct State {
    var wall: Timestamp
    var boot: BootInstant
    var suspended: Duration
    var last = ClockOutage()

    mutating func noteOutage(_ reason: OutageReason) { last = ClockOutage(number: last.number + 1, reason: reason) }
  }

  private let loop: EventLoop
  private let state: Mutex<State>

  /// - Parameter moment: the last stored time, before which the stream's time does not begin.
  package init(on loop: EventLoop, notBefore moment: Timestamp? = nil) {
    self.loop = loop
    state = Mutex(
      State(wall: max(loop.wallClock, moment ?? loop.wallClock), boot: loop.now, suspended: loop.timeSuspended))
  }

  package var now: Timestamp { look().now }

  /// Records when the current work was due: if that is much earlier than now, the process was suspended.
  func noteSuspension(since due: BootInstant) {
    guard due.duration(to: loop.now) > Self.jump else { return }
    state.withLock { $0.noteOutage(.suspended) }
  }

  /// Returns the time and the last disturbance, whose number is 0 if there was none.
  func look() -> (now: Timestamp, clockOutage: ClockOutage) {
    let wall = loop.wallClock
    let boot = loop.now
    let suspended = loop.timeSuspended
    return state.withLock { state in
      var now = state.wall + state.boot.duration(to: boot)
      if wall - now > Self.jump {
        (state.wall, state.boot) = (wall, boot)
        now = wall
        state.noteOutage(.clockJump)
      }
      // Reported instead of the jump that comes with it, because the clock is set after a machine wakes.
      if suspended - state.suspended > Self.jump { state.noteOutage(.suspended) }
      state.suspended = suspended
      return (now, state.last)
    }
  }
}
