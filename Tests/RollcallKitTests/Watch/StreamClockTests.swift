import RollcallCore
import RollcallTestKit
import Testing

@testable import RollcallKit

@Suite(.timeLimit(.minutes(5)))
struct `The stream's clock` {
  private static let start = WatchedRun.start

  private static func at(_ seconds: Int64) -> BootInstant { BootInstant(nanoseconds: seconds * 1_000_000_000) }

  @Test func `follows a jump forward, but not one back`() {
    let time = SimulatedTime(wallClock: Self.start)
    let clock = StreamClock(on: EventLoop(time: time))
    time.advance(to: Self.at(10))
    #expect(clock.now == Self.start + .seconds(10))
    time.moveWallClock(by: .seconds(2))
    #expect(clock.now == Self.start + .seconds(10))
    #expect(clock.look().clockOutage.number == 0)
    time.moveWallClock(by: .seconds(1))
    #expect(clock.now == Self.start + .seconds(13))
    #expect(clock.look().clockOutage == StreamClock.ClockOutage(number: 1, reason: .clockJump))
    time.moveWallClock(by: .seconds(-3600))
    time.advance(to: Self.at(20))
    #expect(clock.now == Self.start + .seconds(23))
    time.moveWallClock(by: .seconds(3600))
    #expect(clock.now == Self.start + .seconds(23))
    #expect(clock.look().clockOutage.number == 1)
  }

  @Test(arguments: [(-5, 0), (0, 0), (5, 5)] as [(Int64, Int64)])
  func `begins at the wall clock's time, or at the last stored time if that is later`(stored: Int64, begun: Int64) {
    let time = SimulatedTime(wallClock: Self.start)
    let clock = StreamClock(on: EventLoop(time: time), notBefore: Self.start + .seconds(stored))
    #expect(clock.now == Self.start + .seconds(begun))
  }

  @Test func `a suspension is measured by the boot clock, and reported instead of the jump after it`() {
    let time = SimulatedTime(wallClock: Self.start)
    let clock = StreamClock(on: EventLoop(time: time))
    time.suspend(for: .seconds(2))
    #expect(clock.look().clockOutage.number == 0)
    time.suspend(for: .seconds(3600))
    time.moveWallClock(by: .seconds(5))
    let (now, clockOutage) = clock.look()
    #expect(now == Self.start + .seconds(3607))
    #expect(clockOutage.number == 2 && clockOutage.reason == .suspended)
    #expect(clock.look().clockOutage == clockOutage)
  }

  @Test func `the machine's own clocks agree`() {
    #expect(BootInstant.suspended >= .milliseconds(-1))
    #expect(EventLoop().timeSuspended - BootInstant.suspended < .seconds(1))
  }

  private static let causes: [(OutageReason, @Sendable (SimulatedTime) -> Void)] = [
    (.suspended, { $0.suspend(for: .seconds(3600)) }), (.clockJump, { $0.moveWallClock(by: .seconds(3600)) }),
    // The process is stopped, but the machine is not.
    (.suspended, { $0.advance(to: $0.now.advanced(by: .seconds(3600))) }),
  ]

  @Test(arguments: 0..<3, [false, true])
  func `an outage after a clock jump or suspension has that reason, even if the network is late`(
    _ cause: Int, _ failsAfter: Bool
  ) throws {
    let (reason, disturb) = Self.causes[cause]
    let wakes = reason == .suspended ? 3_609_000 : 9000
    let run = WatchedRun(
      fault: { failsAfter && $0.at >= wakes && $0.at < wakes + 3000 ? FakeSpace.reply(503) : nil },
      conferences: { now in
        [FakeConference(sid: "c", people: [FakePerson("a")] + (now < 9000 ? [] : [FakePerson("b")]))]
      })
    run.run(for: .seconds(3700)) { run in
      await withTaskGroup(of: Void.self) { group in
        group.addTask { _ = await run.watch.run([ConferenceSID("c")].compactMap(\.self)) }
        group.addTask {
          try? await run.loop.sleep(for: .seconds(9))
          disturb(run.time)
        }
      }
    }
    let types = run.types.filter { $0 != "watch.interrupted" }
    #expect(types == ["participant.present", "watch.started", "watch.resumed", "participant.joined"])
    for told in run.told {
      switch told.draft.watch {
      case .interrupted(let told, _): #expect(told == reason)
      case .resumed(let from, let to, let told, _):
        #expect(told == reason)
        #expect(from == Self.start + .seconds(8))
        #expect(to - from > .seconds(3600))
      case .started, .heartbeat, .stopped, nil: break
      }
    }
    let timestamps = run.told.map(\.draft.timestamp)
    #expect(timestamps == timestamps.sorted())
    // Missed ticks are not made up for.
    #expect(run.polls(of: "c").count { $0 >= 9000 && $0 < wakes + 4000 } <= 4)
  }
}
