/// How late things were, in a fixed amount of memory however many there were.
///
/// Exact to the millisecond below 64 ms, and to 1/32 of the delay above.
package struct DelayHistogram: Equatable, Sendable {
  /// More counts as this much: 37 hours.
  package static let longest = Duration.milliseconds((1 << 27) - 1)
  /// Milliseconds that have a bucket each.
  private static let exact = 64
  /// Buckets for each doubling beyond those.
  private static let steps = 32
  private static let buckets = exact + (27 - 6) * steps

  private var counts = [Int](repeating: 0, count: buckets)
  package private(set) var count = 0
  /// All delays together, each as far as it is counted.
  package private(set) var sum: Duration = .zero

  package init() {}

  /// Counts one delay; a negative one is none.
  package mutating func add(_ delay: Duration) {
    let delay = min(max(delay, .zero), Self.longest)
    counts[Self.bucket(of: delay.wholeMilliseconds)] += 1
    count += 1
    sum += delay
  }

  /// The delay that so many of a hundred do not pass, 1…100; zero where there are none.
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

  /// How many delays were no longer than this, or not by more than a bucket.
  package func count(upTo delay: Duration) -> Int {
    let last = Self.bucket(of: min(max(delay, .zero), Self.longest).wholeMilliseconds)
    return counts[...last].reduce(0, +)
  }

  private static func bucket(of milliseconds: Int64) -> Int {
    let value = Int(milliseconds)
    guard value >= exact else { return value }
    // 6 for 64…127, and one more for each doubling.
    let octave = Int.bitWidth - 1 - value.leadingZeroBitCount
    return exact + (octave - 6) * steps + (value >> (octave - 5)) - steps
  }

  private static func greatest(in bucket: Int) -> Int {
    guard bucket >= exact else { return bucket }
    let (octave, step) = (bucket - exact).quotientAndRemainder(dividingBy: steps)
    return ((steps + step + 1) << (octave + 1)) - 1
  }
}
