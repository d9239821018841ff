/// How long something lasted, as people say it: `12.3 s`, `1 min 8 s`, `2 h 3 min`.
package enum SpokenDuration {
  package static func text(milliseconds: Int64) -> String {
    let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    guard seconds >= 60 else { return "\(seconds).\(rest / 100) s" }
    let (minutes, second) = seconds.quotientAndRemainder(dividingBy: 60)
    let (hours, minute) = minutes.quotientAndRemainder(dividingBy: 60)
    return hours > 0 ? "\(hours) h \(minute) min" : "\(minute) min \(second) s"
  }
}
