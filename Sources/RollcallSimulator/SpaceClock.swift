package import RollcallCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The time inside a simulated space. Rooms know only how long the space has run; the start decides what dates say.
package struct SpaceClock: Sendable {
  /// When the space began.
  package var start: Timestamp
  /// How long it has run; must not go back.
  package var elapsed: @Sendable () -> Duration

  package init(start: Timestamp, elapsed: @escaping @Sendable () -> Duration) {
    self.start = start
    self.elapsed = elapsed
  }

  /// Runs with the world outside, from now on.
  package static func wall() -> SpaceClock {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
    let milliseconds = Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    let start = ContinuousClock.now
    return SpaceClock(start: Timestamp(milliseconds: milliseconds)) { ContinuousClock.now - start }
  }
}
