import RollcallCore
import Testing

@Suite struct `A histogram of delays` {
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `gives percentiles that are at most 1/32 too high`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var histogram = DelayHistogram()
    var delays: [Int64] = []
    for _ in 0..<Int.random(in: 1...2000, using: &random) {
      let delay = Int64.random(in: 0..<(1 << Int64.random(in: 1...27, using: &random)), using: &random)
      delays.append(delay)
      histogram.add(.milliseconds(delay))
    }
    delays.sort()
    #expect(histogram.count == delays.count)
    for percent in 1...100 {
      let exact = delays[(delays.count * percent + 99) / 100 - 1]
      let given = histogram.percentile(percent).wholeMilliseconds
      #expect(given >= exact && given <= exact + exact / 32, "\(percent)")
      let count = histogram.count(upTo: .milliseconds(exact))
      #expect(count >= delays.count { $0 <= exact } && count <= delays.count { $0 <= exact + exact / 32 + 1 })
    }
    #expect(histogram.count(upTo: DelayHistogram.longest) == delays.count)
    #expect(histogram.sum == .milliseconds(delays.reduce(0, +)))
  }

  @Test func `is exact for short delays`() {
    var histogram = DelayHistogram()
    for delay in 0..<64 { histogram.add(.milliseconds(delay) + .microseconds(999)) }
    #expect(histogram.percentile(50) == .milliseconds(31))
    #expect(histogram.percentile(99) == .milliseconds(63))
  }

  @Test func `accepts any duration`() {
    var histogram = DelayHistogram()
    #expect(histogram.percentile(99) == .zero)
    histogram.add(.seconds(-5))
    #expect(histogram.percentile(100) == .zero)
    histogram.add(.seconds(Int64.max))
    #expect(histogram.percentile(100) == DelayHistogram.longest)
  }

  @Test func `a tally starts again once it is taken`() {
    var tally = PollTally()
    tally.pollBegan(late: .milliseconds(3))
    tally.pollBegan(late: .milliseconds(5))
    tally.failed(.discovery)
    let taken = tally.take()
    #expect(taken.polls == 2 && taken.discoveryFailures == 1 && taken.delays.percentile(99) == .milliseconds(5))
    #expect(tally == PollTally())
  }
}
