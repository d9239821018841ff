/// A histogram of delays that takes a fixed amount of memory.
///
/// Delays below 64 ms are exact to the millisecond, longer ones to 1/32 of the delay.
package struct DelayHistogram: Equatable, Sendable {
  /// The maximum delay, 37 hours; longer ones count as this.
  package static let longest = Duration.milliseconds((1 << 27) - 1)
  /// The number of milliseconds with a bucket each.
  private static let exact = 64
  /// The number of buckets for each doubling beyond those.
  private static let steps = 32
  private static let buckets = exact + (27 - 6) * steps

  private var counts = [Int](repeating: 0, count: buckets)
  package private(set) var count = 0
  /// The sum of all delays, each limited to ``longest``.
  package private(set) var sum: Duration = .zero

  package init() {}

  /// Adds a delay; a negative one counts as zero.
  package mutating func add(_ delay: Duration) {
    let delay = min(max(delay, .zero), Self.longest)
    counts[Self.bucket(of: delay.wholeMilliseconds)] += 1
    count += 1
    sum += delay
  }

  /// Returns the delay that `percent` of 100 delays do not exceed, 1…100; zero if there are no delays.
  package func percentile(_ percent: Int) -> Duration {
    guard count > 0 else { return .zero }
    let rank = (count * min(max(percent, 1), 100) + 99) / 100
    var seen = 0
    for (bucket, number) in counts.enumerated() {
      seen += number
      if seen >= rank { return .milliseconds(Self.greatest(in: bucket)) }
    }
    return Self.longest
  }

  /// Returns how many delays were at most this long, to the accuracy of a bucket.
  package func count(upTo delay: Duration) -> Int {
    let last = Self.bucket(of: min(max(delay, .zero), Self.longest).wholeMilliseconds)
    return counts[...last].reduce(0, +)
  }

  private static func bucket(of milliseconds: Int64) -> Int {
    let value = Int(milliseconds)
    guard value >= exact else { return value }
    // 6 for 64…127 ms, and one more for each doubling.
    let octave = Int.bitWidth - 1 - value.leadingZeroBitCount
    return exact + (octave - 6) * steps + (value >> (octave - 5)) - steps
  }

  private static func greatest(in bucket: Int) -> Int {
    guard bucket >= exact else { return bucket }
    let (octave, step) = (bucket - exact).quotientAndRemainder(dividingBy: steps)
    return ((steps + step + 1) << (octave + 1)) - 1
  }
}
