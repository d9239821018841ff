import Libc
import RollcallCore

/// A time zone for display.
struct LocalZone: Sendable {
  static let utc = LocalZone { _ in 0 }
  /// The time zone of this machine, or of `TZ`.
  static let system = LocalZone { seconds in
    var moment = time_t(seconds)
    var parts = unsafe tm()
    guard unsafe localtime_r(&moment, &parts) != nil else { return 0 }
    return unsafe Int64(parts.tm_gmtoff)
  }

  /// Returns the offset in seconds east of UTC at a moment, given in seconds since 1970.
  let offset: @Sendable (Int64) -> Int64

  /// Returns a text such as `2026-11-23`.
  func day(_ moment: Timestamp) -> String { String(local(moment).prefix(10)) }

  /// Returns a text such as `09:43:00`.
  func time(_ moment: Timestamp) -> String { String(local(moment).dropFirst(11).prefix(8)) }

  /// Returns a text such as `2026-11-23 UTC+01:00`.
  func heading(_ moment: Timestamp) -> String { "\(day(moment)) \(name(moment))" }

  /// Returns a text such as `UTC+01:00`.
  func name(_ moment: Timestamp) -> String {
    let minutes = offset(moment.milliseconds / 1000) / 60
    let (hours, rest) = abs(minutes).quotientAndRemainder(dividingBy: 60)
    let zone = (minutes < 0 ? "-" : "+") + (hours < 10 ? "0" : "") + "\(hours):" + (rest < 10 ? "0" : "") + "\(rest)"
    return "UTC\(minutes == 0 ? "" : zone)"
  }

  private func local(_ moment: Timestamp) -> String {
    (moment + .seconds(offset(moment.milliseconds / 1000))).rfc3339
  }
}

/// Formats a running duration as a clock: `0:08`, `12:33`, `1:02:33`.
enum RunningClock {
  static func text(milliseconds: Int64) -> String {
    let (minutes, second) = (max(0, milliseconds) / 1000).quotientAndRemainder(dividingBy: 60)
    let (hours, minute) = minutes.quotientAndRemainder(dividingBy: 60)
    return hours > 0 ? "\(hours):\(two(minute)):\(two(second))" : "\(minute):\(two(second))"
  }

  private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
