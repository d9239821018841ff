/// Dates such as `Tue, 01 Sep 2026 18:00:05 +0000`, used by the provider and in HTTP headers.
///
/// The weekday may be missing and is not checked against the date; the day has one or two digits; `Sept` is accepted;
/// the seconds may be missing. The zone is `+hhmm`, `GMT`, `UT` or `Z`. Source: RFC 2822 section 3.3, without comments
/// and two-digit years.
package enum RFC2822Date {
  /// - Returns: seconds since 1970-01-01T00:00:00Z; nil if the text is not such a date or the day does not exist.
  package static func seconds(_ text: ArraySlice<UInt8>) -> Int64? {
    if let seconds = usualSeconds(text) { return seconds }
    var scanner = ByteScanner(text)
    guard skipWeekday(&scanner), let date = date(&scanner), scanner.blanks(),
      let time = secondsOfDay(&scanner), scanner.blanks(), let offset = offset(&scanner), scanner.isAtEnd
    else { return nil }
    return date.daysSince1970 * CivilDate.secondsPerDay + time - offset
  }

  /// Reads a date in the form that the provider and HTTP use, with a two-digit day; nil for any other, valid or not.
  ///
  /// Without this shortcut, dates would take most of the time of reading many rows.
  private static func usualSeconds(_ text: ArraySlice<UInt8>) -> Int64? {
    guard text.count == usualLength else { return nil }
    let t = text.span
    let blanks = t[4] & t[7] & t[11] & t[16] & t[25]
    guard blanks == 0x20, t[4] | t[7] | t[11] | t[16] | t[25] == 0x20, t[3] == UInt8(ascii: ","),
      t[19] == UInt8(ascii: ":"), t[22] == UInt8(ascii: ":"), t[26] == UInt8(ascii: "+") || t[26] == UInt8(ascii: "-")
    else { return nil }
    let places = (day: pair(t, 5), century: pair(t, 12), year: pair(t, 14))
    let (hour, minute, second) = (pair(t, 17), pair(t, 20), pair(t, 23))
    let (east, past) = (pair(t, 27), pair(t, 29))
    // A pair that is not a number exceeds every bound.
    guard hour < 24, minute < 60, second < 60, east < 24, past < 60, places.century < 100, places.year < 100,
      weekdays.contains(letters(t, 0)), let month = month(letters(t, 8)),
      let date = CivilDate(year: places.century * 100 + places.year, month: month, day: places.day)
    else { return nil }
    let offset = Int64(east * 3600 + past * 60)
    let time = Int64(hour * 3600 + minute * 60 + second)
    return date.daysSince1970 * CivilDate.secondsPerDay + time - (t[26] == UInt8(ascii: "+") ? offset : -offset)
  }

  /// The number of bytes of `Tue, 01 Sep 2026 18:00:05 +0000`.
  private static let usualLength = 31

  /// Returns two digits as a number; for anything else, a number greater than any two digits.
  private static func pair(_ text: Span<UInt8>, _ i: Int) -> Int {
    let (tens, ones) = (text[i] &- UInt8(ascii: "0"), text[i + 1] &- UInt8(ascii: "0"))
    return tens > 9 || ones > 9 ? 1000 : Int(tens) * 10 + Int(ones)
  }

  /// Returns three letters packed in lower case; for anything else 0, which no name has.
  private static func letters(_ text: Span<UInt8>, _ i: Int) -> UInt32 {
    var value: UInt32 = 0
    for k in i..<(i + 3) {
      let letter = text[k] | 0x20
      guard letter &- UInt8(ascii: "a") < 26 else { return 0 }
      value = value << 8 | UInt32(letter)
    }
    return value
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
