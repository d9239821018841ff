/// A time in UTC, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// The core has no clock, so every time is passed in. Within a stream they never go back.
public struct Timestamp: Hashable, Comparable, Sendable {
  /// Milliseconds since the Unix epoch; negative before it.
  public let milliseconds: Int64

  /// - Parameter milliseconds: since the Unix epoch; negative before it.
  public init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// Adds a duration, rounded toward zero to whole milliseconds; saturates at the ends of `Int64`.
  public static func + (moment: Timestamp, duration: Duration) -> Timestamp {
    let (sum, overflow) = moment.milliseconds.addingReportingOverflow(duration.wholeMilliseconds)
    guard overflow else { return Timestamp(milliseconds: sum) }
    return Timestamp(milliseconds: duration < .zero ? .min : .max)
  }

  public static func - (moment: Timestamp, duration: Duration) -> Timestamp {
    moment + (.zero - duration)
  }

  /// Returns the time from the right operand to the left one.
  public static func - (later: Timestamp, earlier: Timestamp) -> Duration {
    // Subtracted as durations, because the difference of two timestamps may not fit in an `Int64`.
    .milliseconds(later.milliseconds) - .milliseconds(earlier.milliseconds)
  }
}

extension Duration {
  /// The duration in milliseconds, rounded toward zero; saturates at the ends of `Int64`.
  package var wholeMilliseconds: Int64 {
    Int64(clamping: attoseconds / 1_000_000_000_000_000)
  }

  /// The duration in microseconds, rounded toward zero; saturates at the ends of `Int64`.
  package var wholeMicroseconds: Int64 {
    Int64(clamping: attoseconds / 1_000_000_000_000)
  }
}

extension Timestamp {
  /// The last time that ``rfc3339`` can represent: 9999-12-31T23:59:59.999Z.
  package static let latestWritable = Timestamp(milliseconds: 253_402_300_799_999)

  /// Reads a date such as `2026-11-23T09:43:00.123Z` or `2026-11-23T10:43:00+01:00`.
  ///
  /// The fraction has 1–9 digits or is missing; digits beyond milliseconds are dropped. Source: RFC 3339 section 5.6,
  /// without leap seconds.
  ///
  /// - Returns: nil if the text is not such a date or the day does not exist.
  public init?(rfc3339 text: String) {
    var scanner = ByteScanner(ArraySlice(text.utf8))
    guard let year = scanner.number(digits: 4...4), scanner.take("-"),
      let month = scanner.number(digits: 2...2), scanner.take("-"),
      let day = scanner.number(digits: 2...2), scanner.take("T") || scanner.take("t"),
      let date = CivilDate(year: year, month: month, day: day),
      let hour = scanner.number(digits: 2...2), hour < 24, scanner.take(":"),
      let minute = scanner.number(digits: 2...2), minute < 60, scanner.take(":"),
      let second = scanner.number(digits: 2...2), second < 60,
      let fraction = Self.fraction(&scanner), let offset = Self.offset(&scanner), scanner.isAtEnd
    else { return nil }
    let time = Int64(hour * 3600 + minute * 60 + second)
    let seconds = date.daysSince1970 * CivilDate.secondsPerDay + time - offset
    self.init(milliseconds: seconds * 1000 + fraction)
  }

  /// The time as `2026-11-23T09:43:00.123Z`: UTC with three fraction digits. Times outside the years 1970…9999 are
  /// clamped.
  public var rfc3339: String {
    let clamped = min(max(milliseconds, 0), Self.latestWritable.milliseconds)
    let (seconds, fraction) = clamped.quotientAndRemainder(dividingBy: 1000)
    let (days, time) = seconds.quotientAndRemainder(dividingBy: CivilDate.secondsPerDay)
    let date = CivilDate(clampingDays: days)
    var text: [UInt8] = []
    text.reserveCapacity(24)
    Self.append(Int64(date.year), digits: 4, then: "-", to: &text)
    Self.append(Int64(date.month), digits: 2, then: "-", to: &text)
    Self.append(Int64(date.day), digits: 2, then: "T", to: &text)
    Self.append(time / 3600, digits: 2, then: ":", to: &text)
    Self.append(time / 60 % 60, digits: 2, then: ":", to: &text)
    Self.append(time % 60, digits: 2, then: ".", to: &text)
    Self.append(fraction, digits: 3, then: "Z", to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  private static func append(_ value: Int64, digits: Int, then mark: Unicode.Scalar, to text: inout [UInt8]) {
    var divisor: Int64 = 1
    for _ in 1..<digits { divisor *= 10 }
    while divisor > 0 {
      text.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
      divisor /= 10
    }
    text.append(UInt8(ascii: mark))
  }

  private static func fraction(_ scanner: inout ByteScanner) -> Int64? {
    guard scanner.take(".") else { return 0 }
    var value: Int64 = 0
    var count = 0
    while let digit = scanner.digit() {
      guard count < 9 else { return nil }
      if count < 3 { value = value * 10 + Int64(digit) }
      count += 1
    }
    guard count > 0 else { return nil }
    for _ in min(count, 3)..<3 { value *= 10 }
    return value
  }

  private static func offset(_ scanner: inout ByteScanner) -> Int64? {
    if scanner.take("Z") || scanner.take("z") { return 0 }
    return scanner.offset(colon: true)
  }
}

/// An existing day of the proleptic Gregorian calendar.
package struct CivilDate: Equatable, Sendable {
  package static let secondsPerDay: Int64 = 86_400

  package let year: Int
  package let month: Int
  package let day: Int

  /// - Returns: nil if there is no such day or the year is not in 0…9999.
  package init?(year: Int, month: Int, day: Int) {
    guard (0...9999).contains(year), (1...12).contains(month), day >= 1 else { return nil }
    guard day <= Self.days(inMonth: month, of: year) else { return nil }
    self.year = year
    self.month = month
    self.day = day
  }

  /// Creates the day that is `days` after 1970-01-01, clamped to the years 1970…9999.
  package init(clampingDays days: Int64) {
    // Howard Hinnant's civil_from_days: years begin in March, so that the leap day is the last day.
    let shifted = Int(min(max(days, 0), 2_932_896)) + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// The number of days from 1970-01-01; negative before it.
  package var daysSince1970: Int64 {
    let shiftedYear = (month <= 2 ? year - 1 : year) + 400
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear % 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return Int64((era - 1) * 146_097 + dayOfEra - 719_468)
  }

  private static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
