import RollcallKit
import RollcallTestKit
import Testing

@testable import RollcallCore

@Suite(.timeLimit(.minutes(5)))
struct `Watching by name` {
  private static func conference(_ sid: String, _ name: String = "Sales", _ people: String...) -> FakeConference {
    FakeConference(sid: sid, name: name, people: people.map { FakePerson($0) })
  }

  private static func over(_ sid: String) -> FakeConference {
    FakeConference(sid: sid, name: "Sales", status: "completed")
  }

  private static let waiting = {
    var settings = WatchSettings(interval: .seconds(2), waits: true)
    settings.discoveryInterval = .seconds(2)
    return settings
  }()

  @Test func `begins with the existing conferences and ends with them`() throws {
    let run = WatchedRun { now in
      [
        now < 21_000 ? Self.conference("c", "Sales", "a", "b") : Self.over("c"), Self.conference("d", "Other", "x"),
      ]
    }
    #expect(run.watch(named: "Sales", for: .seconds(100)) == .ended)
    #expect(run.now == 22_000)
    #expect(
      run.types == [
        "conference.present", "participant.present", "participant.present", "watch.started", "participant.left",
        "participant.left", "conference.ended",
      ])
    let started = try #require(run.told.first).draft
    #expect(started.friendlyName == "Sales" && started.occurredAfter == nil && started.participantCount == 0)
    #expect(run.told.last?.draft.friendlyName == "Sales")
    #expect(run.polls(of: "d").isEmpty)
    #expect(
      run.space.questions.prefix(2).map(\.path) == [
        "?PageSize=1000&Status=init&FriendlyName=Sales", "?PageSize=1000&Status=in-progress&FriendlyName=Sales",
      ])
  }

  @Test func `reports a conference that starts while the run waits, from its beginning`() throws {
    let run = WatchedRun(Self.waiting) { now in now < 5000 ? [] : [Self.conference("c", "Sales", "a")] }
    #expect(run.watch(named: "Sales", for: .seconds(20)) == nil)
    #expect(run.types == ["conference.started", "watch.started", "participant.joined"])
    for told in run.told where told.type != "watch.started" {
      #expect(told.draft.occurredAfter == WatchedRun.start + .seconds(4))
      #expect(told.at == 6000)
    }
  }

  @Test(arguments: [(1, 1000), (5, 5000), (60, 60_000)])
  func `discovers at its own interval, whatever that of polls`(_ seconds: Int, _ length: Int) {
    var settings = WatchSettings(interval: .milliseconds(300), waits: true)
    settings.discoveryInterval = .seconds(seconds)
    for selection in [ConferenceSelection.named("Sales"), .all] {
      let run = WatchedRun(settings) { _ in [] }
      _ = run.watch(selection, for: .milliseconds(3 * length + 1))
      #expect(run.looks == [0, length, 2 * length, 3 * length])
    }
    // While a conference with the exact name is watched, the interval is at least 10 s.
    let run = WatchedRun(settings) { _ in [Self.conference("c", "Sales", "a")] }
    _ = run.watch(named: "Sales", for: .seconds(121))
    #expect(run.looks == Array(stride(from: 0, to: 121_000, by: max(length, 10_000))))
  }

  @Test func `watches every conference of the name, and ignores ended ones`() {
    let run = WatchedRun { now in
      let first = now < 30_000 ? Self.conference("c1", "Sales", "a") : Self.over("c1")
      let second = now < 60_000 ? Self.conference("c2", "Sales", "b") : Self.over("c2")
      return now < 15_000 ? [first] : [first, second]
    }
    #expect(run.watch(named: "Sales", for: .seconds(100)) == .ended)
    #expect(run.told("conference.present").compactMap(\.draft.conference?.text) == ["c1"])
    #expect(run.told("conference.started").compactMap(\.draft.conference?.text) == ["c2"])
    #expect(run.told("conference.ended").compactMap(\.draft.conference?.text) == ["c1", "c2"])
    #expect(run.now >= 60_000 && run.now <= 62_000)
    #expect(run.polls(of: "c1").allSatisfy { $0 <= 30_000 })
  }

  @Test func `reports at once that there is no conference`() {
    let run = WatchedRun { _ in [Self.conference("d", "sales", "x")] }
    #expect(run.watch(named: "Sales", for: .seconds(100)) == .unknown)
    #expect(run.now == 0)
    #expect(run.types.isEmpty)
  }

  @Test(arguments: [
    (
      WatchSettings(interval: .seconds(2)), PollOutcome.failed(.unavailable(status: 502, retryAfter: nil)),
      30_000
    ),
    (waiting, nil, 3_600_000),
  ])
  func `tries for 30 seconds without an answer, or longer if the run waits`(
    _ settings: WatchSettings, _ ending: PollOutcome?, _ end: Int
  ) {
    let run = WatchedRun(settings, fault: { _ in FakeSpace.reply(502) }, conferences: { _ in [] })
    #expect(run.watch(named: "Sales", for: .seconds(3600)) == ending)
    #expect(run.now == end)
    #expect(run.space.questions.count > 5)
  }

  @Test func `gives up in time if the origin asks for a longer pause`() {
    let fault: @Sendable (FakeSpace.Question) -> HTTPResponse? = { _ in
      FakeSpace.reply(429, "", ["retry-after": "600"])
    }
    let run = WatchedRun(fault: fault) { _ in [] }
    #expect(run.watch(named: "Sales", for: .seconds(3600)) == .failed(.throttled(retryAfter: .seconds(600))))
    #expect(run.now == 30_000)
    #expect(run.space.questions.count == 1)
  }

  @Test func `scans once and ends`() {
    let settings = WatchSettings(interval: .seconds(2), scansOnce: true)
    let run = WatchedRun(settings) { _ in [Self.conference("c1", "Sales", "a"), Self.conference("c2")] }
    #expect(run.watch(named: "Sales", for: .seconds(100)) == .complete)
    #expect(run.told("watch.started").count == 2)
    #expect(run.now <= 2000)
  }

  /// Watches two conferences, the first of which an earlier run saved in the state file.
  private static func once(
    _ selection: ConferenceSelection, waits: Bool = false, isOver: Bool = false,
    fault: @escaping @Sendable (FakeSpace.Question) -> HTTPResponse? = { _ in nil }
  ) throws -> (WatchedRun, PollOutcome?) {
    let sid = try #require(ConferenceSID("c1"))
    var room = Room(conference: sid, friendlyName: "Sales")
    room.lastScanStart = WatchedRun.start - .seconds(60)
    room.lastScanEnd = room.lastScanStart
    var settings = WatchSettings(interval: .seconds(2), scansOnce: true, waits: waits)
    settings.saved = [sid: room]
    let run = WatchedRun(settings, fault: fault) { _ in
      [isOver ? over("c1") : conference("c1", "Sales", "a"), conference("c2", "Sales", "b")]
    }
    return (run, run.watch(selection, for: .seconds(100)))
  }

  @Test(arguments: [ConferenceSelection.named("Sales"), .matching(Glob("S*")), .all])
  func `scans once what the previous run watched, and what has begun since`(_ selection: ConferenceSelection) throws {
    let (run, ending) = try Self.once(selection)
    #expect(ending == .complete)
    #expect(run.now <= 2000)
    #expect(run.told("participant.joined").compactMap(\.draft.conference?.text) == ["c1"])
    #expect(run.told("participant.present").compactMap(\.draft.conference?.text) == ["c2"])
    #expect(run.polls(of: "c1").count == 1 && run.polls(of: "c2").count == 1)
    // The list of conferences is requested first.
    #expect(run.space.questions.prefix(2).allSatisfy { $0.path.hasPrefix("?") })
    let (ended, end) = try Self.once(selection, isOver: true)
    #expect(end == .complete)
    #expect(ended.told("conference.ended").compactMap(\.draft.conference?.text) == ["c1"])
    #expect(ended.told("participant.present").compactMap(\.draft.conference?.text) == ["c2"])
  }

  @Test(arguments: [false, true])
  func `scans nothing without a list, however long it is waited for`(_ waits: Bool) throws {
    let (run, ending) = try Self.once(.all, waits: waits) { $0.path.hasPrefix("?") ? FakeSpace.reply(502) : nil }
    #expect(ending == .failed(.unavailable(status: 502, retryAfter: nil)))
    #expect((30_000...30_100).contains(run.now))
    #expect(run.types.isEmpty)
    #expect(run.polls(of: "c1").isEmpty)
  }

  @Test func `keeps each complete scan even if another conference is never scanned, and ends in time`() throws {
    let (run, ending) = try Self.once(.all) { question in
      question.path.hasPrefix("?") && question.at < 3000 || question.path.hasPrefix("/c1/") ? FakeSpace.reply(503) : nil
    }
    #expect(ending == .failed(.unavailable(status: 503, retryAfter: nil)))
    #expect((30_000...30_100).contains(run.now))
    #expect(run.told("participant.present").compactMap(\.draft.conference?.text) == ["c2"])
    #expect(run.polls(of: "c2").count == 1)
  }

  @Test func `a refused token costs few requests by polls and discovery together`() throws {
    let run = WatchedRun(
      token: { $0 > 200_000 ? "new" : "old" },
      fault: { $0.at > 9000 && $0.token != "Basic cDpuZXc=" ? FakeSpace.reply(401) : nil },
      conferences: { _ in [Self.conference("c", "Sales", "a")] })
    #expect(run.watch(named: "Sales", for: .seconds(300)) == nil)
    let first = try #require(run.space.questions.first { $0.at > 9000 }).at
    let refused = run.space.questions.filter { $0.at >= first && $0.at < first + 201_000 }.map { $0.at - first }
    // At the first tick, a poll and discovery may send requests concurrently.
    #expect(refused.count { $0 == 0 } <= 2)
    // Polls or discovery, if not refused at that tick, may be refused while the other retries, 2 s later.
    #expect(refused.filter { $0 > 0 && $0 != 2000 } == [1000, 6000, 21_000, 81_000, 141_000])
    let interrupted = run.told("watch.interrupted").map { $0.at - first }
    #expect(interrupted.allSatisfy { (1000...3100).contains($0) }, "\(interrupted)")
    #expect(run.told("watch.interrupted").count == 1 && run.told("watch.resumed").count == 1)
  }

  @Test func `all conferences are watched as they start, and the run continues without any`() {
    let run = WatchedRun { now in
      now < 10_000
        ? []
        : now < 20_000
          ? [Self.conference("c", "A", "a"), Self.conference("d", "B", "b")] : [Self.over("c"), Self.over("d")]
    }
    #expect(run.watch(.all, for: .seconds(99)) == nil)
    #expect(run.told("conference.started").count == 2)
    #expect(run.told("participant.joined").count == 2)
    #expect(run.told("conference.ended").count == 2)
    #expect(run.looks == Array(stride(from: 0, to: 99_000, by: 5000)))
    #expect(run.space.questions.count { $0.path == "?PageSize=1000&Status=init" } == run.looks.count)
  }

  @Test func `a restart reports conferences that began since the last answer from their beginning`() throws {
    var settings = WatchSettings(interval: .seconds(2))
    settings.saved = [:]
    let asked = WatchedRun.start - .seconds(300)
    settings.discoveries = [
      "all": SavedDiscovery(question: "all", askedAt: asked, unscanned: [try #require(ConferenceSID("c")): nil])
    ]
    let conferences = [Self.conference("c", "A", "a"), Self.conference("d", "B", "b")]
    let run = WatchedRun(settings) { _ in conferences }
    #expect(run.watch(.all, for: .seconds(9)) == nil)
    func types(_ sid: String) -> [String] { run.told.filter { $0.draft.conference?.text == sid }.map(\.type) }
    #expect(types("c") == ["conference.present", "participant.present", "watch.started"])
    #expect(types("d") == ["conference.started", "watch.started", "participant.joined"])
    let later = run.told.filter { $0.draft.conference?.text == "d" && $0.type != "watch.started" }
    #expect(later.allSatisfy { $0.draft.occurredAfter == asked })
    // The answer to another question does not apply.
    let other = WatchedRun(settings) { _ in conferences }
    #expect(other.watch(.matching(Glob("*")), for: .seconds(9)) == nil)
    #expect(other.told("conference.present").count == 2)
  }

  @Test func `the last discovery answer is saved at once, then every ten seconds, and at the end`() throws {
    var settings = WatchSettings(interval: .seconds(2))
    (settings.saved, settings.discoveryInterval) = ([:], .seconds(1))
    let run = WatchedRun(
      settings, fault: { $0.path.hasPrefix("/bad/") ? FakeSpace.reply(503) : nil }
    ) { now in
      [Self.conference("c", "A", "a")] + (now >= 4000 ? [Self.conference("bad", "B", "b")] : [])
    }
    #expect(run.watch(.all, for: .milliseconds(25_500)) == nil)
    let saved = run.discoveries
    #expect(saved.map(\.answer.question) == Array(repeating: "all", count: saved.count))
    #expect(saved.map { ($0.answer.askedAt - WatchedRun.start).wholeMilliseconds } == [0, 10_000, 20_000, 25_000])
    let bad = try #require(ConferenceSID("bad"))
    #expect(saved.map(\.answer.unscanned) == [[:]] + Array(repeating: [bad: WatchedRun.start + .seconds(3)], count: 3))
    // Without state, nothing would read the answer.
    let other = WatchedRun { _ in [] }
    _ = other.watch(.all, for: .seconds(30))
    #expect(other.discoveries.isEmpty)
  }

  @Test func `a participant who waits alone is found, although the conference is not in progress`() {
    let run = WatchedRun { now in
      [FakeConference(sid: "c", name: "A", people: [FakePerson("a")], status: now < 7000 ? "init" : "in-progress")]
    }
    #expect(run.watch(.matching(Glob("?")), for: .seconds(20)) == nil)
    #expect(run.types == ["conference.present", "participant.present", "watch.started"])
  }

  @Test(arguments: 1...3) func `processes that share an account watch every conference exactly once`(count: Int) {
    let sids = (0..<30).map { "c\($0)" }
    var watched: [String] = []
    for index in 0..<count {
      var settings = WatchSettings(interval: .seconds(2))
      settings.shard = Shard(index, of: count)
      let run = WatchedRun(settings) { _ in sids.map { Self.conference($0, $0, "a") } }
      #expect(run.watch(.all, for: .seconds(9)) == nil)
      watched += run.told("conference.present").compactMap { $0.draft.conference?.text }
    }
    #expect(watched.sorted() == sids.sorted())
  }
}
