import RollcallCore
import Testing

@Suite struct `The spread of polls` {
  @Test(arguments: [(1, 2000), (7, 100), (100, 2000), (1000, 60_000), (10_000, 3_600_000)] as [(Int, Int64)])
  func `begins soon, and leaves no gap of two thirds of a share`(_ count: Int, _ interval: Int64) {
    let start = Timestamp(milliseconds: 5_000_000)
    var offsets: [Int64] = []
    for index in 0..<count {
      let spread = PollSpread(index: index, startIndex: index)
      let first = start + spread.delay(interval: .milliseconds(interval))
      #expect(first >= start && first - start < .seconds(2) && first - start < .milliseconds(interval))
      var schedule = spread.schedule(start: start, interval: .milliseconds(interval))
      let next = schedule.succeeded(at: first)
      #expect(next > first && next - first <= .milliseconds(interval))
      offsets.append((next.milliseconds - start.milliseconds) % interval)
    }
    offsets.sort()
    let share = Double(interval) / Double(count)
    for (before, after) in zip(offsets, offsets.dropFirst()) { #expect(Double(after - before) <= share * 2 + 1) }
  }

  @Test func `a conference found alone is polled at once, whatever its number`() {
    #expect(PollSpread(index: 17, startIndex: 0).delay(interval: .seconds(2)) == .zero)
  }
}
