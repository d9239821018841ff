import FuzzOracles
import Libc
import RollcallCore

/// Dates as texts and as numbers, compared with the system's `gmtime_r`.
enum DateFuzz {
  /// 0000-01-01T00:00:00Z.
  private static let earliest: Int64 = -62_167_219_200
  /// 9999-12-31T23:59:59Z.
  private static let latest: Int64 = 253_402_300_799
  private static let secondsPerDay: Int64 = 86_400

  static func check(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let forms = input.byte()
    let number = input.integer()
    let other = input.integer()
    checkNumbers(number, other)
    let span = latest - earliest + 1
    checkWritten(earliest + ((number % span) + span) % span, forms, offset: other % 1440)
    let text = input.remainder()
    checkText(text)
    checkDuration(String(decoding: text, as: UTF8.self))
  }

  /// Checks what must hold for any moment.
  private static func checkNumbers(_ number: Int64, _ other: Int64) {
    let (moment, earlier) = (Timestamp(milliseconds: number), Timestamp(milliseconds: other))
    let clamped = min(max(number, 0), Timestamp.latestWritable.milliseconds)
    require(
      Timestamp(rfc3339: moment.rfc3339)?.milliseconds == clamped, "expected \(clamped) ms, got \(moment.rfc3339)")
    require((moment < earlier) == (number < other), "\(number) and \(other) are in the wrong order")
    let passed = moment - earlier
    require((passed < .zero) == (number < other), "\(number) - \(other) has the wrong sign: \(passed)")
    let (difference, overflows) = number.subtractingReportingOverflow(other)
    if !overflows {
      require(
        passed == .milliseconds(difference), "expected \(number) - \(other) to be \(difference) ms, got \(passed)")
    }
    require(earlier + passed == moment || overflows, "\(other) + (\(number) - \(other)) is not \(number)")
    require(
      moment - .milliseconds(other) == moment + .milliseconds(-1 * Int128(other)),
      "\(number) - \(other) is not \(number) + -\(other)")
    let day = CivilDate(clampingDays: number)
    require(CivilDate(year: day.year, month: day.month, day: day.day) == day, "\(day) is not a valid day")
  }

  /// Checks that dates written by independent code are read correctly.
  private static func checkWritten(_ moment: Int64, _ forms: UInt8, offset: Int64) {
    let hasSeconds = forms & 1 == 0
    let east = forms & 2 == 0 ? offset : 0
    let local = (moment - earliest + east * 60 + secondsPerDay) % (latest - earliest + 1) + earliest
    let expected = hasSeconds ? local - east * 60 : local - east * 60 - ((local % 60) + 60) % 60
    let parts = Calendar(local)
    var text = forms & 4 == 0 ? parts.weekday + ", " : ""
    text += (forms & 8 == 0 ? Calendar.padded(parts.day, 2) : "\(parts.day)") + " "
    text += (forms & 16 != 0 && parts.month == 9 ? "Sept" : parts.monthName) + " " + Calendar.padded(parts.year, 4)
    text += (forms & 32 == 0 ? " " : " \t ") + Calendar.padded(parts.hour, 2) + ":" + Calendar.padded(parts.minute, 2)
    if hasSeconds { text += ":" + Calendar.padded(parts.second, 2) }
    text += " " + (forms & 2 == 0 ? Calendar.offset(east, colon: false) : "GMT")
    if forms & 64 != 0 { text = text.uppercased() }
    require(RFC2822Date.seconds(Array(text.utf8)[...]) == expected, "\(text) was not read as \(expected)")
    let date = "\(Calendar.padded(parts.year, 4))-\(Calendar.padded(parts.month, 2))-\(Calendar.padded(parts.day, 2))"
    let time =
      "\(Calendar.padded(parts.hour, 2)):\(Calendar.padded(parts.minute, 2)):\(Calendar.padded(parts.second, 2))"
    let iso = "\(date)T\(time).25\(forms & 2 == 0 ? Calendar.offset(east, colon: true) : "Z")"
    require(Timestamp(rfc3339: iso)?.milliseconds == (local - east * 60) * 1000 + 250, "\(iso) was not read correctly")
    if east == 0, local >= 0 {
      require(
        Timestamp(milliseconds: local * 1000).rfc3339 == "\(date)T\(time).000Z", "\(iso) was not written correctly")
    }
  }

  private static func checkText(_ text: [UInt8]) {
    let seconds = RFC2822Date.seconds(text[...])
    if let seconds {
      let bounds = (earliest - secondsPerDay)...(latest + secondsPerDay)
      require(bounds.contains(seconds), "\(seconds) is out of range")
    }
    // Two spaces mean the same as one, but take another path through the reader.
    if let blank = text.firstIndex(of: UInt8(ascii: " ")) {
      let wider = text[...blank] + text[blank...]
      require(
        RFC2822Date.seconds(wider) == seconds,
        "two spaces change the meaning of \(String(decoding: text, as: UTF8.self))")
    }
    let string = String(decoding: text, as: UTF8.self)
    guard let moment = Timestamp(rfc3339: string) else { return }
    require(Timestamp(rfc3339: string.lowercased()) == moment, "lower case changes the meaning of \(string)")
    guard (0...Timestamp.latestWritable.milliseconds).contains(moment.milliseconds) else { return }
    require(Timestamp(rfc3339: moment.rfc3339) == moment, "\(string) becomes \(moment.rfc3339), which is another time")
  }

  private static func checkDuration(_ text: String) {
    guard let duration = DurationText.parse(text) else { return }
    require(
      duration >= .zero && duration <= .seconds(24 * 3600 * 1_000_000_000),
      "\(text) was read as \(duration), which is out of bounds")
    if let again = DurationText.parse(DurationText.format(duration)) {
      require(again == duration, "\(text) is formatted as another duration")
    }
  }
}
