import Synchronization
import Testing

@testable import RollcallCore
@testable import RollcallKit

/// Commits that a store does not accept at once, in simulated time.
@Suite(.timeLimit(.minutes(5))) struct `A run's store` {
  /// A run: its loop, its store, and its notices with their times.
  private final class StoringRun: Sendable {
    struct Told: Equatable {
      var at: Int
      var notice: RunStore.Notice
    }

    let time: SimulatedTime
    let loop: EventLoop
    let scripted: ScriptedStore
    let store: RunStore
    private let notices: Notices

    private final class Notices: Sendable {
      let list = Mutex<[Told]>([])
    }

    /// - Parameter failure: why a commit fails at a time in milliseconds; nil for success.
    init(_ failure: @escaping @Sendable (Int) -> StoreFailure?) {
      let time = SimulatedTime(wallClock: Timestamp(milliseconds: 1_795_442_400_000))
      let notices = Notices()
      (self.time, loop) = (time, EventLoop(time: time))
      scripted = ScriptedStore { _ in failure(Self.milliseconds(time)) }
      store = RunStore(scripted, bound: 10, on: loop) { notice in
        let now = Self.milliseconds(time)
        notices.list.withLock { $0.append(Told(at: now, notice: notice)) }
      }
      self.notices = notices
    }

    var now: Int { Self.milliseconds(time) }
    var notified: [Told] { notices.list.withLock { $0 } }

    private static func milliseconds(_ time: SimulatedTime) -> Int { Int(time.now.nanoseconds / 1_000_000) }

    /// Runs a body on the loop while the store retries waiting commits.
    func perform(_ body: @escaping @Sendable (StoringRun) async -> Void) {
      _ = loop.run { [self] in
        await withTaskGroup(of: Void.self) { group in
          group.addTask { await self.store.run() }
          await body(self)
          group.cancelAll()
        }
        return 0
      }
    }
  }

  private static let busy = StoreFailure(.busy, "locked")
  private static let full = StoreFailure(.full, "no room")

  private static func commit(_ count: Int = 1) -> PollCommit {
    PollCommit(
      (0..<count).map { _ in Event(.watchStopped, at: Timestamp(milliseconds: 0), conference: ConferenceSID("c")) }
    )
  }

  @Test func `accepts a commit at once if nothing obstructs the store`() {
    let run = StoringRun { _ in nil }
    run.perform { run in
      #expect(await run.store.commit(Self.commit(2)) == .stored())
      #expect(run.store.obstacle == nil)
      #expect(run.store.tally == [.watchStopped: 2])
    }
    #expect(run.notified.isEmpty && run.now == 0 && run.scripted.attempts == 1)
  }

  @Test(arguments: [
    (busy, OutageReason.stateBusy, RunStore.lockPause, 1000), (full, .diskFull, RunStore.fullPause, 0),
  ])
  func `makes a commit wait for a lock or a full disk, and reports each once`(
    failure: StoreFailure, reason: OutageReason, pause: Duration, toldAt: Int
  ) {
    let run = StoringRun { $0 < 12_000 ? failure : nil }
    run.perform { run in
      #expect(await run.store.commit(Self.commit()) == .stored(delayedBy: reason))
      #expect(run.store.obstacle == nil)
    }
    #expect(run.now == 12_000)
    #expect(run.scripted.stored.count == 1)
    #expect(run.scripted.attempts == Int(.seconds(12) / pause) + 1)
    #expect(
      run.notified == [
        .init(at: toldAt, notice: .waiting(failure)), .init(at: 12_000, notice: .storedAgain(failure)),
      ])
  }

  @Test func `does not report a short lock`() {
    let run = StoringRun { $0 < 900 ? Self.busy : nil }
    run.perform { run in #expect(await run.store.commit(Self.commit()) == .stored(delayedBy: .stateBusy)) }
    #expect(run.notified.isEmpty && run.now == 900)
  }

  @Test func `reports a new reason when it changes`() {
    let run = StoringRun { $0 < 5000 ? Self.busy : $0 < 9000 ? Self.full : nil }
    run.perform { run in #expect(await run.store.commit(Self.commit()) == .stored(delayedBy: .diskFull)) }
    #expect(run.notified.map(\.notice) == [.waiting(Self.busy), .waiting(Self.full), .storedAgain(Self.full)])
  }

  @Test func `reports the end of an obstruction, whatever came in between`() {
    let run = StoringRun {
      $0 < 3000 ? Self.full : $0 < 3500 ? Self.busy : $0 < 5400 ? Self.full : $0 < 6000 ? Self.busy : nil
    }
    run.perform { run in #expect(await run.store.commit(Self.commit()) == .stored(delayedBy: .stateBusy)) }
    #expect(run.notified.map(\.notice) == [.waiting(Self.full), .storedAgain(Self.full)])
  }

  @Test func `does not give up a commit because its task is cancelled`() {
    let run = StoringRun { $0 < 40_000 ? Self.full : nil }
    run.perform { run in
      let outcome = await withTaskGroup(of: CommitOutcome.self) { group in
        group.addTask { await run.store.commit(Self.commit()) }
        try? await run.loop.sleep(for: .seconds(30))
        group.cancelAll()
        return await group.next()
      }
      #expect(outcome == .stored(delayedBy: .diskFull))
      #expect(await run.store.commit(Self.commit()) == .stored())
    }
    #expect(run.scripted.stored.map(\.sequence) == [1, 2])
    #expect(run.now == 40_000)
  }

  @Test func `retries all waiting commits together, and no later one by itself`() {
    let run = StoringRun { $0 < 3000 ? Self.busy : nil }
    run.perform { run in
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<20 {
          group.addTask {
            try? await run.loop.sleep(for: .milliseconds(number * 10 + 1))
            #expect(await run.store.commit(Self.commit()) == .stored(delayedBy: .stateBusy))
          }
        }
        try? await run.loop.sleep(for: .milliseconds(99))
        #expect(run.store.obstacle == .stateBusy)
        #expect(run.scripted.attempts == 1)
      }
    }
    #expect(run.scripted.stored.count == 20)
    #expect(run.notified.count == 2)
  }

  @Test func `gives up waiting commits some time after the end has begun, and stores nothing afterwards`() {
    let run = StoringRun { $0 < 60_000 ? Self.busy : nil }
    run.perform { run in
      await withTaskGroup(of: Void.self) { group in
        group.addTask { #expect(await run.store.commit(Self.commit(3)) == .notStored) }
        group.addTask { #expect(await run.store.commit(PollCommit([])) == .notStored) }
        try? await run.loop.sleep(for: .seconds(5))
        await run.store.beginEnd()
        await group.waitForAll()
      }
      #expect(run.now == 8000)
      try? await run.loop.sleep(until: BootInstant(nanoseconds: 61_000_000_000))
      #expect(await run.store.commit(Self.commit()) == .notStored)
      #expect(await run.store.givenUp == RunStore.Losses(events: 4, saves: 1, reason: Self.busy))
      #expect(await !run.store.hasFailed)
    }
    #expect(run.scripted.stored.isEmpty)
  }

  @Test func `stores waiting commits at the end if that is possible in time`() {
    let run = StoringRun { $0 < 7000 ? Self.busy : nil }
    run.perform { run in
      await withTaskGroup(of: Void.self) { group in
        group.addTask { #expect(await run.store.commit(Self.commit()) == .stored(delayedBy: .stateBusy)) }
        try? await run.loop.sleep(for: .seconds(5))
        await run.store.beginEnd()
      }
      #expect(await run.store.commit(Self.commit()) == .stored())
      #expect(await run.store.givenUp == nil)
    }
  }

  @Test func `counts commits after the end as losses, even if nothing ever obstructed the store`() {
    let run = StoringRun { _ in nil }
    run.perform { run in
      #expect(await run.store.commit(Self.commit()) == .stored())
      #expect(await run.store.givenUp == nil)
      #expect(await run.store.close(until: run.loop.now) == nil)
      #expect(await run.store.commit(Self.commit(3)) == .notStored)
      #expect(await run.store.givenUp == RunStore.Losses(events: 3, saves: 0, reason: nil))
    }
  }

  @Test func `ends with a permanent failure, and reports it once`() {
    let broken = StoreFailure(.inputOutput, "a broken disk")
    let run = StoringRun { $0 < 2000 ? Self.full : broken }
    run.perform { run in
      #expect(await run.store.commit(Self.commit()) == .notStored)
      #expect(await run.store.commit(Self.commit()) == .notStored)
      #expect(await run.store.hasFailed)
      #expect(await run.store.givenUp == nil)
      #expect(await run.store.failures.first { _ in true } == broken)
    }
    #expect(run.scripted.stored.isEmpty && run.scripted.attempts == 3)
  }

  @Test(arguments: [busy, full])
  func `waits only for a while if the run scans once, and then fails`(failure: StoreFailure) {
    let run = StoringRun { $0 < 120_000 ? failure : nil }
    run.perform { run in
      await run.store.limitWaiting(to: RunStore.singleScanTime)
      #expect(await run.store.commit(Self.commit()) == .notStored)
      #expect(await run.store.hasFailed)
    }
    #expect((30_000...31_000).contains(run.now))
  }
}
