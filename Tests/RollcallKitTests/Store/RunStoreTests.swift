import Synchronization
import Testing

@testable import RollcallCore
@testable import RollcallKit

/// What becomes of commits that a store does not take at once, in simulated time.
@Suite(.timeLimit(.minutes(5))) struct `A run's store` {
  /// One run: its loop, its store, and what it told when.
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

    /// - Parameter failure: why nothing is stored at so many milliseconds; nil where it is.
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

    /// Does something on the loop while the store repeats what waits.
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

  @Test func `takes a commit at once where nothing is in its way`() {
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
  func `has a commit wait for a lock or for room, and says both once`(
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

  @Test func `wastes no word on a short lock`() {
    let run = StoringRun { $0 < 900 ? Self.busy : nil }
    run.perform { run in #expect(await run.store.commit(Self.commit()) == .stored(delayedBy: .stateBusy)) }
    #expect(run.notified.isEmpty && run.now == 900)
  }

  @Test func `tells another reason when it becomes another`() {
    let run = StoringRun { $0 < 5000 ? Self.busy : $0 < 9000 ? Self.full : nil }
    run.perform { run in #expect(await run.store.commit(Self.commit()) == .stored(delayedBy: .diskFull)) }
    #expect(run.notified.map(\.notice) == [.waiting(Self.busy), .waiting(Self.full), .storedAgain(Self.full)])
  }

  @Test func `says that what it has told is over, whatever else came between`() {
    let run = StoringRun {
      $0 < 3000 ? Self.full : $0 < 3500 ? Self.busy : $0 < 5400 ? Self.full : $0 < 6000 ? Self.busy : nil
    }
    run.perform { run in #expect(await run.store.commit(Self.commit()) == .stored(delayedBy: .stateBusy)) }
    #expect(run.notified.map(\.notice) == [.waiting(Self.full), .storedAgain(Self.full)])
  }

  @Test func `does not give a commit up because the task that made it is cancelled`() {
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

  @Test func `tries all that wait together, and none of the later ones by itself`() {
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

  @Test func `gives up what still waits some time after the end has begun, and stores nothing after it`() {
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

  @Test func `stores what waits at the end where it can be stored in time`() {
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

  @Test func `ends with a failure that no waiting mends, and tells it once`() {
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
  func `of a run that scans once waits for a while, and fails then`(failure: StoreFailure) {
    let run = StoringRun { _ in failure }
    run.perform { run in
      await run.store.limitWaiting(to: RunStore.singleScanTime)
      #expect(await run.store.commit(Self.commit()) == .notStored)
      #expect(await run.store.hasFailed)
    }
    #expect((30_000...31_000).contains(run.now))
  }
}
