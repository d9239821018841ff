import Synchronization
import Testing

@testable import RollcallCore
@testable import RollcallKit

/// A webhook's sink whose store is unreadable for a while, in simulated time.
@Suite(.timeLimit(.minutes(5))) struct `A webhook whose store is unreadable` {
  private static let start = Timestamp(milliseconds: 1_795_442_400_000)

  private final class Notices: Sendable {
    let count = Mutex(0)
  }

  /// Delivers three events.
  ///
  /// - Parameters:
  ///   - firstRead: how long the store is unreadable.
  ///   - time: how long the sink may deliver.
  private static func deliver(
    after firstRead: Duration, because failure: StoreFailure, for time: Duration
  ) -> (report: WebhookSink.Tally, notices: Int, requests: Int, end: Duration) {
    let loop = EventLoop(time: SimulatedTime(wallClock: start))
    let transport = AnsweringTransport { _ in 204 }
    let begin = loop.now
    let store = ScriptedStore(reading: { begin.duration(to: loop.now) < firstRead ? failure : nil }, { _ in nil })
    let clock = StreamClock(on: loop)
    let target = WebhookTarget(url: Secret("https://h.example/x"), host: "h.example", name: "a")
    let notices = Notices()
    let sink = WebhookSink(target, on: loop, clock: clock, store: store, transport: transport) { _ in
      notices.count.withLock { $0 += 1 }
    }
    nonisolated(unsafe) var report = WebhookSink.Tally()
    _ = loop.run {
      let drafts = (0..<3).map { _ in Event(.watchStopped, at: start, conference: ConferenceSID("c")) }
      try? await store.commit(PollCommit(drafts))
      await sink.notice()
      await sink.drain(until: clock.now + time)
      await sink.run()
      unsafe report = await sink.report
      return 0
    }
    return (unsafe report, notices.count.withLock { $0 }, transport.requests.count, begin.duration(to: loop.now))
  }

  @Test func `gets its events once it is readable, and is not blamed`() {
    let run = Self.deliver(
      after: .milliseconds(45_500), because: StoreFailure(.busy, "locked"), for: .seconds(120))
    #expect(run.report == WebhookSink.Tally(delivered: 3, deadLetters: 0, undelivered: 0))
    #expect(run.notices == 0 && run.requests == 3)
    #expect(run.end < .seconds(48))
  }

  @Test func `keeps its events undelivered if it stays unreadable until the end`() {
    let run = Self.deliver(after: .seconds(600), because: StoreFailure(.busy, "locked"), for: .seconds(60))
    #expect(run.report == WebhookSink.Tally(delivered: 0, deadLetters: 0, undelivered: 3))
    #expect(run.requests == 0 && run.end >= .seconds(60) && run.end < .seconds(63))
  }
}
