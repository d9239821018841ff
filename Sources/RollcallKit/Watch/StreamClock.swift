package import RollcallCore
import Synchronization

/// The stream's time: the wall clock at the start plus the boot-time clock, so that it never goes back.
///
/// A jump of the wall clock forward is read anew, one back is not.
package final class StreamClock: Sendable {
  /// A smaller difference is drift, not a jump; a shorter suspension is not worth a word.
  static let jump: Duration = .seconds(2)

  /// A stored time that is later than the wall clock by more is worth a warning.
  package static let tolerance: Duration = .seconds(60)

  /// Something that makes scans seem, or be, far apart, though no poll has failed.
  struct ClockOutage: Sendable, Equatable {
    /// Counts from 1, so that everybody can know which ones they have seen.
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

  /// - Parameter moment: the stream's time does not begin before: the last that was stored.
  package init(on loop: EventLoop, notBefore moment: Timestamp? = nil) {
    self.loop = loop
    state = Mutex(
      State(wall: max(loop.wallClock, moment ?? loop.wallClock), boot: loop.now, suspended: loop.timeSuspended))
  }

  package var now: Timestamp { look().now }

  /// Notes that something was done only now that was due at a moment: much later, if the process was stopped meanwhile.
  func noteSuspension(since due: BootInstant) {
    guard due.duration(to: loop.now) > Self.jump else { return }
    state.withLock { $0.noteOutage(.suspended) }
  }

  /// The time, and the last thing that has disturbed it; its number is 0 where there was none.
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
      // Told instead of a jump that comes with it: the clock is set after a machine wakes.
      if suspended - state.suspended > Self.jump { state.noteOutage(.suspended) }
      state.suspended = suspended
      return (now, state.last)
    }
  }
}
