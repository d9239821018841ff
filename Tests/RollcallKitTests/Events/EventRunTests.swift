import RollcallCore
import RollcallTestKit
import Synchronization
import Testing

@testable import RollcallKit

/// What a program gets that takes events more slowly than they happen, in simulated time.
@Suite(.timeLimit(.minutes(5)))
struct `Events that nobody takes` {
  /// In each poll as many events.
  private static let people = 20
  private static let interval: Duration = .seconds(2)

  private static func run(
    _ body: @escaping @Sendable (EventRun, EventLoop, FakeSpace, AsyncStream<ConferenceEvent>) async -> Void
  ) throws {
    let time = SimulatedTime(wallClock: WatchedRun.start)
    let loop = EventLoop(time: time)
    let space = FakeSpace(time, on: loop, delay: { _ in .zero }, fault: { _ in nil }) { now in
      let crowd = (0..<people).map { number in
        var person = FakePerson("p\(number)")
        (person.muted, person.updated) = (now / 2000 % 2 == 1, now / 1000)
        return person
      }
      return [FakeConference(sid: "c", people: crowd)]
    }
    let account = try ConferenceAccount(origin: "https://example.signalwire.com", project: "p", token: Secret("t"))
    let run = EventRun(
      try #require(ConferenceSID("c")), account, WatchSettings(interval: interval), bound: 100,
      transport: { _ in space })
    let (events, continuation) = AsyncStream.makeStream(of: ConferenceEvent.self)
    _ = loop.run {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { _ = await run.watch(on: loop, continuation) }
        group.addTask { await body(run, loop, space, events) }
        await group.next()
        group.cancelAll()
      }
      return 0
    }
  }

  private static func polls(_ space: FakeSpace) -> [Int] {
    space.questions.filter { $0.path.hasPrefix("/c/Participants?") }.map(\.at)
  }

  @Test func `stop the polls at their bound, and once they are taken the next ones tell of the gap`() throws {
    let found = Mutex<[ConferenceEvent]>([])
    let counts = Mutex<[Int]>([])
    let asked = Mutex<[[Int]]>([])
    try Self.run { run, loop, space, events in
      try? await loop.sleep(for: .seconds(61))
      counts.withLock { $0.append(run.waiting) }
      asked.withLock { $0.append(Self.polls(space)) }
      var iterator = events.makeAsyncIterator()
      while run.waiting > 0, let event = await iterator.next() {
        run.taken()
        found.withLock { $0.append(event) }
      }
      try? await loop.sleep(for: .seconds(4))
      asked.withLock { $0.append(Self.polls(space)) }
      while run.waiting > 0, let event = await iterator.next() {
        run.taken()
        found.withLock { $0.append(event) }
      }
    }
    // 20 and watch.started, then 20 in each poll; the one that reaches the bound is the last. Then comes watch.interrupted.
    #expect(counts.withLock { $0 } == [102])
    #expect(asked.withLock { $0 } == [[0, 2000, 4000, 6000, 8000], [0, 2000, 4000, 6000, 8000, 62_000, 64_000]])
    let events = found.withLock { $0 }
    #expect(events.map(\.sequence) == Array(1...UInt64(events.count)))
    let resumed = try #require(events.first { $0.type == .watchResumed })
    #expect(resumed.sequence == 103)
    #expect(events[101].type == .watchInterrupted)
    guard case .resumed(let from, let to, .backpressure, let missed) = resumed.detail.watch else {
      Issue.record("another reason")
      return
    }
    #expect(from == WatchedRun.start + .seconds(8) && to == WatchedRun.start + .seconds(62) && missed == 26)
  }
}
