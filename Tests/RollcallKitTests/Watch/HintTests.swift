import RollcallCore
import RollcallTestKit
import Testing

@testable import RollcallKit

@Suite(.timeLimit(.minutes(5)))
struct `Hints that a conference may have changed` {
  private static func settings(_ interval: Duration = .seconds(30)) -> WatchSettings {
    WatchSettings(interval: interval)
  }

  /// Returns a conference whose participant is muted from a time on, in milliseconds.
  private static func conference(_ sid: String = "c", name: String = "", mutedAt: Int)
    -> @Sendable (Int) -> [FakeConference]
  {
    { now in
      var person = FakePerson("a")
      person.muted = now >= mutedAt
      return [FakeConference(sid: sid, name: name, people: [person])]
    }
  }

  @Test func `a hint leads to four polls, the first of which finds the change`() {
    let run = WatchedRun(Self.settings(), hints: [(5050, "c")], conferences: Self.conference(mutedAt: 5000))
    _ = run.watch(["c"], for: .seconds(61))
    #expect(run.polls(of: "c") == [0, 5050, 5300, 6050, 8050, 30_000, 60_000])
    #expect(run.told("participant.muted").map(\.at) == [5050])
  }

  @Test func `a hint finds a change that the list shows only later`() {
    let run = WatchedRun(Self.settings(), hints: [(5000, "c")], conferences: Self.conference(mutedAt: 5900))
    _ = run.watch(["c"], for: .seconds(20))
    #expect(run.told("participant.muted").map(\.at) == [6000])
  }

  @Test func `a lost hint costs one interval and no event`() {
    let run = WatchedRun(Self.settings(), conferences: Self.conference(mutedAt: 5000))
    _ = run.watch(["c"], for: .seconds(40))
    #expect(run.told("participant.muted").map(\.at) == [30_000])
  }

  @Test func `a flood of hints causes five polls per second`() {
    let hints = (0..<2000).map { (at: 10_000 + $0 * 5, sid: "c") }
    let run = WatchedRun(Self.settings(), hints: hints, conferences: Self.conference(mutedAt: .max))
    _ = run.watch(["c"], for: .seconds(25))
    let polls = run.polls(of: "c").filter { (10_000..<20_000).contains($0) }
    #expect(polls.count == 50)
    #expect(zip(polls, polls.dropFirst()).allSatisfy { $1 - $0 >= 200 })
  }

  @Test func `a flood of hints stays within the budget`() {
    var settings = Self.settings()
    settings.requestsPerSecond = 2
    let sids = (0..<20).map { "c\($0)" }
    let hints = (0..<4000).map { (at: 10_000 + $0 * 5, sid: sids[$0 % 20]) }
    let run = WatchedRun(settings, hints: hints) { _ in sids.map { FakeConference(sid: $0, people: [FakePerson("a")]) }
    }
    _ = run.watch(sids, for: .seconds(30))
    let requests = run.space.questions.filter { (10_000..<30_000).contains($0.at) }
    #expect(requests.count <= 41)
    // No conference is polled at the expense of the others.
    for sid in sids { #expect(run.polls(of: sid).contains { $0 > 10_000 }) }
  }

  @Test func `a hint during a poll leads to another one`() {
    let run = WatchedRun(
      Self.settings(), delay: { $0.at > 1000 ? .milliseconds(400) : .zero }, hints: [(5000, "c"), (5100, "c")],
      conferences: Self.conference(mutedAt: 5050))
    _ = run.watch(["c"], for: .seconds(6))
    #expect(run.polls(of: "c").prefix(3) == [0, 5000, 5400])
    #expect(run.told("participant.muted").map(\.at) == [5800])
  }

  @Test func `hints do not shorten the wait after a failure`() {
    let run = WatchedRun(
      Self.settings(), fault: { $0.at > 1000 && $0.at < 20_000 ? FakeSpace.reply(503) : nil },
      hints: (0..<200).map { (at: 5000 + $0 * 50, sid: "c") }, conferences: Self.conference(mutedAt: .max))
    _ = run.watch(["c"], for: .seconds(120))
    let polls = run.polls(of: "c").filter { $0 >= 5000 && $0 < 20_000 }
    #expect(polls.count <= 8 && zip(polls, polls.dropFirst()).allSatisfy { $1 - $0 >= 1000 })
    #expect(run.polls(of: "c").contains { $0 >= 20_000 })
  }

  @Test func `a hint is not believed: an absent participant is confirmed as usual`() {
    let people = [FakePerson("a"), FakePerson("b"), FakePerson("d")]
    let page = HTTPResponse(status: 200, body: .bytes(FakePerson.page(Array(people.dropLast()), conference: "c")))
    let run = WatchedRun(
      Self.settings(), fault: { $0.at > 1000 && $0.path.hasPrefix("/c/Participants?") ? page : nil },
      hints: [(5000, "c"), (5010, "c"), (7000, "c")]
    ) { _ in [FakeConference(sid: "c", people: people)] }
    _ = run.watch(["c"], for: .seconds(20))
    #expect(run.space.questions.count { $0.path.hasPrefix("/c/Participants/d") } >= 4)
    #expect(run.told("participant.left").isEmpty)
  }

  @Test func `hints for conferences that are not watched are ignored without discovery`() {
    let run = WatchedRun(
      Self.settings(), hints: [(5000, "d"), (6000, "e")], conferences: Self.conference(mutedAt: .max))
    _ = run.watch(["c"], for: .seconds(20))
    #expect(run.polls(of: "c") == [0] && run.space.questions.count == 1)
  }

  // MARK: Discovery

  private static func found(at: Int) -> @Sendable (Int) -> [FakeConference] {
    { now in
      let old = FakeConference(sid: "c", name: "n", people: [FakePerson("a")])
      return now < at ? [old] : [old, FakeConference(sid: "d", name: "n", people: [FakePerson("b")])]
    }
  }

  @Test func `a hint for an unknown conference makes discovery look, and its changes count as announced`() {
    var settings = Self.settings()
    settings.discoveryInterval = .seconds(60)
    let run = WatchedRun(settings, hints: [(5000, "d")], conferences: Self.found(at: 4000))
    _ = run.watch(.all, for: .seconds(20))
    #expect(run.looks == [0, 5000])
    #expect(run.polls(of: "d") == [5000, 5250, 6000, 8000])
    #expect(run.told("conference.started").map(\.at) == [5000])
    let changes = run.watch.origin.govern { governor, _ in governor.changes }
    // The two changes are the start of the conference and the join of its participant.
    #expect(changes.hinted == 2 && changes.unhinted == 0)
  }

  @Test func `a flood of hints for unknown conferences makes discovery look once per second`() {
    var settings = Self.settings()
    settings.discoveryInterval = .seconds(60)
    let hints = (0..<2500).map { (at: 10_000 + $0 * 4, sid: "x\($0)") }
    let run = WatchedRun(settings, hints: hints, conferences: Self.found(at: .max))
    _ = run.watch(.all, for: .seconds(30))
    let looks = run.looks.filter { $0 >= 10_000 }
    #expect((10...12).contains(looks.count) && zip(looks, looks.dropFirst()).allSatisfy { $1 - $0 >= 1000 })
  }

  @Test func `hints for ended conferences, or those of another shard, are ignored`() throws {
    var settings = Self.settings()
    settings.discoveryInterval = .seconds(60)
    settings.over = [try #require(ConferenceSID("d"))]
    let ended = WatchedRun(settings, hints: [(5000, "d")], conferences: Self.found(at: 0))
    _ = ended.watch(.all, for: .seconds(20))
    #expect(ended.looks == [0])

    settings.over = []
    let shards = try (0..<2).map { try #require(Shard($0, of: 2)) }
    let d = try #require(ConferenceSID("d"))
    settings.shard = shards.first { !$0.contains(d) }
    let other = WatchedRun(settings, hints: [(5000, "d")], conferences: Self.found(at: 4000))
    _ = other.watch(.all, for: .seconds(20))
    #expect(other.looks == [0])
  }

  @Test func `hints do not shorten the wait of discovery after a failure`() {
    var settings = Self.settings()
    settings.discoveryInterval = .seconds(5)
    let run = WatchedRun(
      settings, fault: { $0.at > 4000 && $0.at < 30_000 && $0.path.hasPrefix("?") ? FakeSpace.reply(503) : nil },
      hints: (0..<500).map { (at: 6000 + $0 * 20, sid: "x") }, conferences: Self.found(at: .max))
    _ = run.watch(.all, for: .seconds(20))
    #expect(run.looks.count { $0 >= 6000 && $0 < 16_000 } <= 8)
  }

  // MARK: The queue

  @Test func `pending hints for one conference are merged, and their number is bounded`() throws {
    let queue = HintQueue()
    let c = try #require(ConferenceSID("c"))
    for _ in 0..<1000 { queue.add(c) }
    #expect(queue.takeAll() == [c] && queue.takeAll() == [])
    for number in 0..<(HintQueue.maximumPending + 100) {
      queue.add(try #require(ConferenceSID("c\(number)")))
    }
    #expect(queue.takeAll().count == HintQueue.maximumPending)
    #expect(queue.count == 1000 + HintQueue.maximumPending + 100)
    queue.add(c)
    #expect(queue.takeAll() == [c])
  }
}
