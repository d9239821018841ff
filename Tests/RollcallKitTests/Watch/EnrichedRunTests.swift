import RollcallCore
import RollcallTestKit
import Synchronization
import Testing

@testable import RollcallKit

/// A run that looks up the call of every participant.
@Suite(.timeLimit(.minutes(5))) struct `A run with calls` {
  private static var settings: WatchSettings {
    var settings = WatchSettings(interval: .seconds(2))
    settings.asksForCalls = { true }
    return settings
  }

  private static func room(_ people: String...) -> [FakeConference] {
    [FakeConference(sid: "c", people: people.map { FakePerson($0) })]
  }

  /// Returns a room in which `b` joins at 3 s, is muted at 5 s and leaves at 9 s, and `a` is put on hold at 7 s.
  private static func life(_ now: Int) -> [FakeConference] {
    var (a, b) = (FakePerson("a"), FakePerson("b"))
    a.hold = now > 7000
    a.updated = now > 7000 ? 7 : 0
    b.muted = now > 5000
    b.updated = now > 5000 ? 5 : 0
    return [FakeConference(sid: "c", people: now > 3000 && now < 9000 ? [a, b] : [a])]
  }

  private static func details(_ call: String) -> CallDetails {
    CallDetails(from: "from-\(call)", to: "+15550199", direction: "inbound")
  }

  private static func line(_ run: WatchedRun, _ type: String) -> [String] {
    run.told(type).map { "\($0.at) \($0.draft.call?.text ?? "-") \($0.draft.callDetails?.from ?? "-")" }
  }

  @Test func `looks up each call once, and adds its details to all events`() {
    let run = WatchedRun(Self.settings, conferences: Self.life)
    _ = run.watch(["c"], for: .seconds(15))
    #expect(run.calls.map { "\($0.at) \($0.call)" } == ["0 a", "4000 b"])
    #expect(
      run.types == [
        "participant.present", "watch.started", "participant.joined", "participant.muted", "participant.held",
        "participant.left",
      ])
    for told in run.told {
      #expect(told.draft.callDetails == told.draft.call.map { Self.details($0.text) })
    }
  }

  @Test func `looks up nothing unless requested`() {
    let run = WatchedRun(conferences: Self.life)
    _ = run.watch(["c"], for: .seconds(15))
    #expect(run.calls.isEmpty)
    #expect(run.told.allSatisfy { $0.draft.callDetails == nil })
  }

  @Test func `looks up all calls once it is turned on, including those already in the room`() {
    let isOn = Mutex(false)
    var settings = Self.settings
    settings.asksForCalls = { isOn.withLock { $0 } }
    let run = WatchedRun(
      settings,
      fault: { request in
        if request.at >= 3000 { isOn.withLock { $0 = true } }
        return nil
      }, conferences: Self.life)
    _ = run.watch(["c"], for: .seconds(15))
    #expect(Set(run.calls.map(\.call)) == ["a", "b"] && run.calls.count == 2)
    #expect(Self.line(run, "participant.present") == ["0 a -"])
    #expect(Self.line(run, "participant.held") == ["8000 a from-a"])
  }

  @Test(arguments: [500, 1900])
  func `makes the events of a poll wait for answers, in order and with their own times`(_ delay: Int) {
    let run = WatchedRun(
      Self.settings, delay: { $0.path.hasPrefix("Calls/") ? .milliseconds(delay) : .zero }, conferences: Self.life)
    _ = run.watch(["c"], for: .seconds(15))
    #expect(Self.line(run, "participant.present") == ["\(delay) a from-a"])
    #expect(Self.line(run, "participant.joined") == ["\(4000 + delay) b from-b"])
    #expect(run.told("participant.joined").first?.draft.timestamp == WatchedRun.start + .seconds(4))
    #expect(Self.line(run, "participant.muted") == ["6000 b from-b"])
    #expect(run.polls(of: "c") == [0, 2000, 4000, 6000, 8000, 10_000, 12_000, 14_000])
  }

  @Test func `waits at most two seconds, and looks up again while people are in the room`() {
    // A slow first look-up is cut off, and counts as an attempt.
    let run = WatchedRun(
      Self.settings, delay: { $0.path.hasPrefix("Calls/") && $0.at < 5000 ? .seconds(9) : .zero },
      conferences: Self.life)
    _ = run.watch(["c"], for: .seconds(15))
    #expect(Self.line(run, "participant.present") == ["2000 a -"])
    #expect(Self.line(run, "participant.joined") == ["6000 b -"])
    #expect(Self.line(run, "participant.muted").map { $0.suffix(8) } == ["b from-b"])
    #expect(run.calls.filter { $0.call == "a" }.count <= CallBook.maximumTries)
    #expect(Self.line(run, "participant.left").map { $0.suffix(8) } == ["b from-b"])
  }

  @Test(arguments: [500, 429, 403])
  func `looks up three times without an answer, and reports a refusal once`(_ status: Int) {
    let notices = Mutex<[PollNotice]>([])
    var settings = Self.settings
    settings.show = { notice in notices.withLock { $0.append(notice) } }
    let run = WatchedRun(
      settings, fault: { $0.path.hasPrefix("Calls/") ? FakeSpace.reply(status) : nil },
      conferences: { _ in Self.room("a") })
    _ = run.watch(["c"], for: .seconds(15))
    // While the origin throttles, requests are reserved for polls.
    #expect(run.calls.map(\.at) == (status == 429 ? [0] : [0, 2000, 4000]))
    #expect(run.types == ["participant.present", "watch.started"])
    #expect(run.told.allSatisfy { $0.draft.callDetails == nil })
    #expect(notices.withLock { $0 } == (status == 403 ? [.callsRefused] : []))
  }

  @Test(arguments: [
    (404, #"{"code":20404}"#, 1), (404, "<html>", 3), (200, "{}", 3), (200, #"{"sid":"b","from":"x"}"#, 3),
    (200, #"[{"sid":"a"}]"#, 3), (200, #"{"sid":"a","from":1}"#, 1), (200, #"{"sid":"a"} {}"#, 3),
    (200, #"{"sid":"a","from":"\#(String(repeating: "x", count: 70_000))"}"#, 1),
  ])
  func `treats the first conclusive reply as final`(_ status: Int, _ body: String, _ count: Int) {
    let run = WatchedRun(
      Self.settings, fault: { $0.path.hasPrefix("Calls/") ? FakeSpace.reply(status, body) : nil },
      conferences: { _ in Self.room("a") })
    _ = run.watch(["c"], for: .seconds(15))
    #expect(run.calls.count == count)
  }

  @Test func `looks up again the call of a participant who left and joins again`() {
    let run = WatchedRun(Self.settings) { now in
      let people =
        [FakePerson("b")] + (now < 3000 ? [FakePerson("a")] : now < 7000 ? [] : [FakePerson("a", created: 7)])
      return [FakeConference(sid: "c", people: people)]
    }
    _ = run.watch(["c"], for: .seconds(15))
    #expect(run.calls.map { "\($0.at) \($0.call)" } == ["0 a", "0 b", "8000 a"])
    #expect(Self.line(run, "participant.joined") == ["8000 a from-a"])
  }

  @Test func `looks up eight calls at a time, in turn, and delays no poll for long`() throws {
    let people = (100..<500).map { FakePerson("p\($0)") }
    let run = WatchedRun(
      Self.settings, delay: { $0.path.hasPrefix("Calls/") ? .milliseconds(30) : .zero },
      conferences: { _ in [FakeConference(sid: "c", people: people)] })
    _ = run.watch(["c"], for: .seconds(30))
    let calls = run.calls
    #expect(calls.count == 400 && Set(calls.map(\.call)).count == 400)
    for moment in stride(from: 0, to: 30_000, by: 30) {
      #expect(calls.count { $0.at >= moment && $0.at < moment + 30 } <= ConferenceTracker.maximumConfirmationsInFlight)
    }
    for second in 0..<30 {
      // The budget, plus the requests that may come early.
      #expect(run.space.questions.count { $0.at / 1000 == second } <= RequestBudget.standard + 6)
    }
    let polls = run.polls(of: "c")
    #expect(zip(polls, polls.dropFirst()).allSatisfy { $1 - $0 <= 4000 })
    #expect(run.told("watch.interrupted").isEmpty)
    #expect(run.told("participant.present").allSatisfy { $0.at == run.told[0].at })
    let known = run.told("participant.present").count { $0.draft.callDetails != nil }
    #expect((70...85).contains(known))
  }

  @Test func `keeps polls of many rooms in time, and looks up all calls after a while`() {
    let sids = (0..<20).map { "c\($0)" }
    let people = { (sid: String) in (0..<10).map { FakePerson("\(sid)-\($0)") } }
    let conferences = sids.map { FakeConference(sid: $0, people: people($0)) }
    for requests in [5, 200] {
      var settings = Self.settings
      settings.requestsPerSecond = requests
      let run = WatchedRun(
        settings, delay: { _ in .milliseconds(20) }, conferences: { _ in conferences })
      _ = run.watch(sids, for: .seconds(150))
      #expect(run.told("watch.interrupted").isEmpty)
      #expect(run.told("participant.present").count == 200)
      #expect(Set(run.calls.map(\.call)).count == 200 && run.calls.count == 200, "\(requests)")
    }
  }

  @Test func `looks up nothing more once the origin asks for a pause`() {
    let people = (0..<50).map { FakePerson("p\($0)") }
    let run = WatchedRun(
      Self.settings, delay: { $0.path.hasPrefix("Calls/") ? .milliseconds(10) : .zero },
      fault: { question in
        question.path.hasPrefix("Calls/") && question.at < 1000
          ? FakeSpace.reply(429, "", ["retry-after": "9"]) : nil
      }, conferences: { _ in [FakeConference(sid: "c", people: people)] })
    _ = run.watch(["c"], for: .seconds(90))
    #expect(run.calls.count { $0.at < 9000 } <= ConferenceTracker.maximumConfirmationsInFlight)
    #expect(run.space.questions.count { $0.at > 100 && $0.at < 9000 } == 0)
    #expect(Set(run.calls.map(\.call)).count == 50)
    #expect(run.told("participant.present").count == 50)
  }

  @Test(arguments: [5, 1000, 1995])
  func `loses and delays nothing if the run is stopped meanwhile`(_ moment: Int) {
    let run = WatchedRun(
      Self.settings, delay: { $0.path == "Calls/b" ? .seconds(9) : .zero }, conferences: { _ in Self.room("a", "b") })
    _ = run.watch(["c"], for: .milliseconds(moment))
    #expect(run.types == ["participant.present", "participant.present", "watch.started"])
    #expect(run.told.allSatisfy { $0.at == moment })
    #expect(Self.line(run, "participant.present") == ["\(moment) a from-a", "\(moment) b -"])
  }

  @Test func `scans once in time although call look-ups are unanswered at the end of the start`() {
    var settings = Self.settings
    settings.scansOnce = true
    let run = WatchedRun(
      settings, delay: { $0.path.hasPrefix("Calls/") ? .seconds(9) : .seconds(29) },
      conferences: { _ in Self.room("a") })
    #expect(run.watch(["c"], for: .seconds(60)) == ["c": .complete])
    #expect(Self.line(run, "participant.present") == ["30000 a -"])
  }

  @Test func `reports an outage in its turn, after the events that wait`() throws {
    // The origin falls silent right after the list that shows `b`.
    let run = WatchedRun(
      Self.settings, delay: { $0.path.hasPrefix("Calls/") || $0.at > 4000 ? .seconds(14) : .zero },
      conferences: { $0 < 3000 ? Self.room("a") : Self.room("a", "b") })
    _ = run.watch(["c"], for: .seconds(30))
    #expect(
      run.types.prefix(5) == [
        "participant.present", "watch.started", "participant.joined", "watch.interrupted", "watch.resumed",
      ])
    #expect(run.told("participant.joined").map(\.at) == [6000])
    let times = run.told.map(\.draft.timestamp)
    #expect(times == times.sorted())
  }

  @Test func `stores the details, and looks up none of them in the next run`() throws {
    var settings = Self.settings
    settings.saved = [:]
    let first = WatchedRun(settings) { _ in Self.room("a", "b") }
    _ = first.watch(["c"], for: .seconds(3))
    let (a, b) = (try #require(CallSID("a")), try #require(CallSID("b")))
    #expect(
      first.answers == [
        SavedRoom.Call(callSID: a, details: Self.details("a")), SavedRoom.Call(callSID: b, details: Self.details("b")),
      ])
  }

  @Test func `stores an answer that arrives without events`() throws {
    var settings = Self.settings
    settings.saved = [:]
    let run = WatchedRun(
      settings, fault: { $0.path.hasPrefix("Calls/") && $0.at < 3000 ? FakeSpace.reply(503) : nil },
      conferences: { _ in Self.room("a") })
    _ = run.watch(["c"], for: .seconds(9))
    #expect(run.calls.map(\.at) == [0, 2000, 4000])
    #expect(run.answers == [SavedRoom.Call(callSID: try #require(CallSID("a")), details: Self.details("a"))])
  }
}
