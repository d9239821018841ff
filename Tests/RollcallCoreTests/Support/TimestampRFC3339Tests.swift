import RollcallCore
import Testing

struct TimestampRFC3339Tests {
  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"),
    (1_795_427_580_123, "2026-11-23T09:53:00.123Z"),
    (951_782_400_007, "2000-02-29T00:00:00.007Z"),
    (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
  ])
  func `a time is formatted with three fraction digits and parsed again`(milliseconds: Int, text: String) {
    let moment = Timestamp(milliseconds: Int64(milliseconds))
    #expect(moment.rfc3339 == text)
    #expect(Timestamp(rfc3339: text) == moment)
  }

  @Test func `times outside the range are clamped`() {
    #expect(Timestamp(milliseconds: -1).rfc3339 == "1970-01-01T00:00:00.000Z")
    #expect(Timestamp(milliseconds: .min).rfc3339 == "1970-01-01T00:00:00.000Z")
    #expect(Timestamp(milliseconds: .max).rfc3339 == "9999-12-31T23:59:59.999Z")
  }

  @Test func `every day from 1970 to 2400 follows the previous one`() {
    var previous = CivilDate(clampingDays: 0)
    #expect((previous.year, previous.month, previous.day) == (1970, 1, 1))
    for day in Int64(1)...157_000 {
      let date = CivilDate(clampingDays: day)
      let sameMonth = date.month == previous.month && date.day == previous.day + 1
      let newMonth = date.day == 1 && date.month == previous.month % 12 + 1
      guard date.daysSince1970 == day, sameMonth || newMonth,
        CivilDate(year: date.year, month: date.month, day: date.day) == date
      else {
        Issue.record("day \(day) was formatted as \(date)")
        return
      }
      previous = date
    }
    #expect(previous.year == 2399)
  }

  @Test(arguments: [
    ("2026-11-23T10:53:00+01:00", 1_795_427_580_000), ("2026-11-23t09:53:00.1z", 1_795_427_580_100),
    ("2026-11-23T04:23:00.123456789-05:30", 1_795_427_580_123),
  ])
  func `other valid forms of a time are parsed`(text: String, milliseconds: Int) {
    #expect(Timestamp(rfc3339: text)?.milliseconds == Int64(milliseconds))
  }

  @Test(arguments: [
    "", "2026-11-23", "2026-11-23T09:53:00", "2026-11-23 09:53:00Z", "2026-11-31T09:53:00Z", "2026-13-01T09:53:00Z",
    "2026-02-29T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T09:60:00Z", "2026-11-23T09:53:60Z",
    "2026-11-23T09:53:00.Z", "2026-11-23T09:53:00.1234567890Z", "2026-11-23T09:53:00Zx", "2026-11-23T09:53:00+0100",
    "26-11-23T09:53:00Z", "2026-1-23T09:53:00Z", "+2026-11-23T09:53:00Z",
  ])
  func `text that is not a time is rejected`(text: String) {
    #expect(Timestamp(rfc3339: text) == nil)
  }
}
