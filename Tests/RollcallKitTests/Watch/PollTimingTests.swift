import RollcallCore
import RollcallKit
import RollcallTestKit
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5)))
struct `The times of polls` {
  private static func conferences(_ sids: [String]) -> [FakeConference] {
    sids.map { FakeConference(sid: $0, people: [FakePerson("a")]) }
  }

  @Test func `a conference is polled at every tick, and one alone at once`() {
    let run = WatchedRun { _ in Self.conferences(["c"]) }
    #expect(run.watch(["c"], for: .seconds(9)) == [:])
    #expect(run.polls(of: "c") == [0, 2000, 4000, 6000, 8000])
    #expect(run.types == ["participant.present", "watch.started"])
  }

  @Test(arguments: [Duration.milliseconds(500), .seconds(2), .seconds(60)])
  func `several conferences are spread over the interval, and begin soon`(_ interval: Duration) throws {
    let sids = (0..<50).map { "c\($0)" }
    var settings = WatchSettings(interval: interval)
    settings.requestsPerSecond = 1000
    let run = WatchedRun(settings) { _ in Self.conferences(sids) }
    _ = run.watch(sids, for: interval * 3)
    let length = Int(interval / .milliseconds(1))
    var offsets: [Int] = []
    for sid in sids {
      let polls = run.polls(of: sid)
      try #require(polls.count >= 3)
      #expect(polls[0] <= min(length, 2000))
      #expect(polls[1] - polls[0] <= length)
      #expect(polls[2] - polls[1] == length)
      offsets.append(polls[2] % length)
    }
    offsets.sort()
    let gaps = zip(offsets, offsets.dropFirst()).map { $1 - $0 }
    #expect(gaps.allSatisfy { $0 <= length / 50 * 2 + 1 })
    #expect(gaps.allSatisfy { $0 >= length / 50 / 3 })
  }

  @Test func `the time limit of the start does not run during a pause, in which the run stays idle`() {
    let time = Mutex<SimulatedTime?>(nil)
    let asked = Atomic(0)
    var settings = WatchSettings(interval: .seconds(2))
    settings.pauseReason = {
      asked.add(1, ordering: .relaxed)
      let now = time.withLock { $0?.now } ?? BootInstant(nanoseconds: 0)
      return now < BootInstant(nanoseconds: 45_000_000_000) ? .diskFull : nil
    }
    let run = WatchedRun(settings) { _ in Self.conferences(["c"]) }
    time.withLock { $0 = run.time }
    #expect(run.watch(["c"], for: .seconds(51)) == [:])
    #expect(run.polls(of: "c") == [46_000, 48_000, 50_000])
    // The reason is read before each poll, and once per second by housekeeping.
    #expect(asked.load(ordering: .relaxed) < 200)
  }

  @Test(arguments: [true, false]) func `a failure in a redacted stream names no participant`(isRedacted: Bool) {
    let texts = Mutex<[String]>([])
    var settings = WatchSettings(interval: .seconds(2))
    settings.redaction = isRedacted ? Redaction([.callSID], key: Array("a key of sixteen".utf8)) : nil
    settings.show = { notice in
      if case .origin(.failing(_, let failure), _) = notice { texts.withLock { $0.append(failure.text) } }
    }
    let asked = Atomic(0)
    let named = "call 4fd49ed5-bc5d-49a3-9622-9eb90c246ead of +44 20 7946 0958 failed"
    let body = #"{"code":20500,"message":"\#(named)"}"#
    let run = WatchedRun(
      settings,
      fault: { _ in
        asked.add(1, ordering: .relaxed).newValue > 1
          ? HTTPResponse(status: 500, headers: [:], body: .bytes(PaddedBytes(Array(body.utf8)))) : nil
      }
    ) { _ in Self.conferences(["c"]) }
    _ = run.watch(["c"], for: .seconds(5))
    let text = texts.withLock { $0.first }
    #expect(text == "the provider answered 500: 20500 \(isRedacted ? "call … of … failed" : named)")
  }

  @Test(arguments: [(500, false, 30), (500, true, 60), (403, true, nil)] as [(Int, Bool, Int?)])
  func `a failure at the start tells how long it is retried, a later one does not`(
    status: Int, waits: Bool, seconds: Int?
  ) {
    let timesLeft = Mutex<[Duration?]>([])
    var settings = WatchSettings(interval: .seconds(2), waits: waits)
    settings.show = { notice in
      if case .origin(.failing, let timeLeft) = notice { timesLeft.withLock { $0.append(timeLeft) } }
    }
    let run = WatchedRun(
      settings, fault: { $0.at < 500 || (20_000..<23_000).contains($0.at) ? FakeSpace.reply(status) : nil }
    ) { _ in Self.conferences(["c"]) }
    _ = run.watch(["c"], for: .seconds(30))
    #expect(timesLeft.withLock { $0 } == [seconds.map(Duration.seconds), nil])
  }

  @Test(arguments: [401, 403]) func `a start that waits goes on trying after refusals`(status: Int) {
    let settings = WatchSettings(interval: .seconds(2), waits: true)
    let run = WatchedRun(settings, fault: { $0.at < 400_000 ? FakeSpace.reply(status) : nil }) { _ in
      Self.conferences(["c"])
    }
    let outcomes = run.watch(["c"], for: .seconds(600))
    let refused = run.polls(of: "c").filter { $0 < 400_000 }
    #expect(refused == [0, 1000, 6000, 21_000] + (0..<6).map { 81_000 + $0 * 60_000 })
    #expect(outcomes["c"] == nil && run.polls(of: "c").contains { $0 > 590_000 })
  }

  @Test func `a start that is refused once and then fails ends with what failed last`() {
    let run = WatchedRun(fault: { FakeSpace.reply($0.at < 500 ? 401 : 500) }) { _ in Self.conferences(["c"]) }
    let outcomes = run.watch(["c"], for: .seconds(600))
    #expect(outcomes["c"] == .failed(ScanFailure(.unavailable(status: 500, retryAfter: nil))))
  }

  @Test func `a start that the budget makes wait does not tell how long it is retried`() {
    let timesLeft = Mutex<[Duration?]>([])
    var settings = WatchSettings(interval: .seconds(2))
    settings.requestsPerSecond = 1
    settings.show = { notice in
      if case .origin(.failing, let timeLeft) = notice { timesLeft.withLock { $0.append(timeLeft) } }
    }
    let sids = (0..<20).map { "c\($0)" }
    let run = WatchedRun(settings, fault: { $0.at < 5000 ? FakeSpace.reply(500) : nil }) { _ in Self.conferences(sids) }
    _ = run.watch(sids, for: .seconds(30))
    #expect(timesLeft.withLock { $0 } == [nil])
  }

  @Test(arguments: [400, 405]) func `a start with a permanent failure ends after one request`(status: Int) {
    let run = WatchedRun(fault: { _ in FakeSpace.reply(status) }) { _ in Self.conferences(["c"]) }
    let outcomes = run.watch(["c"], for: .seconds(60))
    #expect(run.polls(of: "c") == [0] && run.now < 1000)
    #expect(outcomes["c"] == .failed(ScanFailure(.unavailable(status: status, retryAfter: nil))))
  }

  @Test func `after a failure the back-off decides, after a success the ticks do again`() throws {
    let run = WatchedRun(fault: { $0.at > 1000 && $0.at < 7000 ? FakeSpace.reply(503) : nil }) { _ in
      Self.conferences(["c"])
    }
    _ = run.watch(["c"], for: .seconds(40))
    let polls = run.polls(of: "c")
    let waits = zip(polls, polls.dropFirst()).map { $1 - $0 }
    let failed = polls.firstIndex { $0 > 7000 }.map { $0 - 1 } ?? 0
    try #require(failed >= 1)
    for number in 1...failed {
      let wait = waits[number]
      #expect(wait >= 1000 && wait <= max(1000, 500 << (number - 1)))
    }
    #expect(polls.dropFirst(failed + 2).allSatisfy { $0 % 2000 == 0 })
    #expect(polls.last == 38000 || polls.last == 40000)
  }

  @Test(arguments: [(429, "5", 5000), (503, "90", 90_000), (429, "86400", 900_000)])
  func `a Retry-After pauses every conference of the origin`(_ status: Int, _ value: String, _ pause: Int) {
    let sids = (0..<10).map { "c\($0)" }
    let run = WatchedRun(
      fault: { question in
        question.at >= 10_000 && question.at < 10_000 + pause
          ? FakeSpace.reply(status, "", ["retry-after": value]) : nil
      }, conferences: { _ in Self.conferences(sids) })
    _ = run.watch(sids, for: .milliseconds(10_000 + pause + 6000))
    let paused = run.space.questions.filter { $0.at >= 10_000 && $0.at < 10_000 + pause }
    #expect(paused.count == 1)
    // After a 429, the origin gets half of the five requests per second that it got before.
    let round = status == 429 ? 4000 : 2000
    for sid in sids {
      let next = run.polls(of: sid).first { $0 >= 10_000 + pause } ?? .max
      #expect(next < 10_000 + pause + round + 1000)
    }
    let reason: OutageReason = status == 429 ? .throttled : .pollFailed
    let interrupted = run.told("watch.interrupted")
    #expect(interrupted.count == (pause < 10_000 ? 0 : 10))
    for told in interrupted {
      guard case .interrupted(reason, _) = told.draft.watch else {
        Issue.record("expected the reason \(reason), got \(told.draft)")
        return
      }
    }
  }

  @Test func `an unreachable origin is tried for 30 seconds at the start`() throws {
    let run = WatchedRun(fault: { _ in FakeSpace.reply(503) }) { _ in [] }
    #expect(run.watch(["c"], for: .seconds(600)) == ["c": .failed(.unavailable(status: 503, retryAfter: nil))])
    // The loop's timers end the start, and each of them is a little late.
    #expect((30_000...30_100).contains(run.now))
    #expect(run.types.isEmpty)
    #expect(try #require(run.polls(of: "c").last) < 30_100)
  }

  @Test func `a long Retry-After does not delay the end of the start`() {
    let run = WatchedRun(fault: { _ in FakeSpace.reply(429, "", ["retry-after": "800"]) }) { _ in [] }
    #expect(run.watch(["c"], for: .seconds(600)) == ["c": .failed(.throttled(retryAfter: .seconds(800)))])
    #expect(run.now == 30_000)
  }

  @Test(arguments: [(false, 0), (true, 60_000)])
  func `an unknown sid is waited for as long as the provider's lists may lag`(_ waits: Bool, _ end: Int) {
    let run = WatchedRun(WatchSettings(interval: .seconds(2), waits: waits)) { _ in [] }
    #expect(run.watch(["c"], for: .seconds(600)) == ["c": .unknown])
    #expect(run.now == end)
  }

  @Test func `a sid that appears while the run waits is watched`() {
    let run = WatchedRun(WatchSettings(interval: .seconds(2), waits: true)) { now in
      now < 7000 ? [] : Self.conferences(["c"])
    }
    #expect(run.watch(["c"], for: .seconds(100)) == [:])
    #expect(run.types == ["participant.present", "watch.started"])
    #expect(run.told.first?.at == 8000)
  }

  @Test(arguments: [14, 20, 40])
  func `a pending reply does not delay the end of the start`(_ seconds: Int) {
    let failure: ScanFailure? = seconds < 30 ? .unavailable(status: 503, retryAfter: nil) : nil
    let run = WatchedRun(
      delay: { _ in .seconds(seconds) }, fault: { _ in FakeSpace.reply(503) }, conferences: { _ in [] })
    #expect(
      run.watch(["c"], for: .seconds(600))
        == ["c": .failed(failure ?? .unreachable(reason: "no complete scan in time"))])
    #expect(run.now == 30_000)
    let search = WatchedRun(
      delay: { _ in .seconds(seconds) }, fault: { _ in FakeSpace.reply(503) }, conferences: { _ in [] })
    #expect(
      search.watch(named: "Sales", for: .seconds(600))
        == .failed(failure ?? .unreachable(reason: "no complete list in time")))
    #expect(search.now == 30_000)
    #expect(search.space.questions.count == run.space.questions.count)
  }

  @Test func `ticks that pass during a poll are skipped`() {
    let run = WatchedRun(delay: { $0.at == 4000 ? .seconds(7) : .milliseconds(50) }) { _ in
      Self.conferences(["c"])
    }
    _ = run.watch(["c"], for: .milliseconds(15_500))
    #expect(run.polls(of: "c") == [0, 2000, 4000, 12_000, 14_000])
  }

  @Test func `a Retry-After on a look-up of one participant pauses every conference too`() {
    let run = WatchedRun(
      fault: { $0.path.hasSuffix("/Participants/a") ? FakeSpace.reply(429, "", ["retry-after": "30"]) : nil },
      conferences: { now in
        [FakeConference(sid: "c", people: (now < 5000 ? [FakePerson("a")] : []) + [FakePerson("b"), FakePerson("d")])]
          + Self.conferences(["e"])
      })
    _ = run.watch(["c", "e"], for: .seconds(34))
    let paused = run.space.questions.filter { $0.at > 6000 }.map(\.path)
    #expect(paused.isEmpty)
    #expect(run.told("participant.left").isEmpty)
  }

  @Test func `a room that has been empty for a minute is polled every ten seconds until somebody joins`() throws {
    let run = WatchedRun { now in
      [FakeConference(sid: "c", people: now < 100_000 ? [] : [FakePerson("a")])]
    }
    _ = run.watch(["c"], for: .seconds(121))
    let polls = run.polls(of: "c")
    #expect(polls.prefix(31) == Array(stride(from: 0, through: 60_000, by: 2000))[...])
    #expect(polls.filter { $0 > 60_000 && $0 <= 100_000 } == [70_000, 80_000, 90_000, 100_000])
    #expect(polls.filter { $0 > 100_000 }.prefix(2) == [102_000, 104_000])
    #expect(run.told("participant.joined").map(\.at) == [100_000])
    #expect(run.told("watch.interrupted").isEmpty && run.told("watch.resumed").isEmpty)
  }

  @Test func `an outage of an empty room counts from three of its intervals`() {
    let run = WatchedRun(fault: { $0.at > 75_000 ? FakeSpace.reply(500) : nil }) { _ in
      [FakeConference(sid: "c", people: [])]
    }
    _ = run.watch(["c"], for: .seconds(150))
    let interrupted = run.told("watch.interrupted").map(\.at)
    #expect(interrupted.count == 1 && interrupted.allSatisfy { (100_000...101_100).contains($0) })
  }

  @Test(arguments: [400, 405], [false, true])
  func `a permanent failure ends the start at once`(_ status: Int, _ waits: Bool) {
    let failure = ScanFailure.unavailable(status: status, retryAfter: nil)
    let settings = WatchSettings(interval: .seconds(2), waits: waits)
    let run = WatchedRun(settings, fault: { _ in FakeSpace.reply(status) }) { _ in [] }
    #expect(run.watch(["c"], for: .seconds(600)) == ["c": .failed(failure)])
    let search = WatchedRun(settings, fault: { _ in FakeSpace.reply(status) }) { _ in [] }
    #expect(search.watch(.all, for: .seconds(600)) == .failed(failure))
    #expect(run.space.questions.count == 1 && search.space.questions.count == 1)
    #expect(run.now < 1000 && search.now < 1000)
  }

  @Test(arguments: [400, 405])
  func `a later permanent failure is retried once a minute`(_ status: Int) {
    let run = WatchedRun(fault: { $0.at > 5000 ? FakeSpace.reply(status) : nil }) { _ in Self.conferences(["c"]) }
    #expect(run.watch(["c"], for: .seconds(200)) == [:])
    #expect(run.polls(of: "c").filter { $0 > 5000 } == [6000, 66_000, 126_000, 186_000])
    #expect(run.told("watch.interrupted").count == 1)
  }

  @Test func `an ended conference is reported as soon as it is found, and the others are watched`() throws {
    let notices = Mutex<[PollNotice]>([])
    var settings = WatchSettings(interval: .seconds(2))
    settings.show = { notice in notices.withLock { $0.append(notice) } }
    let over = try #require(ConferenceSID("over"))
    let run = WatchedRun(settings) { _ in
      Self.conferences(["c"]) + [FakeConference(sid: "over", people: [], status: "completed")]
    }
    #expect(run.watch(["c", "over"], for: .seconds(10)) == ["over": .over])
    #expect(notices.withLock { $0 } == [.over(over, othersGoOn: true)])
    #expect(run.types == ["participant.present", "watch.started"])
    let alone = WatchedRun(settings) { _ in [FakeConference(sid: "over", people: [], status: "completed")] }
    #expect(alone.watch(["over"], for: .seconds(10)) == ["over": .over])
    #expect(notices.withLock { $0.last } == .over(over, othersGoOn: false))
  }
}
