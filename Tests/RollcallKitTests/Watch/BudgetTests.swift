import RollcallTestKit
import Synchronization
import Testing

@testable import RollcallCore
@testable import RollcallKit

@Suite(.timeLimit(.minutes(5)))
struct `Polls with too small a request budget` {
  private final class Notices: Sendable {
    let list = Mutex<[PollNotice]>([])
  }

  private static let sids = (0..<200).map { "c\($0)" }

  /// Watches 200 conferences every 2 s with 20 requests per second, for two minutes. Some of them may be busy.
  private static func run(
    _ notices: Notices = Notices(), busy: Range<Int> = 0..<0,
    fault: @escaping @Sendable (Int) -> HTTPResponse? = { _ in nil }
  ) -> WatchedRun {
    var settings = WatchSettings(interval: .seconds(2))
    settings.requestsPerSecond = 20
    settings.show = { notice in notices.list.withLock { $0.append(notice) } }
    let run = WatchedRun(settings, fault: { fault($0.at) }) { now in
      sids.enumerated().map { index, sid in
        var person = FakePerson("a")
        person.muted = busy.contains(index) && now / 3000 % 2 == 0
        return FakeConference(sid: sid, people: [person])
      }
    }
    _ = run.watch(sids, for: .seconds(120))
    return run
  }

  /// - Parameter start: the time from which polls count.
  private static func waits(_ run: WatchedRun, _ index: Int, from start: Int = 0) -> [Int] {
    let polls = run.polls(of: sids[index]).filter { $0 >= start }
    return zip(polls, polls.dropFirst()).map { $1 - $0 }
  }

  @Test func `are spread over all conferences, and the longest wait is as reported`() throws {
    let notices = Notices()
    let run = Self.run(notices)
    let questions = run.space.questions.map(\.at)
    for second in 0..<119 {
      #expect(questions.count { $0 >= second * 1000 && $0 < (second + 1) * 1000 } <= 20 + 3)
    }
    let told = notices.list.withLock { $0 }
    #expect(told == [.overBudget(needed: 125, allowed: 20, worstCase: .seconds(25))])
    for index in Self.sids.indices {
      let waits = Self.waits(run, index)
      try #require(waits.count >= 8)
      #expect(waits.allSatisfy { $0 >= 8000 && $0 <= 12_500 })
    }
    // No outage is reported, because the lists came as often as the budget allows.
    #expect(run.types.allSatisfy { $0 == "participant.present" || $0 == "watch.started" })
  }

  @Test func `come sooner for busy conferences, and none waits longer than reported`() {
    let run = Self.run(busy: 0..<4)
    // At first, every conference counts as having just changed, because watching began.
    for index in 0..<4 { #expect(Self.waits(run, index, from: 60_000).allSatisfy { $0 <= 2500 }) }
    for index in Self.sids.indices { #expect(Self.waits(run, index).allSatisfy { $0 <= 25_000 }) }
  }

  @Test func `wait no longer than reported if all conferences are busy`() {
    let run = Self.run(busy: 0..<200)
    for index in Self.sids.indices { #expect(Self.waits(run, index).allSatisfy { $0 <= 25_000 }) }
  }

  @Test func `are halved while the origin throttles, without advice to raise the budget`() {
    var settings = WatchSettings(interval: .seconds(2))
    settings.requestsPerSecond = 1000
    let notices = Notices()
    settings.show = { notice in notices.list.withLock { $0.append(notice) } }
    let run = WatchedRun(settings, fault: { $0.at >= 20_000 && $0.at < 21_000 ? FakeSpace.reply(429) : nil }) { _ in
      Self.sids.map { FakeConference(sid: $0, people: [FakePerson("a")]) }
    }
    _ = run.watch(Self.sids, for: .seconds(40))
    let questions = run.space.questions.map(\.at)
    func count(_ from: Int, _ to: Int) -> Int { questions.count { $0 >= from && $0 < to } }
    #expect(count(18_000, 20_000) == 200)
    // There are 100 requests per second before the 429, and 50 after it until ten seconds have gone well.
    #expect(count(20_050, 21_000) <= 60)
    #expect(count(36_000, 38_000) == 200)
    #expect(notices.list.withLock { $0 }.allSatisfy { if case .overBudget = $0 { false } else { true } })
  }

  @Test func `come no faster once the origin takes requests again`() {
    var settings = WatchSettings(interval: .seconds(2))
    settings.requestsPerSecond = 20
    // The first refused request carries the pause, which applies to all others too.
    let run = WatchedRun(
      settings,
      fault: { question in
        question.at >= 20_000 && question.at < 20_500 ? FakeSpace.reply(503, "", ["retry-after": "30"]) : nil
      }
    ) { _ in Self.sids.map { FakeConference(sid: $0, people: [FakePerson("a")]) } }
    _ = run.watch(Self.sids, for: .seconds(100))
    let questions = run.space.questions.map(\.at)
    #expect(questions.allSatisfy { $0 < 20_500 || $0 >= 50_000 })
    for second in 0..<99 {
      #expect(questions.count { $0 >= second * 1000 && $0 < (second + 1) * 1000 } <= 20 + 3)
    }
    for index in Self.sids.indices { #expect(!Self.waits(run, index, from: 50_000).isEmpty) }
  }

  @Test func `leave discovery a small part of the budget`() {
    var settings = WatchSettings(interval: .seconds(2))
    settings.requestsPerSecond = 1
    settings.discoveryInterval = .seconds(1)
    let run = WatchedRun(settings) { _ in
      Self.sids.prefix(3).map { FakeConference(sid: $0, people: [FakePerson("a")]) }
    }
    _ = run.watch(.all, for: .seconds(120))
    for index in 0..<3 {
      let waits = Self.waits(run, index)
      #expect(waits.count >= 10 && waits.allSatisfy { $0 <= 7500 + 2000 })
    }
    #expect(run.space.questions.count { $0.path.hasPrefix("?") } >= 8)
  }

  @Test(arguments: [1, 10])
  func `have an outage caused by throttling reported in time`(_ count: Int) {
    let sids = Self.sids.prefix(count)
    let run = WatchedRun(
      WatchSettings(interval: .seconds(1)), fault: { $0.at > 20_000 ? FakeSpace.reply(429) : nil }
    ) { _ in sids.map { FakeConference(sid: $0, people: [FakePerson("a")]) } }
    _ = run.watch(Array(sids), for: .seconds(60))
    let interrupted = run.told("watch.interrupted")
    #expect(interrupted.count == count)
    for told in interrupted {
      #expect((29_000...32_100).contains(told.at))
      guard case .interrupted(.throttled, _) = told.draft.watch else {
        Issue.record("expected the reason throttled, got \(told.draft)")
        return
      }
    }
  }

  @Test func `return to their interval if some replies are 429`() {
    let count = Atomic(0)
    let run = WatchedRun(
      WatchSettings(interval: .seconds(1)),
      fault: { _ in
        count.add(1, ordering: .relaxed).newValue % 8 == 0 ? FakeSpace.reply(429) : nil
      }
    ) { _ in [FakeConference(sid: "c", people: [FakePerson("a")])] }
    _ = run.watch(["c"], for: .seconds(300))
    #expect(run.polls(of: "c").count >= 200)
    #expect(run.told("watch.interrupted").isEmpty)
  }
}
