/// A moment of UTC, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// The core has no clock: every moment comes in as one of these. Within a stream they never go back.
public struct Timestamp: Hashable, Comparable, Sendable {
  /// Milliseconds since the Unix epoch; negative before it.
  public let milliseconds: Int64

  public init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// Moves by a duration, rounded toward zero to whole milliseconds; saturates at the ends of `Int64`.
  public static func + (moment: Timestamp, duration: Duration) -> Timestamp {
    let (sum, overflow) = moment.milliseconds.addingReportingOverflow(duration.wholeMilliseconds)
    guard overflow else { return Timestamp(milliseconds: sum) }
    return Timestamp(milliseconds: duration < .zero ? .min : .max)
  }

  public static func - (moment: Timestamp, duration: Duration) -> Timestamp {
    moment + (.zero - duration)
  }

  /// The time that passed from the right moment to the left one.
  public static func - (later: Timestamp, earlier: Timestamp) -> Duration {
    // As durations: the difference of two moments may be more than an `Int64` holds.
    .milliseconds(later.milliseconds) - .milliseconds(earlier.milliseconds)
  }
}

extension Duration {
  /// The duration in milliseconds, rounded toward zero; saturates at the ends of `Int64`.
  package var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflows) = seconds.multipliedReportingOverflow(by: 1000)
    let (sum, passesEnd) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
    guard !overflows, !passesEnd else { return seconds < 0 ? .min : .max }
    return sum
  }

  /// The duration in microseconds, rounded toward zero; saturates.
  package var wholeMicroseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    guard !overflow else { return seconds < 0 ? .min : .max }
    return product + attoseconds / 1_000_000_000_000
  }
}
