import RollcallKit
import RollcallTestKit
import Testing

@testable import RollcallCore

@Suite(.timeLimit(.minutes(5)))
struct `A token that is refused` {
  private static let old = "Basic cDpvbGQ="
  private static let new = "Basic cDpuZXc="

  private static func conferences(_ sids: [String]) -> [FakeConference] {
    sids.map { FakeConference(sid: $0, people: [FakePerson("a")]) }
  }

  /// Refuses the old token from 9 s on, and never the new one.
  private static func refusesOld(_ question: FakeSpace.Question) -> HTTPResponse? {
    question.at >= 9000 && question.token != new ? FakeSpace.reply(401) : nil
  }

  @Test(arguments: [(401, ScanFailure.unauthorised), (403, .forbidden)], [false, true])
  func `ends the run at the start after two requests a second apart`(
    refusal: (status: Int, failure: ScanFailure), scansOnce: Bool
  ) {
    let settings = WatchSettings(interval: .seconds(2), scansOnce: scansOnce)
    let run = WatchedRun(settings, fault: { _ in FakeSpace.reply(refusal.status) }) { _ in [] }
    #expect(run.watch(["c"], for: .seconds(100)) == ["c": .failed(refusal.failure)])
    #expect(run.space.questions.map(\.at) == [0, 1000])
    let search = WatchedRun(settings, fault: { _ in FakeSpace.reply(refusal.status) }) { _ in [] }
    #expect(search.watch(.all, for: .seconds(100)) == .failed(refusal.failure))
    #expect(search.space.questions.map(\.at) == [0, 1000])
    #expect(run.types.isEmpty && search.types.isEmpty)
  }

  @Test func `ends the run at the start even with many conferences`() {
    let sids = (0..<20).map { "c\($0)" }
    let run = WatchedRun(fault: { _ in FakeSpace.reply(401) }) { _ in [] }
    #expect(run.watch(sids, for: .seconds(100)).values.contains(.failed(.unauthorised)))
    #expect(run.space.questions.count == 2 && run.now <= 1100)
  }

  @Test func `is still tried at the start if the run waits`() throws {
    let run = WatchedRun(
      WatchSettings(interval: .seconds(2), waits: true), token: { $0 >= 200_000 ? "new" : "old" },
      fault: { $0.token != Self.new ? FakeSpace.reply(401) : nil }, conferences: { _ in Self.conferences(["c"]) })
    #expect(run.watch(["c"], for: .seconds(300)) == [:])
    #expect(run.space.questions.prefix(7).map(\.at) == [0, 1000, 6000, 21_000, 81_000, 141_000, 201_000])
    #expect(run.types == ["participant.present", "watch.started"])
    let search = WatchedRun(
      WatchSettings(interval: .seconds(2), waits: true), token: { $0 >= 200_000 ? "new" : "old" },
      fault: { $0.token != Self.new ? FakeSpace.reply(401) : nil }, conferences: { _ in Self.conferences(["c"]) })
    #expect(search.watch(.all, for: .seconds(300)) == nil)
    #expect(search.told("watch.started").count == 1)
  }

  @Test func `is still tried at the start if an earlier run saved a room`() throws {
    let sid = try #require(ConferenceSID("c"))
    var room = Room(conference: sid)
    room.lastScanStart = WatchedRun.start - .seconds(60)
    room.lastScanEnd = room.lastScanStart
    for selection in [nil, ConferenceSelection.all] {
      var settings = WatchSettings(interval: .seconds(2))
      settings.saved = [sid: room]
      let run = WatchedRun(
        settings, token: { $0 >= 200_000 ? "new" : "old" },
        fault: { $0.token != Self.new ? FakeSpace.reply(401) : nil }, conferences: { _ in Self.conferences(["c"]) })
      if let selection {
        #expect(run.watch(selection, for: .seconds(300)) == nil)
      } else {
        #expect(run.watch(["c"], for: .seconds(300)) == [:])
      }
      #expect(run.told("participant.joined").count == 1)
    }
  }

  @Test func `is reloaded and tried after a second, without an event`() {
    let run = WatchedRun(token: { $0 >= 9000 ? "new" : "old" }, fault: Self.refusesOld) { _ in
      Self.conferences(["c"])
    }
    _ = run.watch(["c"], for: .seconds(15))
    #expect(run.polls(of: "c") == [0, 2000, 4000, 6000, 8000, 10_000, 11_000, 12_000, 14_000])
    #expect(
      run.space.questions.map(\.token) == Array(repeating: Self.old, count: 6) + Array(repeating: Self.new, count: 3))
    #expect(run.types == ["participant.present", "watch.started"])
  }

  @Test func `interrupts every conference after the second refusal, and costs few requests until it works`() throws {
    let sids = (0..<5).map { "c\($0)" }
    let run = WatchedRun(
      token: { $0 >= 200_000 ? "new" : "old" }, fault: Self.refusesOld, conferences: { _ in Self.conferences(sids) })
    _ = run.watch(sids, for: .seconds(300))
    let first = try #require(run.space.questions.first { $0.at >= 9000 }).at
    let interrupted = run.told("watch.interrupted")
    #expect(interrupted.count == 5)
    #expect(Set(interrupted.compactMap(\.draft.conference?.text)) == Set(sids))
    for told in interrupted {
      #expect((first + 1000...first + 3100).contains(told.at))
      #expect(told.draft.watch == .interrupted(reason: .unauthorised, error: "the provider refused the token"))
    }
    let refused = run.space.questions.filter { $0.at >= 9000 && $0.token == Self.old }.map(\.at)
    try #require(refused.count == 6)
    for (moment, expected) in zip(refused, [0, 1000, 6000, 21_000, 81_000, 141_000]) {
      #expect((expected...expected + 100).contains(moment - first))
    }
    let resumed = run.told("watch.resumed")
    #expect(Set(resumed.compactMap(\.draft.conference?.text)) == Set(sids))
    for told in resumed {
      #expect(told.at >= first + 201_000 && told.at <= first + 203_000)
      guard case .resumed(_, _, .unauthorised, _) = told.draft.watch else {
        Issue.record("expected the reason unauthorised, got \(told.draft)")
        return
      }
    }
  }

  @Test func `that is reloaded on request is tried at once`() throws {
    let run = WatchedRun(
      token: { $0 >= 20_000 ? "new" : "old" }, fault: Self.refusesOld, conferences: { _ in Self.conferences(["c"]) })
    run.run(for: .seconds(40)) { run in
      await withTaskGroup(of: Void.self) { group in
        group.addTask { _ = await run.watch.run([ConferenceSID("c")].compactMap(\.self)) }
        group.addTask {
          try? await run.loop.sleep(for: .seconds(18))
          await run.watch.renewToken()
          try? await run.loop.sleep(for: .seconds(7))
          await run.watch.renewToken()
        }
      }
    }
    #expect(run.told("watch.interrupted").map(\.at) == [11_000])
    #expect(run.told("watch.resumed").map(\.at) == [25_000])
    #expect(run.polls(of: "c").filter { $0 > 25_000 }.first == 26_000)
  }

  @Test func `whose file has changed is reloaded and tried within a second`() {
    let run = WatchedRun(
      token: { $0 >= 24_500 ? "new" : "old" }, tokenChanges: [24_500], fault: Self.refusesOld,
      conferences: { _ in Self.conferences(["c"]) })
    _ = run.watch(["c"], for: .seconds(40))
    #expect(run.told("watch.resumed").map(\.at) == [25_000])
    // A changed token is also reloaded before the old one is refused.
    let early = WatchedRun(
      token: { $0 >= 4500 ? "new" : "old" }, tokenChanges: [4500], fault: Self.refusesOld,
      conferences: { _ in Self.conferences(["c"]) })
    _ = early.watch(["c"], for: .seconds(19))
    #expect(early.space.questions.allSatisfy { $0.at < 5000 || $0.token == Self.new })
    #expect(early.polls(of: "c") == Array(stride(from: 0, to: 20_000, by: 2000)))
  }

  @Test(arguments: [401, 403])
  func `for one conference does not affect the others`(_ status: Int) throws {
    let sids = (0..<4).map { "c\($0)" }
    let run = WatchedRun(
      fault: { $0.at >= 9000 && $0.path.hasPrefix("/c1/") ? FakeSpace.reply(status) : nil },
      conferences: { _ in Self.conferences(sids) })
    _ = run.watch(sids, for: .seconds(200))
    #expect(run.told("watch.interrupted").compactMap(\.draft.conference?.text) == ["c1"])
    #expect(run.told("watch.resumed").isEmpty)
    for sid in ["c0", "c2", "c3"] {
      let polls = run.polls(of: sid)
      // A 401 stops all polls for a second, until another conference shows that the token is accepted.
      #expect(zip(polls, polls.dropFirst()).allSatisfy { $1 - $0 <= (status == 401 ? 4000 : 2000) })
      #expect(polls.count >= 98)
    }
    let refused = run.polls(of: "c1").filter { $0 >= 9000 }
    #expect(refused.count <= 7)
  }

  @Test(arguments: [401, 403])
  func `for the list of conferences alone does not affect the conferences`(_ status: Int) {
    let run = WatchedRun(
      fault: { $0.at >= 9000 && $0.path.hasPrefix("?") ? FakeSpace.reply(status) : nil },
      conferences: { _ in Self.conferences(["c0", "c1"]) })
    _ = run.watch(.all, for: .seconds(200))
    #expect(run.told("watch.interrupted").isEmpty)
    for sid in ["c0", "c1"] { #expect(run.polls(of: sid).count >= 98) }
  }

  @Test(arguments: [401, 403])
  func `for confirmations is reported once, and polls continue at their interval`(_ status: Int) {
    let run = WatchedRun(
      fault: { $0.path.hasSuffix("/Participants/a") ? FakeSpace.reply(status) : nil },
      conferences: { now in
        [FakeConference(sid: "c", people: (now < 5000 ? [FakePerson("a")] : []) + [FakePerson("b"), FakePerson("d")])]
      })
    _ = run.watch(["c"], for: .seconds(31))
    #expect(run.polls(of: "c") == Array(stride(from: 0, to: 31_000, by: 2000)))
    #expect(run.told("participant.left").isEmpty && run.told("watch.interrupted").isEmpty)
  }
}
