import RollcallTestKit
import Testing

@testable import RollcallCore

@Suite struct `Looks after hints` {
  private static func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: 1_000_000 + milliseconds) }

  @Test func `four looks follow a hint, counted from the last one`() {
    var looks = HintedLooks()
    #expect(looks.due == nil && !looks.announces)
    looks.hint(at: Self.at(0))
    for moment in [0, 250, 1000, 3000] as [Int64] {
      #expect(looks.due == Self.at(moment))
      looks.pollBegan(at: Self.at(moment))
    }
    #expect(looks.due == nil)
    looks.hint(at: Self.at(4000))
    #expect(looks.due == Self.at(4000))
  }

  @Test func `a poll serves every look that is due by then, but not a later hint`() {
    var looks = HintedLooks()
    looks.hint(at: Self.at(0))
    looks.pollBegan(at: Self.at(1200))
    #expect(looks.due == Self.at(3000))
    looks.hint(at: Self.at(1200))
    #expect(looks.due == Self.at(1400))
  }

  @Test func `endless hints cause at most one look in 200 ms`() {
    var looks = HintedLooks()
    var polls = 0
    for moment in 0..<10_000 as Range<Int64> {
      looks.hint(at: Self.at(moment))
      guard let due = looks.due, due <= Self.at(moment) else { continue }
      looks.pollBegan(at: Self.at(moment))
      looks.pollWasComplete()
      polls += 1
    }
    #expect(polls == 50)
  }

  @Test func `changes count as announced until the last look after the hint is complete`() {
    var looks = HintedLooks()
    looks.hint(at: Self.at(0))
    for moment in [0, 250, 1000] as [Int64] {
      looks.pollBegan(at: Self.at(moment))
      looks.pollWasComplete()
      #expect(looks.announces)
    }
    looks.pollBegan(at: Self.at(3000))
    // The hint came during a poll that may not have seen the change.
    looks.hint(at: Self.at(3001))
    looks.pollWasComplete()
    #expect(looks.announces)
    looks.pollBegan(at: Self.at(10_000))
    looks.pollWasComplete()
    #expect(!looks.announces)
  }

  // MARK: In the governor

  private static let c = ConferenceSID("c")

  private static func governor(interval: Duration = .seconds(30)) throws -> (OriginGovernor, OriginGovernor.Source) {
    var governor = OriginGovernor(RequestBudget(requestsPerSecond: 1000, interval: interval))
    let conference = try #require(c)
    governor.add(conference, 7, PollSchedule(start: at(0), interval: interval))
    return (governor, .poll(of: conference))
  }

  @Test func `a hint brings the next poll forward, and the ticks of the interval stay`() throws {
    var (governor, source) = try Self.governor()
    var random = SplitMix64(seed: 1)
    #expect(governor.number(of: try #require(Self.c)) == 7)
    governor.enqueue(7, due: Self.at(30_000), isBusy: false)
    #expect(governor.hint(source, at: Self.at(12_345)) == Self.at(12_345))
    for moment in [12_345, 12_595, 13_345, 15_345] as [Int64] {
      #expect(governor.wakeTime(after: Self.at(moment - 1)) == Self.at(moment))
      #expect(governor.nextTurn(at: Self.at(moment - 1)) == nil)
      #expect(governor.nextTurn(at: Self.at(moment)) == .poll(7))
      _ = governor.ended(
        source, .complete, at: Self.at(moment + 3), streamTime: Self.at(moment), using: &random)
      governor.enqueue(7, due: try #require(governor.due(source)), isBusy: false)
    }
    #expect(governor.due(source) == Self.at(30_000))
  }

  @Test func `a hint during a poll is not lost`() throws {
    var (governor, source) = try Self.governor()
    var random = SplitMix64(seed: 1)
    governor.enqueue(7, due: Self.at(0), isBusy: false)
    #expect(governor.nextTurn(at: Self.at(0)) == .poll(7))
    _ = governor.hint(source, at: Self.at(50))
    _ = governor.ended(source, .complete, at: Self.at(60), streamTime: Self.at(60), using: &random)
    let due = try #require(governor.due(source))
    #expect(due == Self.at(200))
    // A hint that comes between the end of a poll and its place in the agenda counts as well.
    _ = governor.hint(source, at: Self.at(70))
    governor.enqueue(7, due: Self.at(30_000), isBusy: false)
    #expect(governor.nextTurn(at: Self.at(199)) == nil && governor.nextTurn(at: Self.at(200)) == .poll(7))
  }

  @Test func `hints shorten neither the wait after a failure nor a pause of the origin`() throws {
    var (governor, source) = try Self.governor()
    var random = SplitMix64(seed: 1)
    governor.enqueue(7, due: Self.at(0), isBusy: false)
    _ = governor.nextTurn(at: Self.at(0))
    let failure = ScanFailure.unavailable(status: 503, retryAfter: .seconds(20))
    governor.answered(source, failure, at: Self.at(1))
    _ = governor.ended(source, .failed(failure), at: Self.at(1), streamTime: Self.at(1), using: &random)
    let retry = try #require(governor.due(source))
    governor.enqueue(7, due: retry, isBusy: false)
    #expect(governor.hint(source, at: Self.at(2)) == nil)
    #expect(governor.due(source) == retry)
    #expect(governor.nextTurn(at: Self.at(20_000)) == nil && governor.nextTurn(at: Self.at(20_001)) == .poll(7))
  }

  @Test func `changes are counted by whether a hint announced them`() throws {
    var (governor, source) = try Self.governor()
    governor.found(2, by: source)
    _ = governor.hint(source, at: Self.at(0))
    governor.found(3, by: source)
    #expect(governor.changes.unhinted == 2 && governor.changes.hinted == 3)
  }

  @Test func `a hint for a conference that is not polled changes nothing`() throws {
    var (governor, _) = try Self.governor()
    let other = try #require(ConferenceSID("other"))
    #expect(governor.hint(.poll(of: other), at: Self.at(0)) == nil && governor.number(of: other) == nil)
  }

  // MARK: In the agenda

  @Test(arguments: Seeds.first(20)) func `hastening polls gives the same order as sorting them`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var agenda = PollAgenda()
    let budget = RequestBudget(requestsPerSecond: 1000, interval: .seconds(2))
    var plain: [(moment: Int64, arrival: Int, number: Int)] = []
    var (now, arrivals) = (Int64(0), 0)
    for _ in 0..<3000 {
      switch random.next() % 8 {
      case 0, 1:
        let number = Int(random.next() % 200)
        guard !plain.contains(where: { $0.number == number }) else { continue }
        arrivals += 1
        let moment = now + Int64(random.next() % 5000)
        plain.append((moment, arrivals, number))
        agenda.add(number, due: Self.at(moment), isBusy: false)
      case 2...6:
        let (number, moment) = (Int(random.next() % 200), now + Int64(random.next() % 3000))
        if let index = plain.firstIndex(where: { $0.number == number }) {
          plain[index].moment = min(plain[index].moment, moment)
        }
        agenda.hasten(number, to: Self.at(moment))
      default:
        now += Int64(random.next() % 40)
        agenda.collect(at: Self.at(now), budget)
        plain.sort { ($0.moment, $0.arrival) < ($1.moment, $1.arrival) }
        while let first = plain.first, first.moment <= now {
          #expect(agenda.next() == first.number)
          plain.removeFirst()
        }
        #expect(agenda.next() == nil)
        #expect(agenda.nextDue == plain.first.map { Self.at($0.moment) })
      }
    }
  }
}
