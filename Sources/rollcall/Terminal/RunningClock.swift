/// How long something has been lasting, as a clock shows it: `0:08`, `12:33`, `1:02:33`.
enum RunningClock {
  static func text(milliseconds: Int64) -> String {
    let (minutes, second) = (max(0, milliseconds) / 1000).quotientAndRemainder(dividingBy: 60)
    let (hours, minute) = minutes.quotientAndRemainder(dividingBy: 60)
    return hours > 0 ? "\(hours):\(two(minute)):\(two(second))" : "\(minute):\(two(second))"
  }

  private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
