extension Timestamp {
  /// The last millisecond that ``rfc3339`` can write: 9999-12-31T23:59:59.999Z.
  package static let latestWritable = Timestamp(milliseconds: 253_402_300_799_999)

  /// Reads a date such as `2026-11-23T09:43:00.123Z` or `2026-11-23T10:43:00+01:00`.
  ///
  /// The fraction has 1–9 digits or is missing; what is finer than a millisecond is dropped. Source: RFC 3339
  /// section 5.6, without leap seconds.
  ///
  /// - Returns: nil where the text is not such a date or the day does not exist.
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

  /// `2026-11-23T09:43:00.123Z`: UTC, three fraction digits. Moments outside the years 1970…9999 become the nearest one
  /// inside.
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
