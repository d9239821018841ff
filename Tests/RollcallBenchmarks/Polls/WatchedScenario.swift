import RollcallCore
import RollcallKit
import RollcallTestKit
import Synchronization

/// One scenario, polled and reported as by the command, with its lines written to a pipe.
struct WatchedScenario: Sendable {
  var scenario: Scenario
  var space: SpaceAddress
  var output: Int32
  var rounds: Int
  /// The time between two polls.
  var pause: Duration = .zero

  struct Result: Sendable {
    var samples = PollRounds.Samples()
    /// The times from the receipt of a list to each write of its lines, in milliseconds.
    var delays: [Double] = []
  }

  /// Runs on the calling thread until the rounds are done.
  func run() -> Result {
    let result = Mutex(Result())
    let loop = EventLoop()
    _ = loop.run {
      let found = await watch(on: loop)
      result.withLock { $0 = found }
      return 0
    }
    return result.withLock { $0 }
  }

  private func watch(on loop: EventLoop) async -> Result {
    guard let conference = ConferenceSID(scenario.conference) else { return Result() }
    let stopwatch = Stopwatch()
    let rounds: PollRounds
    do throws(HTTPFailure) {
      rounds = try PollRounds(
        on: loop, origin: space, scenario: scenario, rounds: self.rounds,
        note: { stopwatch.noteList(at: $0) })
    } catch {
      return Result()
    }
    let api = ConferenceAPI(
      transport: rounds, origin: space.origin, project: ListedRoom.account, token: Secret("token"))
    let memory = MemoryStore(epoch: 1, targets: [LineWriter.target])
    let store = TimedStore(store: memory, stopwatch: stopwatch)
    let writer = LineWriter(
      on: loop, store: store, output: DescriptorOutput(on: loop, to: NonblockingOutput(output)))
    let (commits, commit) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let polling = BackToBack(
      conference, on: loop, api: api, pause: pause,
      publish: { events in
        // A store in memory accepts everything.
        try? await store.commit(events)
        commit.yield()
      })
    let samples = await withTaskGroup(of: PollRounds.Samples?.self) { group in
      group.addTask {
        await polling.run()
        return nil
      }
      group.addTask {
        for await _ in commits { _ = await writer.drain() }
        return nil
      }
      group.addTask { await rounds.finished() }
      let samples = await group.first { $0 != nil } ?? nil
      group.cancelAll()
      return samples
    }
    return Result(samples: samples ?? PollRounds.Samples(), delays: stopwatch.delays)
  }
}
