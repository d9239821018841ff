import RollcallCore

/// Reads a time: `2026-11-23T09:43:00Z`, `2026-11-23`, `2026-11-23 09:43`, `today`, `yesterday`,
/// `09:43:00`, seconds since 1970, or how long ago it was, such as `2h`.
struct Moment {
  /// The examples in help texts.
  static let examples =
    "2026-11-23T09:43:00Z, 2026-11-23, '2026-11-23 09:43', 09:43, today or yesterday where you are, 1795427000, "
    + "or 2h for two hours ago"
  static let expected = "a time such as \(examples)"

  /// The maximum number of digits of seconds since 1970, enough for years of four digits.
  private static let maximumSecondDigits = 12

  private let now: Timestamp
  private let zone: LocalZone

  init(now: Timestamp, zone: LocalZone) {
    self.now = now
    self.zone = zone
  }

  /// - Returns: nil if the text has none of these forms, or names a day that does not exist.
  func timestamp(_ text: String) -> Timestamp? {
    if let duration = Self.duration(text) { return now - duration }
    if let seconds = Self.seconds(text) { return seconds }
    if let timestamp = Timestamp(rfc3339: Self.withT(text)) { return timestamp }
    let today = zone.day(now)
    let day =
      switch text {
      case "today": today
      case "yesterday": Self.day(before: today)
      default: text
      }
    guard let clock = Self.localClock(day, today: today) else { return nil }
    return zone.moment(of: clock)
  }

  /// Returns the day before in the calendar, which may have begun more or less than 24 hours earlier.
  private static func day(before day: String) -> String {
    guard let midnight = Timestamp(rfc3339: day + "T00:00:00Z") else { return day }
    return LocalZone.utc.day(midnight - .seconds(CivilDate.secondsPerDay))
  }

  /// Replaces the space in times from tables with the `T` of RFC 3339.
  private static func withT(_ text: String) -> String {
    text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).joined(separator: "T")
  }

  /// Reads one duration, or several such as `1h30m`.
  private static func duration(_ text: String) -> Duration? {
    var rest = text.utf8[...]
    var sum: Duration?
    while !rest.isEmpty {
      let end = rest.drop(while: \.isASCIIDigit).drop { !$0.isASCIIDigit }.startIndex
      guard let part = DurationText.parse(String(Substring(rest[..<end]))) else { return nil }
      sum = (sum ?? .zero) + part
      rest = rest[end...]
    }
    return sum
  }

  private static func seconds(_ text: String) -> Timestamp? {
    var scanner = ByteScanner(ArraySlice(text.utf8))
    guard let seconds = scanner.number(digits: 1...maximumSecondDigits) else { return nil }
    var milliseconds = 0
    if scanner.take(".") {
      var place = 100
      guard let first = scanner.digit() else { return nil }
      milliseconds += first * place
      // Fractions of a millisecond are dropped.
      while let digit = scanner.digit() {
        place /= 10
        milliseconds += digit * place
      }
    }
    let moment = Timestamp(milliseconds: Int64(seconds * 1000 + milliseconds))
    return scanner.isAtEnd && moment <= Timestamp.latestWritable ? moment : nil
  }

  /// Reads a day, a time today, or both, as if they were in UTC.
  private static func localClock(_ text: String, today: String) -> Timestamp? {
    let utc = { (text: String) in Timestamp(rfc3339: text + "Z") }
    let text = withT(text)
    for day in ["", today + "T"] {
      for rest in ["", ":00", "T00:00:00"] {
        if let clock = utc(day + text + rest) { return clock }
      }
    }
    return nil
  }
}

extension LocalZone {
  /// Returns the moment at which local clocks show a time, given as if it were in UTC. A time that clocks show twice
  /// means the first of the two moments; one that they skip is read with the offset before the jump.
  func moment(of clock: Timestamp) -> Timestamp {
    let day = CivilDate.secondsPerDay
    let seconds = clock.milliseconds / 1000
    // Offsets change at most once a day.
    let (before, after) = (offset(seconds - day), offset(seconds + day))
    let candidates = [before, after].map { (offset: $0, seconds: seconds - $0) }.sorted { $0.seconds < $1.seconds }
    let found = candidates.first { offset($0.seconds) == $0.offset }?.offset ?? before
    return clock - .seconds(found)
  }
}

extension ValueKind where Value == Timestamp {
  /// - Parameter showsExamples: whether help texts show examples of times.
  static func moment(showsExamples: Bool = true) -> ValueKind {
    ValueKind("TIME", domain: showsExamples ? .forms(Moment.examples) : nil, write: \.rfc3339) {
      (text, source, context) throws(UsageError) in
      guard let moment = Moment(now: context.now, zone: context.zone).timestamp(text) else {
        throw .invalid(source, text, expected: Moment.expected)
      }
      return moment
    }
  }
}
