import RollcallCore
import Testing

@testable import rollcall

@Suite struct `The marks of a time axis` {
  private static func ticks(_ milliseconds: Int64) throws -> (TimeScale, [TimeTicks.Tick]) {
    var events = DrawnEvents()
    events.add("watch.started")
    events.now = events.now + .milliseconds(milliseconds)
    events.add("watch.heartbeat")
    let scale = TimeScale(try #require(try events.histories.first))
    return (scale, TimeTicks(scale).ticks)
  }

  @Test(
    arguments: [
      0, 1, 999, 5000, 13_995, 59_000, 300_000, 5_400_000, 86_400_000, 259_200_000, 2_592_000_000, 31_536_000_000,
      3_153_600_000_000,
    ] as [Int64])
  func `are inside the axis, at least one, and few enough for its width`(milliseconds: Int64) throws {
    let (scale, ticks) = try Self.ticks(milliseconds)
    #expect(ticks.allSatisfy { $0.at >= scale.start && $0.at <= scale.end })
    for (level, most) in TimeTicks.most.enumerated() {
      let shown = ticks.filter { $0.level <= level + 1 }
      #expect(shown.count <= most)
      // The marks are at equal distances.
      let steps = zip(shown, shown.dropFirst()).map { ($1.at - $0.at).wholeMilliseconds }
      #expect(Set(steps).count <= 1)
    }
    #expect(milliseconds < 5000 || ticks.count { $0.level <= 2 } >= 3)
  }

  @Test func `show the hour, the second or the day`() throws {
    #expect(
      try Self.ticks(300_000).1.filter { $0.level == 1 }.map(\.text) == [
        "09:43", "09:44", "09:45", "09:46", "09:47", "09:48",
      ])
    #expect(try Self.ticks(13_995).1.first?.text == "09:43:00")
    #expect(try Self.ticks(86_400_000).1.contains { $0.text == "24 Nov" })
  }
}
