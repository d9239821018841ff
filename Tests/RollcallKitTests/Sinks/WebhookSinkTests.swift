import Synchronization
import Testing

@testable import RollcallCore
@testable import RollcallKit

@Suite(.timeLimit(.minutes(5)))
struct `A webhook's sink` {
  /// Commits `count` events of as many conferences as lanes in one commit, or of none, lets the sink deliver them, and
  /// returns once it has ended.
  private func deliver(
    _ count: Int, of lanes: Int = 0, answering answer: @escaping @Sendable (String) -> Int,
    bound: Int = WebhookSink.bound,
    selection: EventFilter = .all, target: WebhookTarget = Self.target, saying body: String = "",
    headers: [String: String] = [:]
  ) async -> Run {
    let loop = EventLoop(time: SimulatedTime(wallClock: Timestamp(milliseconds: 1_795_442_400_000)))
    loop.startThread()
    defer { loop.stop() }
    let notices = Notices()
    let transport = AnsweringTransport(saying: body, headers: headers, answer)
    let store = MemoryStore(epoch: 7, targets: [target.name])
    let clock = StreamClock(on: loop)
    var target = target
    target.filter = selection
    let sink = WebhookSink(target, on: loop, clock: clock, store: store, transport: transport, bound: bound) {
      notice in notices.list.withLock { $0.append(notice) }
    }
    let drafts = (0..<count).map { number in
      Event(
        number.isMultiple(of: 2) ? .watchStopped : .watchHeartbeat, at: clock.now,
        conference: lanes > 0 ? ConferenceSID("CF\(number % lanes)") : nil)
    }
    await Task(executorPreference: loop) {
      store.commit(PollCommit(drafts))
      await sink.notice()
      await sink.drain(until: clock.now + .seconds(20))
      await sink.run()
    }.value
    return Run(
      requests: transport.requests, notices: notices.list.withLock { $0 }, report: await sink.report,
      kept: store.count)
  }

  private static var target: WebhookTarget { WebhookTarget(url: Secret("https://h.example/x"), host: "h.example") }

  private final class Notices: Sendable {
    let list = Mutex<[WebhookNotice]>([])
  }

  private struct Run {
    var requests: [HTTPRequest]
    var notices: [WebhookNotice]
    var report: WebhookSink.Tally
    var kept: Int
    var ids: [String?] { requests.map { $0.value(of: "webhook-id") } }
  }

  private func id(_ sequence: UInt64) -> String { EventStream.id(epoch: 7, sequence: sequence) }

  @Test func `delivers every event once and in order, and the store forgets them`() async {
    let run = await deliver(600) { _ in 204 }
    #expect(run.ids == (1...600).map { id($0) })
    #expect(run.report == WebhookSink.Tally(delivered: 600, deadLetters: 0, undelivered: 0))
    #expect(run.kept == 0)
    #expect(run.requests.map { $0.value(of: "rollcall-previous-id") } == [nil] + (1..<600).map { id($0) })
  }

  @Test func `gives up what the receiver rejects, reports it, and continues`() async {
    let refused = id(2)
    let run = await deliver(3) { $0 == refused ? 422 : 200 }
    #expect(run.notices == [.deadLetter(id: refused, .rejected(status: 422), answer: "answered 422")])
    #expect(run.ids == [id(1), refused, id(3)])
    #expect(run.requests.last?.value(of: "rollcall-previous-id") == refused)
    #expect(run.report == WebhookSink.Tally(delivered: 2, deadLetters: 1, undelivered: 0))
  }

  @Test func `sends nothing more after a 410, and makes all events dead letters`() async {
    let run = await deliver(5) { _ in 410 }
    #expect(run.requests.count == 1)
    #expect(run.notices.contains(.gone(answer: "answered 410")))
    #expect(run.report == WebhookSink.Tally(delivered: 0, deadLetters: 5, undelivered: 0))
    #expect(run.kept == 0)
  }

  @Test(arguments: [
    (400, #"{"message": "Unknown\n Channel"}"#, #"answered 400: {"message": "Unknown\n Channel"}"#),
    (422, "", "answered 422"), (410, "gone \u{1B}[2J", #"answered 410: gone \u{1B}[2J"#),
    (413, String(repeating: "ë", count: 300), "answered 413: " + String(repeating: "ë", count: 98) + "…"),
  ])
  func `reports the answer of a receiver that rejects an event`(_ status: Int, _ body: String, _ text: String) async {
    let run = await deliver(1, answering: { _ in status }, saying: body)
    #expect(
      run.notices.contains(
        status == 410 ? .gone(answer: text) : .deadLetter(id: id(1), .rejected(status: status), answer: text)))
  }

  @Test func `reports the answer of a receiver that makes an event wait, and where a redirect points`() async {
    let busy = await deliver(1, answering: { _ in 503 }, saying: "<b>busy</b>")
    #expect(
      busy.notices.contains(.attemptFailed(id: id(1), reason: "h.example answered 503: <b>busy</b>", isFirst: true)))
    let moved = await deliver(
      1, answering: { _ in 301 }, saying: "moved", headers: ["location": "https://other.example/secret"])
    #expect(
      moved.notices.contains(
        .attemptFailed(
          id: id(1), reason: "h.example answered 301: it points to other.example; redirects are not followed",
          isFirst: true)))
  }

  @Test func `reports that a receiver accepts events again, once for each time that it failed`() async {
    let attempts = Atomic(0)
    let run = await deliver(3) { _ in
      // The first, second and fourth attempt fail.
      [1, 2, 4].contains(attempts.add(1, ordering: .relaxed).newValue) ? 503 : 200
    }
    #expect(run.ids.count == 6 && run.report == WebhookSink.Tally(delivered: 3, failedAttempts: 3))
    let reason = "h.example answered 503"
    #expect(
      run.notices == [
        .attemptFailed(id: id(1), reason: reason, isFirst: true),
        .attemptFailed(id: id(1), reason: reason, isFirst: false), .acceptedAgain,
        .attemptFailed(id: id(2), reason: reason, isFirst: true), .acceptedAgain,
      ])
  }

  @Test func `does not report that events are accepted while one of them still waits`() async {
    let refused = id(2)
    let attempts = Atomic(0)
    let run = await deliver(8, of: 4) { id in
      // Twice busy, and then no more than an answer that it will never accept this one.
      guard id == refused else { return 200 }
      return attempts.add(1, ordering: .relaxed).newValue < 3 ? 503 : 422
    }
    let failures = run.notices.filter { if case .attemptFailed = $0 { true } else { false } }
    #expect(failures.count == 2 && run.report == WebhookSink.Tally(delivered: 7, deadLetters: 1, failedAttempts: 2))
    #expect(run.notices.prefix(2) == failures[...] && run.notices.count == 4, "\(run.notices)")
    #expect(run.notices.dropFirst(2).first == .deadLetter(id: refused, .rejected(status: 422), answer: "answered 422"))
    #expect(run.notices.last == .acceptedAgain)
  }

  @Test func `never reports a secret that an answer repeats`() async {
    var target = WebhookTarget(url: Secret("https://h.example/hooks/T00SECRET0/k?token=abcdefgh"), host: "h.example")
    target.headers = [HTTPRequest.Header("Authorization", "Bearer 123456789")]
    target.hubSecret = Secret("hub-hush-hush")
    let echo = "Cannot POST /hooks/T00SECRET0/k?token=abcdefgh with 123456789, hub-hush-hush"
    let run = await deliver(1, answering: { _ in 400 }, target: target, saying: echo)
    guard case .deadLetter(_, _, _, let answer?)? = run.notices.first else {
      Issue.record("expected a dead letter with an answer, got \(run.notices)")
      return
    }
    #expect(answer.hasPrefix("answered 400: Cannot POST /hooks/[secret]"))
    for secret in ["T00SECRET0", "abcdefgh", "123456789", "hush"] { #expect(!answer.contains(secret)) }
  }

  @Test func `reloads its secrets after a 401, but not after every one`() async throws {
    let loop = EventLoop(time: SimulatedTime(wallClock: Timestamp(milliseconds: 1_795_442_400_000)))
    loop.startThread()
    defer { loop.stop() }
    let transport = AnsweringTransport { _ in 401 }
    let (store, clock) = (MemoryStore(epoch: 7, targets: [Self.target.name]), StreamClock(on: loop))
    let reloads = Mutex<[BootInstant]>([])
    let sink = WebhookSink(
      Self.target, on: loop, clock: clock, store: store, transport: transport,
      source: {
        let count = reloads.withLock { list in
          list.append(loop.now)
          return list.count
        }
        var fresh = Self.target
        fresh.headers = [HTTPRequest.Header("X-Reload", "\(count)")]
        return fresh
      }
    ) { _ in }
    let events = (0..<20).map { Event(.watchStopped, at: clock.now, conference: ConferenceSID("CF-\($0)")) }
    await Task(executorPreference: loop) {
      store.commit(PollCommit(events))
      await sink.notice()
      await sink.drain(until: clock.now + .seconds(60))
      await sink.run()
    }.value
    let times = reloads.withLock { $0 }
    #expect(times.count > 3 && times.count < transport.requests.count)
    #expect(zip(times, times.dropFirst()).allSatisfy { $0.duration(to: $1) >= LatestTarget.reloadPause })
    #expect(transport.requests.first?.value(of: "X-Reload") == nil)
    let last = try #require(transport.requests.last?.value(of: "X-Reload").flatMap { Int($0) })
    #expect((times.count - 1...times.count).contains(last))
  }

  @Test(arguments: [nil, 1, 60]) func `gives each attempt its timeout`(_ seconds: Int?) async {
    var target = Self.target
    if let seconds { target.timeout = .seconds(seconds) }
    let run = await deliver(1, answering: { _ in 204 }, target: target)
    let limits = run.requests.first?.limits
    #expect(limits?.total == .seconds(seconds ?? 15))
    // A receiver may be silent for the whole timeout.
    #expect(limits.map { $0.stall >= $0.total } == true)
  }

  @Test func `skips excluded events, which leave no gap`() async {
    let run = await deliver(4, answering: { _ in 200 }, selection: EventFilter(types: [.watchHeartbeat]))
    #expect(run.ids == [id(2), id(4)])
    #expect(run.requests.last?.value(of: "rollcall-previous-id") == id(2))
    #expect(run.report == WebhookSink.Tally(delivered: 2, deadLetters: 0, undelivered: 0))
    #expect(run.kept == 0)
  }

  @Test func `gives up the oldest events beyond its bound, and reports that once`() async {
    let run = await deliver(50, answering: { _ in 200 }, bound: 10)
    #expect(run.report.delivered + run.report.deadLetters == 50)
    #expect(run.report.deadLetters >= 30)
    #expect(run.notices.count { $0 == .overflow(bound: 10) } == 1)
    #expect(run.ids.last == id(50))
    #expect(run.kept == 0)
  }

  @Test func `sleeps on one timer, however many lanes wait for a receiver that fails`() {
    let loop = EventLoop(time: SimulatedTime(wallClock: Timestamp(milliseconds: 1_795_442_400_000)))
    let transport = AnsweringTransport { _ in 503 }
    let mostTimers = loop.run {
      let store = MemoryStore(epoch: 7, targets: [Self.target.name])
      let clock = StreamClock(on: loop)
      let sink = WebhookSink(Self.target, on: loop, clock: clock, store: store, transport: transport) { _ in }
      return await withTaskGroup(of: Int.self) { group in
        group.addTask {
          await sink.run()
          return 0
        }
        group.addTask {
          var most = 0
          for second in 0..<300 {
            let conference = ConferenceSID("c\(second)")
            store.commit(PollCommit([Event(.conferenceStarted, at: clock.now, conference: conference)]))
            await sink.notice()
            try? await loop.sleep(for: .seconds(1))
            most = max(most, loop.timers.count)
          }
          return most
        }
        defer { group.cancelAll() }
        return Int32(await group.next() ?? 0)
      }
    }
    #expect(transport.requests.count > 100)
    // One timer is for the retries, the other for saving the cursor.
    #expect(mostTimers <= 2)
  }

  @Test func `sends the line, a signature for each secret and the user's headers`() async throws {
    var target = Self.target
    target.secrets = [try WebhookSecret(key: Array(0..<24)), try WebhookSecret(key: Array(1..<33))]
    target.hubSecret = Secret("hub")
    target.headers = [HTTPRequest.Header("Authorization", "Bearer b")]
    let request = try #require(await deliver(1, answering: { _ in 200 }, target: target).requests.first)
    let signatures = try #require(request.value(of: "webhook-signature")).split(separator: " ")
    #expect(signatures.count == 2 && signatures.allSatisfy { $0.hasPrefix("v1,") })
    #expect(request.value(of: "X-Hub-Signature-256")?.hasPrefix("sha256=") == true)
    #expect(request.value(of: "Authorization") == "Bearer b")
    #expect(request.value(of: "Content-Type") == "application/json")
    #expect(request.value(of: "User-Agent") == "rollcall/\(RollcallVersion.number)")
    #expect(request.body.first == UInt8(ascii: "{") && request.body.last == UInt8(ascii: "}"))
  }

  @Test func `gives its target a name that reveals nothing of the URL and is the same in every run`() {
    let name = WebhookTarget.name(of: Secret("https://h.example/x"))
    #expect(name == Self.target.name)
    #expect(name.hasPrefix("webhook-") && name.utf8.count == 16)
    #expect(name != WebhookTarget.name(of: Secret("https://h.example/y")))
  }
}
