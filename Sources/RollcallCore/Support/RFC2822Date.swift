/// Dates such as `Tue, 01 Sep 2026 18:00:05 +0000`: what the provider writes, and what HTTP headers hold.
///
/// The weekday may be missing and is not held against the calendar; the day has one or two digits; `Sept` is taken too;
/// the seconds may be missing. The zone is `+hhmm`, `GMT`, `UT` or `Z`. Source: RFC 2822 section 3.3, without comments
/// and without years of two digits.
package enum RFC2822Date {
  /// - Returns: seconds since 1970-01-01T00:00:00Z, or nil where the text is not such a date or the day does not exist.
  package static func seconds(_ text: ArraySlice<UInt8>) -> Int64? {
    var scanner = ByteScanner(text)
    guard skipWeekday(&scanner), let date = date(&scanner), scanner.blanks(),
      let time = secondsOfDay(&scanner), scanner.blanks(), let offset = offset(&scanner), scanner.isAtEnd
    else { return nil }
    return date.daysSince1970 * CivilDate.secondsPerDay + time - offset
  }

  private static func skipWeekday(_ scanner: inout ByteScanner) -> Bool {
    guard let first = scanner.next, first > UInt8(ascii: "9") else { return true }
    guard let word = scanner.word(), weekdays.contains(word), scanner.take(",") else { return false }
    return scanner.blanks()
  }

  private static func date(_ scanner: inout ByteScanner) -> CivilDate? {
    guard let day = scanner.number(digits: 1...2), scanner.blanks(),
      let word = scanner.word(), let month = month(word), scanner.blanks(),
      let year = scanner.number(digits: 4...4)
    else { return nil }
    return CivilDate(year: year, month: month, day: day)
  }

  private static func secondsOfDay(_ scanner: inout ByteScanner) -> Int64? {
    guard let hour = scanner.number(digits: 2...2), hour < 24, scanner.take(":"),
      let minute = scanner.number(digits: 2...2), minute < 60
    else { return nil }
    guard scanner.take(":") else { return Int64(hour * 3600 + minute * 60) }
    guard let second = scanner.number(digits: 2...2), second < 60 else { return nil }
    return Int64(hour * 3600 + minute * 60 + second)
  }

  private static func offset(_ scanner: inout ByteScanner) -> Int64? {
    if let offset = scanner.offset(colon: false) { return offset }
    guard let word = scanner.word(), greenwich.contains(word) else { return nil }
    return 0
  }

  private static func month(_ word: UInt32) -> Int? {
    if word == sept { return 9 }
    return months.firstIndex(of: word).map { $0 + 1 }
  }

  private static let sept = ByteScanner.packed("sept")
  private static let greenwich = [ByteScanner.packed("gmt"), ByteScanner.packed("ut"), ByteScanner.packed("z")]
  private static let weekdays: [UInt32] = [
    ByteScanner.packed("mon"), ByteScanner.packed("tue"), ByteScanner.packed("wed"), ByteScanner.packed("thu"),
    ByteScanner.packed("fri"), ByteScanner.packed("sat"), ByteScanner.packed("sun"),
  ]
  private static let months: [UInt32] = [
    ByteScanner.packed("jan"), ByteScanner.packed("feb"), ByteScanner.packed("mar"), ByteScanner.packed("apr"),
    ByteScanner.packed("may"), ByteScanner.packed("jun"), ByteScanner.packed("jul"), ByteScanner.packed("aug"),
    ByteScanner.packed("sep"), ByteScanner.packed("oct"), ByteScanner.packed("nov"), ByteScanner.packed("dec"),
  ]
}
