/// Durations as they are typed: decimal digits and one of `ms`, `s`, `m`, `h`.
enum DurationArgument {
  /// Units, the largest first, with their length in milliseconds.
  private static let units: [(suffix: String, milliseconds: Int64)] = [
    ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
  ]

  /// - Returns: nil where the text is no duration or one that no clock can hold.
  static func parse(_ text: String) -> Duration? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let suffix = text.dropFirst(digits.count)
    guard let count = Int64(digits), let unit = units.first(where: { $0.suffix == suffix }) else { return nil }
    let (milliseconds, overflow) = count.multipliedReportingOverflow(by: unit.milliseconds)
    return overflow ? nil : .milliseconds(milliseconds)
  }

  /// The duration in the largest unit that holds it exactly; parts of a millisecond are dropped.
  static func text(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
    let unit = units.first { milliseconds != 0 && milliseconds % $0.milliseconds == 0 }
    return "\(milliseconds / (unit?.milliseconds ?? 1))\(unit?.suffix ?? "ms")"
  }
}
