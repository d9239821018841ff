import RollcallTestKit
import Testing

@testable import RollcallCore

@Suite struct `A budget of requests` {
  private static func moment(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

  /// Returns how many polls begin within a period if each begins as soon as it may.
  private static func polls(_ budget: inout RequestBudget, from start: Int64, for milliseconds: Int64) -> Int {
    var count = 0
    for now in start..<start + milliseconds {
      while budget.isOpen(at: moment(now)) {
        budget.begin(at: moment(now))
        budget.send(at: moment(now))
        budget.received()
        count += 1
      }
    }
    return count
  }

  @Test(arguments: [1, 2, 7, 50, 333, 1000, 10_000])
  func `lets polls begin at its rate, and a few of them early`(rate: Int) {
    var budget = RequestBudget(requestsPerSecond: rate, interval: .seconds(2))
    let count = Self.polls(&budget, from: 1_000_000, for: 10_000)
    let early = max(1, rate / 10)
    #expect(count >= rate * 10 && count <= rate * 10 + early + 1)
    // Unused requests cannot be saved for later.
    let later = Self.polls(&budget, from: 2_000_000, for: 1000)
    #expect(later >= rate && later <= rate + early + 1)
  }

  @Test func `delays polls by requests that take no turn`() {
    var budget = RequestBudget(requestsPerSecond: 10, interval: .seconds(2))
    for _ in 0..<20 { budget.send(at: Self.moment(5000)) }
    #expect(!budget.isOpen(at: Self.moment(6899)))
    #expect(budget.opensAt == Self.moment(6900))
    #expect(budget.isOpen(at: Self.moment(6900)))
  }

  @Test(arguments: [(1, 2, 16_000), (50, 2, 320), (50, 24, 3840), (10_000, 2, 1)])
  func `gives discovery an eighth of the time`(rate: Int, requests: Int, milliseconds: Int64) {
    var budget = RequestBudget(requestsPerSecond: rate, interval: .seconds(2))
    // There are no polls to leave time for.
    #expect(budget.pause(afterListing: requests) == .zero)
    budget.add(.init(pages: 1))
    #expect(budget.pause(afterListing: requests).wholeMilliseconds == milliseconds)
    #expect(budget.pause(afterListing: 0) == .zero)
    let before = budget.pause(afterListing: requests)
    budget.throttled(at: Self.moment(0))
    #expect(budget.pause(afterListing: requests) >= before * 2)
  }

  @Test func `counts a poll's first request once`() {
    var budget = RequestBudget(requestsPerSecond: 10, interval: .seconds(2))
    budget.begin(at: Self.moment(0))
    budget.send(at: Self.moment(500))
    #expect(budget.opensAt == Self.moment(0))
    budget.send(at: Self.moment(500))
    #expect(budget.opensAt == Self.moment(500))
  }

  @Test func `gives other requests the time of a poll that sends nothing`() {
    var budget = RequestBudget(requestsPerSecond: 1, interval: .seconds(2))
    budget.begin(at: Self.moment(5000))
    #expect(budget.opensAt == Self.moment(5900))
    budget.waive()
    #expect(budget.isOpen(at: Self.moment(5000)))
    // If another request has used that time, there is nothing to give back.
    budget.begin(at: Self.moment(5000))
    budget.send(at: Self.moment(5000))
    budget.waive()
    #expect(budget.opensAt == Self.moment(5900))
  }

  @Test(arguments: [(1, 2000), (80, 2000), (81, 4050), (1000, 50_000)])
  func `gives the maximum time between two polls`(conferences: Int, milliseconds: Int) {
    var budget = RequestBudget(requestsPerSecond: 50, interval: .seconds(2))
    budget.add(.init(pages: conferences))
    #expect(budget.worstCase == .milliseconds(milliseconds))
    #expect(budget.isExceeded == (milliseconds > 2000))
    #expect(budget.preference == (milliseconds > 2000 ? .milliseconds(milliseconds / 2 - 2000) : .zero))
    budget.add(-RequestBudget.Load(pages: conferences))
    #expect(budget.worstCase == .seconds(2) && budget.needed == 0)
  }

  @Test func `gives the number of requests per second that polls need`() {
    var budget = RequestBudget(requestsPerSecond: 50, interval: .seconds(2))
    budget.add(.init(pages: 1000))
    #expect(budget.needed == 625)
    var enough = RequestBudget(requestsPerSecond: budget.needed, interval: .seconds(2))
    enough.add(.init(pages: 1000))
    #expect(!enough.isExceeded)
  }

  @Test func `is halved at most once per second`() {
    var budget = RequestBudget(requestsPerSecond: 50, interval: .seconds(2))
    budget.add(.init(pages: 100))
    budget.throttled(at: Self.moment(0))
    // Several 429s for requests in flight at the same time count once.
    budget.throttled(at: Self.moment(999))
    #expect(Self.polls(&budget, from: 10_000, for: 10_000) == 253)
    budget.throttled(at: Self.moment(30_000))
    #expect(Self.polls(&budget, from: 40_000, for: 10_000) == 127)
  }

  @Test func `regains a tenth of the full rate for each second with a complete poll and without a 429`() {
    var budget = RequestBudget(requestsPerSecond: 50, interval: .seconds(2))
    budget.add(.init(pages: 100))
    budget.throttled(at: Self.moment(0))
    #expect(budget.currentSpacing == 40_000)
    budget.succeeded(at: Self.moment(999))
    #expect(budget.currentSpacing == 40_000)
    // The number of complete polls in one second does not matter.
    for milliseconds in [1000, 1100, 1500, 1999] as [Int64] { budget.succeeded(at: Self.moment(milliseconds)) }
    #expect(budget.currentSpacing == 33_333)
    // A 429 in between restarts the second.
    budget.throttled(at: Self.moment(1999))
    budget.succeeded(at: Self.moment(2500))
    #expect(budget.currentSpacing == 66_666)
    for second in 3...9 as ClosedRange<Int64> { budget.succeeded(at: Self.moment(second * 1000)) }
    #expect(!budget.isThrottled && budget.currentSpacing == 20_000)
  }

  @Test func `gives the maximum time between two polls without throttling`() {
    var budget = RequestBudget(requestsPerSecond: 50, interval: .seconds(2))
    budget.add(.init(pages: 1))
    for second in 0..<10 as Range<Int64> { budget.throttled(at: Self.moment(second * 1000)) }
    #expect(budget.usualWorstCase == .seconds(2) && budget.worstCase > .seconds(10))
    budget.add(.init(pages: 999))
    #expect(budget.usualWorstCase == .seconds(50))
  }

  @Test func `counts a conference by how often it is polled`() {
    var budget = RequestBudget(requestsPerSecond: 50, interval: .seconds(2))
    for _ in 0..<100 { budget.add(.init(requests: 2, every: .seconds(10), interval: .seconds(2))) }
    #expect(budget.needed == 25 && !budget.isExceeded)
  }

  @Test func `halves the rate that was sent, not the allowed one, and never reaches zero`() {
    var budget = RequestBudget(requestsPerSecond: 50, interval: .seconds(2))
    budget.add(.init(pages: 1))
    budget.throttled(at: Self.moment(0))
    #expect(budget.worstCase == .seconds(10))
    for count in 1...20 { budget.throttled(at: Self.moment(Int64(count) * 1000)) }
    #expect(budget.worstCase == .seconds(25))
  }
}
