import RollcallCore
import RollcallKit

/// What goes on side by side in a run.
extension WatchRun {
  /// How often old events are taken out of the state file.
  private static let forgettingInterval: Duration = .seconds(600)

  mutating func startOutputs(_ group: inout TaskGroup<Step>) {
    let outputs = outputs
    if let writer = outputs.writer {
      openOutputs += 1
      group.addTask { .written(await outputs.writeLines(writer)) }
      group.addTask { await writer.readerLeaves() == .readerGone ? .readerLeft : .nothing }
    }
    let (log, loop) = (log, loop)
    group.addTask {
      await log.attend(on: loop)
      return .nothing
    }
    if let live = outputs.live {
      group.addTask {
        await live.run(on: loop)
        return .nothing
      }
    }
    openOutputs += 1
    group.addTask {
      await outputs.webhooks.run()
      return .posted
    }
  }

  func startStore(_ group: inout TaskGroup<Step>) {
    let (store, loop, clock, keeps) = (outputs.store, loop, clock, keeps)
    group.addTask {
      for await failure in store.failures { return .storeFailed(failure) }
      return .nothing
    }
    guard let keeps, let file = store.file else { return }
    group.addTask {
      repeat {
        // What cannot be forgotten now will be later.
        while (try? await file.forget(before: clock.now - keeps)) == true {}
        try? await file.scrub()
      } while await Self.sleep(Self.forgettingInterval, on: loop)
      return .nothing
    }
  }

  func awaitSignals(_ group: inout TaskGroup<Step>) {
    let signals = signals
    group.addTask { await signals.ending() ? .signalled : .nothing }
    awaitHangUp(&group)
  }

  func awaitHangUp(_ group: inout TaskGroup<Step>) {
    let signals = signals
    group.addTask { await signals.hangUps.first { _ in true } == nil ? .nothing : .hungUp }
  }

  func awaitEnd(of time: Duration, _ group: inout TaskGroup<Step>) {
    let loop = loop
    group.addTask { await Self.sleep(time, on: loop) ? .late : .nothing }
  }

  /// Watches until it is over by itself, its time is over, or somebody stops it.
  static func watch(
    _ watch: ConferenceWatch, _ subject: WatchSubject, for duration: Duration?,
    until stops: AsyncStream<WatchEnding>, on loop: EventLoop
  ) async -> WatchEnding {
    await withTaskGroup(of: WatchEnding?.self) { group in
      group.addTask {
        switch subject {
        case .conferences(let conferences): return .conferences(await watch.run(conferences))
        case .found(let selection): return await watch.run(selection).map { .discovery($0) }
        }
      }
      group.addTask { await stops.first { _ in true } }
      if let duration {
        group.addTask { await sleep(duration, on: loop) ? .duration : nil }
      }
      defer { group.cancelAll() }
      for await ending in group {
        if let ending { return ending }
      }
      return .nothing
    }
  }

  /// - Returns: false where the task was cancelled.
  private static func sleep(_ time: Duration, on loop: EventLoop) async -> Bool {
    do throws(CancellationError) { try await loop.sleep(for: time) } catch { return false }
    return true
  }
}
