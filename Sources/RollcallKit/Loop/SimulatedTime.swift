package import RollcallCore
import Synchronization

/// Time for a loop in a simulation: it stands still while there is work, and goes on to the next timer where there is none.
///
/// So an hour of polling takes a moment, and takes the same course each time.
package final class SimulatedTime: Sendable {
  private struct State {
    var boot: BootInstant
    /// What the wall clock showed when the machine started.
    var wallAtBoot: Timestamp
    var suspended: Duration = .zero
    var seeds: SplitMix64
  }

  private let state: Mutex<State>

  /// - Parameters:
  ///   - wallClock: what the wall clock shows now.
  ///   - boot: how long the machine has been running.
  ///   - suspended: how much of that it was suspended for.
  ///   - seed: what chance on the loop begins with.
  package init(
    wallClock: Timestamp, boot: BootInstant = BootInstant(nanoseconds: 0), suspended: Duration = .zero,
    seed: UInt64 = 0
  ) {
    let wallAtBoot = wallClock + boot.duration(to: BootInstant(nanoseconds: 0))
    state = Mutex(
      State(
        boot: boot, wallAtBoot: wallAtBoot, suspended: suspended,
        seeds: SplitMix64(seed: seed)))
  }

  package var now: BootInstant { state.withLock(\.boot) }

  package var wallClock: Timestamp {
    state.withLock { $0.wallAtBoot + BootInstant(nanoseconds: 0).duration(to: $0.boot) }
  }

  /// How long the machine has been suspended since it started.
  package var suspended: Duration { state.withLock(\.suspended) }

  /// The seed of the next source of chance on the loop.
  func nextSeed() -> UInt64 { state.withLock { $0.seeds.next() } }

  /// Goes on as if the machine had been suspended for so long.
  package func suspend(for duration: Duration) {
    state.withLock {
      $0.boot = $0.boot.advanced(by: duration)
      $0.suspended += duration
    }
  }

  /// Goes on to a moment; one that is gone changes nothing.
  package func advance(to moment: BootInstant) {
    state.withLock { $0.boot = max($0.boot, moment) }
  }

  /// Sets the wall clock, forward or back, while the clock of the machine goes on as before.
  package func moveWallClock(by duration: Duration) {
    state.withLock { $0.wallAtBoot = $0.wallAtBoot + duration }
  }
}
