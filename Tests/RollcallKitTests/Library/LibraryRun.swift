import RollcallCore
import RollcallTestKit
import Synchronization
import Testing

@testable import RollcallKit

/// Runs a library user's watch of the conference `c`, in simulated time.
enum LibraryRun {
  /// Runs the watch until the body has returned and the run is over.
  ///
  /// - Parameters:
  ///   - configure: changes the watch before it starts.
  ///   - end: when the conference is over, in milliseconds.
  ///   - people: who is in the room at a time in milliseconds.
  /// - Returns: why the run failed; nil if it succeeded or was asked to end.
  static func run(
    _ configure: (inout Watch) -> Void, endsAt end: Int = .max, people: @escaping @Sendable (Int) -> [FakePerson],
    _ body: @escaping @Sendable (EventHandoff, EventLoop, FakeSpace) async -> Void
  ) throws -> WatchFailure? {
    let time = SimulatedTime(wallClock: WatchedRun.start)
    let loop = EventLoop(time: time)
    let space = FakeSpace(time, on: loop, delay: { _ in .zero }, fault: { _ in nil }) { now in
      let isOver = now >= end
      return [FakeConference(sid: "c", people: isOver ? [] : people(now), status: isOver ? "completed" : "in-progress")]
    }
    let start = try start(configure)
    let failure = Mutex<WatchFailure?>(nil)
    let handoff = EventHandoff()
    _ = loop.run {
      async let isDone: Void = body(handoff, loop, space)
      let outcome = await start.run(on: loop, handoff, takesEvents: true, polls: space, webhooks: space)
      failure.withLock { $0 = outcome }
      handoff.end(outcome)
      await isDone
      return 0
    }
    return failure.withLock { $0 }
  }

  /// - Throws: ``WatchFailure`` if the watch is rejected.
  static func start(_ configure: (inout Watch) -> Void) throws -> WatchStart {
    let account = try ConferenceAccount(origin: "https://example.signalwire.com", project: "p", token: Secret("t"))
    var watch = Watch(.conference(try #require(ConferenceSID("c"))), at: account)
    configure(&watch)
    return try WatchStart(watch)
  }
}
