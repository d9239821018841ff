import RollcallCore
import RollcallTestKit
import Synchronization
import Testing

@testable import RollcallKit

/// A watch while its store takes no commits.
@Suite(.timeLimit(.minutes(5))) struct `A watch whose store accepts nothing for a while` {
  private static let full = StoreFailure(.full, "no room")
  private static let busy = StoreFailure(.busy, "locked")

  /// The time of the run, for the function that decides how the store fails.
  private final class Clock: Sendable {
    let time = Mutex<EventLoop?>(nil)

    var now: Int { time.withLock { Int(($0?.now.nanoseconds ?? 0) / 1_000_000) } }
  }

  /// Returns a run whose store fails as `failing` returns for a time in milliseconds.
  private static func run(
    _ settings: WatchSettings = WatchSettings(interval: .seconds(2)),
    delay: @escaping @Sendable (FakeSpace.Question) -> Duration = { _ in .zero },
    fault: @escaping @Sendable (FakeSpace.Question) -> HTTPResponse? = { _ in nil },
    failing: @escaping @Sendable (Int) -> StoreFailure?, conferences: @escaping @Sendable (Int) -> [FakeConference]
  ) -> WatchedRun {
    let clock = Clock()
    return WatchedRun(
      settings,
      storing: { loop in
        clock.time.withLock { $0 = loop }
        return RunStore(ScriptedStore { _ in failing(clock.now) }, bound: 10, on: loop) { _ in }
      }, delay: delay, fault: fault, conferences: conferences)
  }

  private static func reasons(_ run: WatchedRun) -> [OutageReason] {
    run.told("watch.resumed").compactMap {
      guard case .resumed(_, _, let reason, _) = $0.draft.watch else { return nil }
      return reason
    }
  }

  @Test func `begins as soon as there is room, however late`() {
    let run = Self.run(failing: { $0 < 40_000 ? Self.full : nil }) { now in
      [FakeConference(sid: "c", people: [FakePerson("a")] + (now < 50_000 ? [] : [FakePerson("b")]))]
    }
    #expect(run.watch(["c"], for: .seconds(60)) == [:])
    #expect(
      run.types == [
        "participant.present", "watch.started", "watch.resumed", "participant.joined",
      ])
    #expect(run.told.first?.at == 40_000)
    #expect(Self.reasons(run) == [.diskFull])
    #expect(run.polls(of: "c").filter { $0 < 40_000 } == [0])
  }

  @Test(arguments: [(full, OutageReason.diskFull), (busy, .stateBusy)])
  func `reports an outage afterwards, with its reason, if it prevented polls of a conference`(
    failure: StoreFailure, reason: OutageReason
  ) {
    let run = Self.run(failing: { $0 > 5000 && $0 < 18_000 ? failure : nil }) { now in
      [FakeConference(sid: "c", people: [FakePerson("a")] + (now < 5500 ? [] : [FakePerson("b")]))]
    }
    _ = run.watch(["c"], for: .seconds(25))
    #expect(run.types == ["participant.present", "watch.started", "participant.joined", "watch.resumed"])
    #expect(run.told("participant.joined").map(\.at) == [18_000])
    #expect(Self.reasons(run) == [reason])
    #expect(run.polls(of: "c").filter { $0 > 6000 && $0 < 18_000 }.isEmpty)
  }

  @Test func `polls the conferences that have nothing to store`() {
    var settings = WatchSettings(interval: .seconds(2))
    settings.saved = [:]
    let run = Self.run(settings, failing: { $0 > 5000 && $0 < 65_000 ? Self.busy : nil }) { now in
      [
        FakeConference(sid: "c", people: [FakePerson("a")] + (now < 5500 ? [] : [FakePerson("b")])),
        FakeConference(sid: "d", people: [FakePerson("e")] + (now < 50_000 ? [] : [FakePerson("f")])),
        FakeConference(sid: "g", people: [FakePerson("h")]),
      ]
    }
    _ = run.watch(["c", "d", "g"], for: .seconds(80))
    #expect(run.polls(of: "c").filter { $0 > 8000 && $0 < 65_000 }.isEmpty)
    #expect(run.polls(of: "d").filter { $0 > 8000 && $0 < 50_000 }.count == 21)
    #expect(run.polls(of: "g").filter { $0 > 8000 && $0 < 64_000 }.count == 28)
    #expect(run.told("participant.joined").allSatisfy { $0.at >= 65_000 && $0.at < 66_000 })
    #expect(Set(run.told("watch.resumed").map { $0.draft.conference?.text }) == ["c", "d"])
    #expect(Self.reasons(run) == [.stateBusy, .stateBusy])
  }

  @Test func `keeps the provider's reason if that is why scans are missing`() {
    var settings = WatchSettings(interval: .seconds(2))
    settings.saved = [:]
    // The times of scans are saved every 10 s, and that save waits for the lock.
    let run = Self.run(
      settings, fault: { $0.at > 11_000 && $0.at < 40_000 ? FakeSpace.reply(503) : nil },
      failing: { $0 > 9000 && $0 < 20_000 ? Self.busy : nil }
    ) { _ in [FakeConference(sid: "c", people: [FakePerson("a")])] }
    _ = run.watch(["c"], for: .seconds(150))
    #expect(run.types == ["participant.present", "watch.started", "watch.interrupted", "watch.resumed"])
    #expect(Self.reasons(run) == [.pollFailed])
  }

  @Test(arguments: [(full, 0), (nil, 1)] as [(StoreFailure?, Int)])
  func `reports a restart only if the reason for missing scans is unknown`(failure: StoreFailure?, overdue: Int) {
    let hangs = failure == nil
    let run = WatchedRun(
      storing: { loop in RunStore(HangingStore(on: loop, failure: failure), bound: 10, on: loop) { _ in } },
      conferences: { _ in [FakeConference(sid: "c", people: [FakePerson("a")])] })
    run.run(for: .seconds(601)) { run in
      await withTaskGroup(of: Void.self) { group in
        group.addTask { _ = await run.watch.run([ConferenceSID("c")].compactMap(\.self)) }
        try? await run.loop.sleep(for: .seconds(590))
        #expect(await run.watch.vitals().overdue == overdue)
        #expect(await run.watch.vitals().isReady == false)
        group.cancelAll()
      }
    }
    #expect(run.types.isEmpty == !hangs)
  }

  @Test func `ends in time, and treats nothing as stored that is not`() {
    var settings = WatchSettings(interval: .seconds(2))
    settings.saved = [:]
    let run = Self.run(settings, failing: { $0 > 5000 ? Self.busy : nil }) { now in
      [FakeConference(sid: "c", people: [FakePerson("a")] + (now < 5500 ? [] : [FakePerson("b")]))]
    }
    #expect(run.watch(["c"], for: .seconds(30)) == [:])
    #expect(run.now <= 33_100)
    #expect(run.types == ["participant.present", "watch.started"])
  }

  @Test func `ends by itself when its time is over, and gives up what waits`() {
    let run = Self.run(failing: { _ in Self.full }) { _ in [FakeConference(sid: "c", people: [FakePerson("a")])] }
    #expect(run.watch(["c", "unknown"], for: .seconds(600)) == ["unknown": .unknown])
    #expect(run.now < 10_000)
  }

  @Test func `sends no heartbeats meanwhile`() {
    let settings = WatchSettings(interval: .seconds(2), heartbeat: .seconds(10))
    let run = Self.run(settings, failing: { $0 > 5000 && $0 < 65_000 ? Self.busy : nil }) { now in
      [FakeConference(sid: "c", people: [FakePerson("a")] + (now < 5500 ? [] : [FakePerson("b")]))]
    }
    _ = run.watch(["c"], for: .seconds(75))
    #expect(run.told("watch.heartbeat").map(\.at) == [70_000])
  }
}

/// A store in which each commit takes ten minutes, or fails.
private final class HangingStore: EventStore {
  private static let time: Duration = .seconds(600)

  let isInMemory = true
  private let memory = MemoryStore(epoch: 7, targets: [])
  private let loop: EventLoop
  private let failure: StoreFailure?

  init(on loop: EventLoop, failure: StoreFailure?) {
    self.loop = loop
    self.failure = failure
  }

  func commit(_ commit: PollCommit) async throws(StoreFailure) {
    if let failure { throw failure }
    try? await loop.sleep(for: Self.time)
    memory.commit(commit)
  }

  func events(after sequence: UInt64, limit: Int) -> [StoredEvent] { memory.events(after: sequence, limit: limit) }
  func id(of sequence: UInt64) -> String? { memory.id(of: sequence) }
  func references(in span: LaneSpan, of selection: EventFilter, limit: Int) -> [EventReference] { [] }
  func count(in span: LaneSpan, of selection: EventFilter) -> Int { 0 }
  func last(in span: LaneSpan, of selection: EventFilter) -> UInt64? { nil }
  func cursor(of target: String) -> Cursor { memory.cursor(of: target) }
  func saveCursor(_ cursor: Cursor, of target: String) {}
  func dismiss(_ target: String) {}
  func addDeadLetter(_ letter: DeadLetter) {}
  func undelivered(to target: String) -> Int { 0 }
}
