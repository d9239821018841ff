import RollcallCore
import Testing

struct RetryAfterTests {
  static let now = Timestamp(milliseconds: 784_111_777_000)

  @Test(arguments: [
    ("0", 0), ("120", 120), (" 7\t", 7), ("900", 900), ("901", 900), ("99999999999999999999999999", 900),
    ("Sun, 06 Nov 1994 08:49:37 GMT", 0), ("Sun, 06 Nov 1994 08:50:37 GMT", 60), ("Sun, 06 Nov 1994 08:00:00 GMT", 0),
    ("Mon, 07 Nov 1994 08:49:37 GMT", 900),
  ])
  func `seconds and dates are read, and limited to 15 minutes`(value: String, seconds: Int) {
    #expect(RetryAfter.parse(value, now: Self.now) == .seconds(seconds))
  }

  @Test(arguments: ["", " ", "-1", "+1", "1.5", "1 2", "soon", "1s", "Sun, 06 Nov 1994", "٣"])
  func `other texts are rejected`(value: String) {
    #expect(RetryAfter.parse(value, now: Self.now) == nil)
  }
}

extension RetryAfterTests {
  @Test func `without a clock only a number of seconds is read`() {
    #expect(RetryAfter.parse("Sun, 06 Nov 1994 08:49:37 GMT", now: nil) == nil)
    #expect(RetryAfter.parse("7", now: nil) == .seconds(7))
  }
}

struct BackoffTests {
  @Test(arguments: [1, 2, 3] as [UInt64])
  func `waits are random between the minimum and a maximum that doubles up to a minute`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for interval in [Duration.milliseconds(100), .seconds(2), .seconds(3600)] {
      let floor = min(interval, .seconds(1))
      for attempt in 0..<12 {
        let ceiling = max(floor, min(.seconds(60), .milliseconds(500) * (1 << attempt)))
        let waits = (0..<400).map { _ in Backoff.delay(attempt: attempt, interval: interval, using: &random) }
        #expect(waits.allSatisfy { floor <= $0 && $0 <= ceiling })
        #expect(ceiling == floor || waits.contains { $0 > ceiling * 0.9 })
        #expect(ceiling < .seconds(4) || waits.contains { $0 < ceiling * 0.3 })
      }
    }
  }

  @Test func `the wait stops growing after a few failures`() {
    var random = SplitMix64(seed: 9)
    #expect(Backoff.delay(attempt: .max, interval: .seconds(2), using: &random) <= .seconds(60))
  }
}

struct PollScheduleTests {
  private static func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: 1_000_000 + milliseconds) }

  @Test(
    arguments: [
      (1, 2000), (1999, 2000), (2000, 2000), (2001, 4000), (7500, 8000), (3_600_000, 3_600_000), (0, 2000),
    ] as [(Int64, Int64)])
  func `after a poll the next tick that has not passed yet is due`(finished: Int64, due: Int64) {
    var schedule = PollSchedule(start: Self.at(0), interval: .seconds(2))
    #expect(schedule.due == Self.at(0))
    #expect(schedule.succeeded(at: Self.at(finished)) == Self.at(due))
    #expect(schedule.due == Self.at(due))
  }

  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
  func `no tick is polled twice and none is made up for, however long polls take`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var schedule = PollSchedule(start: Self.at(0), interval: .milliseconds(500))
    var last = schedule.due
    for _ in 0..<2000 {
      let finished = last + .milliseconds(Int64.random(in: 0...2000, using: &random))
      let due = schedule.succeeded(at: finished)
      #expect(due > last && due >= finished && due - max(finished, last) <= .milliseconds(500))
      #expect((due.milliseconds - Self.at(0).milliseconds) % 500 == 0)
      last = due
    }
  }

  @Test func `after a failure the caller decides, and after a success the ticks do again`() {
    var schedule = PollSchedule(start: Self.at(0), interval: .seconds(3600))
    schedule.retry(at: Self.at(1300))
    #expect(schedule.due == Self.at(1300))
    #expect(schedule.succeeded(at: Self.at(1310)) == Self.at(3_600_000))
  }

  @Test func `a minimum pause is measured from poll to poll, and ticks count again afterwards`() {
    var schedule = PollSchedule(start: Self.at(0), interval: .seconds(3))
    #expect(schedule.succeeded(at: Self.at(50), minimumPause: .seconds(10)) == Self.at(10_000))
    #expect(schedule.succeeded(at: Self.at(10_050), minimumPause: .seconds(10)) == Self.at(20_000))
    #expect(schedule.succeeded(at: Self.at(20_050), minimumPause: .seconds(3)) == Self.at(21_000))
  }

  @Test(arguments: [(21_000, 30_000), (30_000, 30_000), (31_000, 40_000), (194_000, 200_000)] as [(Int64, Int64)])
  func `with a pause of its own, a late poll is not made up for`(end: Int64, next: Int64) {
    var schedule = PollSchedule(start: Self.at(0), interval: .seconds(3))
    #expect(schedule.succeeded(at: Self.at(50), minimumPause: .seconds(10)) == Self.at(10_000))
    #expect(schedule.succeeded(at: Self.at(10_050), minimumPause: .seconds(10)) == Self.at(20_000))
    #expect(schedule.succeeded(at: Self.at(end), minimumPause: .seconds(10)) == Self.at(next))
  }

  @Test func `an interval outside the bounds becomes the nearest one inside`() {
    #expect(PollSchedule(start: Self.at(0), interval: .zero).interval == .milliseconds(100))
    #expect(PollSchedule(start: Self.at(0), interval: .seconds(9999)).interval == .seconds(3600))
  }
}
