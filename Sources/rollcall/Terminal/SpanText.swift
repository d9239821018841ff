/// Spans of time as people write them.
enum SpanText {
  /// How long something lasted: `12.3 s`, `1 min 8 s`, `2 h 3 min`.
  static func lasted(milliseconds: Int64) -> String {
    let (seconds, rest) = max(0, milliseconds).quotientAndRemainder(dividingBy: 1000)
    guard seconds >= 60 else { return "\(seconds).\(rest / 100) s" }
    let (minutes, second) = seconds.quotientAndRemainder(dividingBy: 60)
    let (hours, minute) = minutes.quotientAndRemainder(dividingBy: 60)
    return hours > 0 ? "\(hours) h \(minute) min" : "\(minute) min \(second) s"
  }

  /// How long something has been lasting, as a clock shows it: `0:08`, `12:33`, `1:02:33`.
  static func running(milliseconds: Int64) -> String {
    let (minutes, second) = (max(0, milliseconds) / 1000).quotientAndRemainder(dividingBy: 60)
    let (hours, minute) = minutes.quotientAndRemainder(dividingBy: 60)
    return hours > 0 ? "\(hours):\(two(minute)):\(two(second))" : "\(minute):\(two(second))"
  }

  private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
