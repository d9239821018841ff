import RollcallCore
import Testing

@testable import rollcall

@Suite struct `A time given by the user` {
  /// 2026-11-23T09:43:20Z, in a time zone two hours ahead of UTC.
  private static let now = Timestamp(milliseconds: 1_795_427_000_000)
  private static let moment = Moment(now: now, zone: LocalZone { _ in 2 * 3600 })

  @Test(arguments: [
    ("2026-11-23T09:43:00Z", "2026-11-23T09:43:00.000Z"), ("2026-11-23T10:43:00+01:00", "2026-11-23T09:43:00.000Z"),
    ("2026-11-23 09:43:00.5Z", "2026-11-23T09:43:00.500Z"), ("2026-11-23", "2026-11-22T22:00:00.000Z"),
    ("2026-11-23T09:43", "2026-11-23T07:43:00.000Z"), ("2026-11-23 09:43:01", "2026-11-23T07:43:01.000Z"),
    ("2026-11-23T09:43:01.25", "2026-11-23T07:43:01.250Z"), ("09:43", "2026-11-23T07:43:00.000Z"),
    ("09:43:07", "2026-11-23T07:43:07.000Z"), ("1795427000", "2026-11-23T09:43:20.000Z"),
    ("1795427000.0625", "2026-11-23T09:43:20.062Z"), ("0", "1970-01-01T00:00:00.000Z"),
    ("253402300799", "9999-12-31T23:59:59.000Z"), ("20s", "2026-11-23T09:43:00.000Z"),
    ("2h", "2026-11-23T07:43:20.000Z"), ("1d", "2026-11-22T09:43:20.000Z"),
    ("1h30m", "2026-11-23T08:13:20.000Z"), ("today", "2026-11-22T22:00:00.000Z"),
    ("yesterday", "2026-11-21T22:00:00.000Z"),
  ])
  func `is a date, a local time, seconds since 1970, or a duration before now`(text: String, time: String) {
    #expect(Self.moment.timestamp(text)?.rfc3339 == time)
  }

  @Test(arguments: [
    "", " ", "now", "tomorrow", "today 09:43", "30m1", "h", "2026-02-30", "2026-11", "2026-11-23T", "2026-11-23T24:00",
    "24:00", "9:43", "09:4",
    "-1h", "-5", "1.", "1.5h", "253402300800", "1795427000000", "2026-11-23 09:43:00 UTC", "٢h",
    "2026-11-23\t09:43", "2026-11-23  09:43", "T09:43", "09:43Z",
  ])
  func `is rejected in any other form`(text: String) {
    #expect(Self.moment.timestamp(text) == nil)
  }

  /// Returns a time zone whose offset from UTC changes by `jump` seconds at a moment.
  private static func zone(jump: Int64, at moment: Int64) -> LocalZone {
    LocalZone { $0 < moment ? 3600 : 3600 + jump }
  }

  @Test(arguments: [
    // Forward at 01:00 UTC: 02:00 to 03:00 is not shown.
    (Int64(3600), "2026-03-29T01:59:59", "2026-03-29T00:59:59.000Z"),
    (3600, "2026-03-29T03:00", "2026-03-29T01:00:00.000Z"),
    (3600, "2026-03-29T02:30", "2026-03-29T01:30:00.000Z"), (3600, "2026-03-30", "2026-03-29T22:00:00.000Z"),
    // Back by an hour: 01:00 to 02:00 is shown twice.
    (-3600, "2026-03-29T01:30", "2026-03-29T00:30:00.000Z"), (-3600, "2026-03-29T02:30", "2026-03-29T02:30:00.000Z"),
    (-3600, "2026-03-29T00:30", "2026-03-28T23:30:00.000Z"),
  ])
  func `that clocks show twice is the earlier one, and one that they skip is moved forward`(
    jump: Int64, text: String, time: String
  ) throws {
    let change = try #require(Timestamp(rfc3339: "2026-03-29T01:00:00Z"))
    let zone = Self.zone(jump: jump, at: change.milliseconds / 1000)
    #expect(Moment(now: Self.now, zone: zone).timestamp(text)?.rfc3339 == time)
  }

  @Test func `bounds a history`() throws {
    let report = try CommandLineProbe.command(ReportCommand.self, "report f --since 2h --until 1795427000")
    let events = try CommandLineProbe.command(EventsCommand.self, "events --state f --since 2026-11-23 --until 1h")
    #expect(report.history.since == CommandLineProbe.now - .seconds(7200))
    #expect(report.history.until == CommandLineProbe.now)
    #expect(events.since?.rfc3339 == "2026-11-23T00:00:00.000Z")
    #expect(events.until == CommandLineProbe.now - .seconds(3600))
  }

  @Test(arguments: [
    Mistake(
      "events", "--state", "f", "--since", "1h", "--until", "2h",
      line: "--until 2026-11-23T07:43:20.000Z is before --since 2026-11-23T08:43:20.000Z; give a later --until, or swap"
        + " them"),
    Mistake(
      "report", "f", "--since", "1795427001", "--until", "1795427000",
      line: "--until 2026-11-23T09:43:20.000Z is before --since 2026-11-23T09:43:21.000Z; give a later --until, or swap"
        + " them"),
    Mistake(
      "events", "--state", "f", "--follow", "--until", "1h",
      line: "--follow and --until contradict each other; give one of them"),
    Mistake(
      "room", "--state", "f", "--at", "noon", line: "invalid value \"noon\" for --at: expected \(Moment.expected)"),
  ])
  func `that does not exist is reported in one line`(mistake: Mistake) { mistake.check() }
}
