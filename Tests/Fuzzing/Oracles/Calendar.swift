import Libc

/// A moment as the system writes it.
package struct Calendar {
  package let year, month, day, hour, minute, second: Int
  package let weekday: String

  package var monthName: String { Self.months[month - 1] }

  private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  package init(_ seconds: Int64) {
    var parts = tm()
    var time = time_t(seconds)
    guard gmtime_r(&time, &parts) != nil else { fatalError("\(seconds) is no moment") }
    (year, month, day) = (Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday))
    (hour, minute, second) = (Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec))
    weekday = Self.weekdays[Int(parts.tm_wday)]
  }

  package static func padded(_ number: Int, _ digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// Returns `+hhmm` for a number of minutes east of Greenwich.
  package static func offset(_ minutes: Int64, colon: Bool) -> String {
    let count = Int(minutes.magnitude)
    return (minutes < 0 ? "-" : "+") + padded(count / 60, 2) + (colon ? ":" : "") + padded(count % 60, 2)
  }
}
