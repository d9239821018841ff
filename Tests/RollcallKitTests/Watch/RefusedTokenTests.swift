import RollcallCore
import RollcallKit
import RollcallTestKit
import Testing

@Suite(.timeLimit(.minutes(5)))
struct `A token that is refused` {
  private static let old = "Basic cDpvbGQ="
  private static let new = "Basic cDpuZXc="

  private static func conferences(_ sids: [String]) -> [FakeConference] {
    sids.map { FakeConference(sid: $0, people: [FakePerson("a")]) }
  }

  /// The old token is refused from 9 s on, the new one never.
  private static func refusesOld(_ question: FakeSpace.Question) -> HTTPResponse? {
    question.at >= 9000 && question.token != new ? FakeSpace.reply(401) : nil
  }

  @Test func `ends the run at the start, after one request`() {
    let run = WatchedRun(fault: { _ in FakeSpace.reply(403) }) { _ in [] }
    #expect(run.watch(["c"], for: .seconds(100)) == ["c": .unauthorised])
    #expect(run.space.questions.count == 1)
    #expect(run.types.isEmpty)
  }

  @Test func `is read again and asked with once more at once, and nobody notices`() {
    let run = WatchedRun(token: { $0 >= 9000 ? "new" : "old" }, fault: Self.refusesOld) { _ in
      Self.conferences(["c"])
    }
    _ = run.watch(["c"], for: .seconds(15))
    #expect(run.polls(of: "c") == [0, 2000, 4000, 6000, 8000, 10_000, 10_000, 12_000, 14_000])
    #expect(
      run.space.questions.map(\.token) == Array(repeating: Self.old, count: 6) + Array(repeating: Self.new, count: 3))
    #expect(run.types == ["participant.present", "watch.started"])
  }

  @Test func `interrupts every conference at once, and costs one request a minute until it works`() throws {
    let sids = (0..<5).map { "c\($0)" }
    let run = WatchedRun(
      token: { $0 >= 200_000 ? "new" : "old" }, fault: Self.refusesOld, conferences: { _ in Self.conferences(sids) })
    _ = run.watch(sids, for: .seconds(300))
    let interrupted = run.told("watch.interrupted")
    #expect(interrupted.count == 5)
    #expect(Set(interrupted.compactMap(\.draft.conference?.text)) == Set(sids))
    for told in interrupted {
      #expect(told.at < 11_000)
      #expect(told.draft.watch == .interrupted(reason: .unauthorised, error: "the provider refused the token"))
    }
    let first = try #require(run.space.questions.first { $0.at >= 9000 }).at
    let refused = run.space.questions.filter { $0.at >= 9000 && $0.token == Self.old }.map(\.at)
    try #require(refused.count == 5)
    for (moment, expected) in zip(refused, [0, 0, 60_000, 120_000, 180_000]) {
      #expect((expected...expected + 10).contains(moment - first))
    }
    let resumed = run.told("watch.resumed")
    #expect(Set(resumed.compactMap(\.draft.conference?.text)) == Set(sids))
    for told in resumed {
      #expect(told.at >= first + 240_000 && told.at <= first + 242_000)
      guard case .resumed(_, _, .unauthorised, _) = told.draft.watch else {
        Issue.record("another reason")
        return
      }
    }
  }

  @Test func `that is renewed on somebody's wish is tried at once`() throws {
    let run = WatchedRun(
      token: { $0 >= 20_000 ? "new" : "old" }, fault: Self.refusesOld, conferences: { _ in Self.conferences(["c"]) })
    run.run(for: .seconds(40)) { run in
      await withTaskGroup(of: Void.self) { group in
        group.addTask { _ = await run.watch.run([ConferenceSID("c")].compactMap(\.self)) }
        group.addTask {
          try? await run.loop.sleep(for: .seconds(25))
          await run.watch.renewToken()
        }
      }
    }
    #expect(run.told("watch.interrupted").map(\.at) == [10_000])
    #expect(run.told("watch.resumed").map(\.at) == [25_000])
    #expect(run.polls(of: "c").filter { $0 > 25_000 }.first == 26_000)
  }
}
