import Libc
import RollcallCore

/// A time of the boot clock, which starts with the machine, continues during suspension, and never jumps.
package struct BootInstant: InstantProtocol {
  /// The number of nanoseconds since the machine started.
  package let nanoseconds: Int64

  package init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// The current time.
  package static var now: BootInstant {
    #if canImport(Darwin)
      // Darwin's raw clock includes sleep, whereas its CLOCK_MONOTONIC can be adjusted.
      return BootInstant(nanoseconds: Int64(clamping: clock_gettime_nsec_np(CLOCK_MONOTONIC_RAW)))
    #else
      var time = timespec()
      unsafe clock_gettime(CLOCK_BOOTTIME, &time)
      return BootInstant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    #endif
  }

  /// How long the machine has been suspended since it started.
  package static var suspended: Duration {
    #if canImport(Darwin)
      let awake = BootInstant(nanoseconds: Int64(clamping: clock_gettime_nsec_np(CLOCK_UPTIME_RAW)))
    #else
      var time = timespec()
      unsafe clock_gettime(CLOCK_MONOTONIC, &time)
      let awake = BootInstant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    #endif
    return awake.duration(to: .now)
  }

  /// Returns the time that much later; saturates at the ends of `Int64`.
  package func advanced(by duration: Duration) -> BootInstant {
    BootInstant(nanoseconds: Int64(clamping: Int128(nanoseconds) + duration.attoseconds / 1_000_000_000))
  }

  package func duration(to other: BootInstant) -> Duration {
    .nanoseconds(other.nanoseconds) - .nanoseconds(nanoseconds)
  }

  package static func < (left: BootInstant, right: BootInstant) -> Bool { left.nanoseconds < right.nanoseconds }
}

// The core plans polls in timestamps. Here they count from the start of the machine, so that jumps of the wall clock do
// not move polls.
extension Timestamp {
  init(_ instant: BootInstant) { self.init(milliseconds: instant.nanoseconds / 1_000_000) }

  /// Creates the first whole millisecond that is not before `instant`.
  init(notBefore instant: BootInstant) {
    let (milliseconds, rest) = instant.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
    self.init(milliseconds: rest > 0 ? milliseconds + 1 : milliseconds)
  }
}

extension BootInstant {
  init(_ timestamp: Timestamp) {
    let (nanoseconds, overflow) = timestamp.milliseconds.multipliedReportingOverflow(by: 1_000_000)
    self.init(nanoseconds: overflow ? (timestamp.milliseconds < 0 ? .min : .max) : nanoseconds)
  }
}
