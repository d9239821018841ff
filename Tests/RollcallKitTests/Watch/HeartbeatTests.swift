import RollcallCore
import RollcallKit
import RollcallTestKit
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5)))
struct `Heartbeats` {
  private static let settings = WatchSettings(interval: .seconds(2), heartbeat: .seconds(10))

  private static func heartbeats(_ run: WatchedRun) -> [WatchDetail.Heartbeat] {
    run.told.compactMap {
      guard case .heartbeat(let counts) = $0.draft.watch else { return nil }
      return counts
    }
  }

  @Test func `report at every tick the polls since the previous one`() {
    let run = WatchedRun(
      Self.settings, fault: { $0.at >= 11_000 && $0.at < 12_500 ? FakeSpace.reply(500) : nil },
      conferences: { now in
        [FakeConference(sid: "c", people: [FakePerson("a")] + (now < 15_000 ? [] : [FakePerson("b")]))]
      })
    _ = run.watch(["c"], for: .seconds(35))
    let beats = Self.heartbeats(run)
    #expect(run.told("watch.heartbeat").map(\.at) == [10_000, 20_000, 30_000])
    #expect(run.told("watch.heartbeat").allSatisfy { $0.draft.timestamp == WatchedRun.start + .milliseconds($0.at) })
    #expect(beats.map(\.conferences) == [1, 1, 1])
    #expect(beats.map(\.participants) == [1, 2, 2])
    #expect(beats.map(\.undelivered) == [7, 7, 7])
    #expect(beats.map(\.failures) == [0, 1, 0])
    // The poll that is due at the tick may come before or after the heartbeat.
    #expect(beats.allSatisfy { (5...7).contains($0.polls) })
    #expect(beats.allSatisfy { $0.pollDelayMedian == .zero && $0.pollDelay99thPercentile == .zero })
  }

  @Test func `come once per tick, even if a quotient of durations is rounded down`() {
    let run = WatchedRun(WatchSettings(interval: .seconds(2), heartbeat: .milliseconds(15_535))) { _ in
      [FakeConference(sid: "c", people: [FakePerson("a")])]
    }
    _ = run.watch(["c"], for: .seconds(350))
    #expect(run.told("watch.heartbeat").map(\.at) == (1...22).map { $0 * 15_535 })
  }

  @Test func `report polls that were sent late`() {
    let run = WatchedRun(Self.settings) { _ in [FakeConference(sid: "c", people: [FakePerson("a")])] }
    run.run(for: .seconds(19)) { run in
      await withTaskGroup(of: Void.self) { group in
        group.addTask { _ = await run.watch.run([ConferenceSID("c")].compactMap(\.self)) }
        group.addTask {
          // The loop is busy from 3 s to 5 s, as on an overloaded machine.
          try? await run.loop.sleep(for: .seconds(3))
          run.time.advance(to: run.loop.now.advanced(by: .seconds(2)))
        }
      }
    }
    let beats = Self.heartbeats(run)
    #expect(beats.map(\.pollDelayMedian) == [.zero])
    #expect(beats.map(\.pollDelay99thPercentile) == [.milliseconds(1007)])
  }

  @Test func `are left out, like polls, while nobody reads`() throws {
    var settings = Self.settings
    let time = Mutex<SimulatedTime?>(nil)
    settings.pauseReason = {
      let now = time.withLock { $0?.now ?? BootInstant(nanoseconds: 0) }
      let isHeld = now > BootInstant(nanoseconds: 5_000_000_000) && now < BootInstant(nanoseconds: 25_000_000_000)
      return isHeld ? .backpressure : nil
    }
    let run = WatchedRun(settings) { _ in [FakeConference(sid: "c", people: [FakePerson("a")])] }
    time.withLock { $0 = run.time }
    _ = run.watch(["c"], for: .seconds(35))
    #expect(run.polls(of: "c") == [0, 2000, 4000, 26_000, 28_000, 30_000, 32_000, 34_000])
    #expect(run.told("watch.heartbeat").map(\.at) == [30_000])
    let resumed = try #require(run.told("watch.resumed").first)
    guard case .resumed(_, _, .backpressure, _) = resumed.draft.watch else {
      Issue.record("expected the reason backpressure, got \(resumed.draft)")
      return
    }
  }
}
