import RollcallCore

/// When the oldest event was written that each target has yet to get.
///
/// The store is asked beside the reports on a run, which must not wait for a disk.
actor OldestEvents {
  private static let interval: Duration = .seconds(1)

  private let outputs: EventOutputs
  private let loop: EventLoop
  private var times: [String: Timestamp] = [:]

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  init(_ outputs: EventOutputs, on loop: EventLoop) {
    self.outputs = outputs
    self.loop = loop
  }

  /// How long the oldest event of a target has been waiting; zero where none is, or the store has yet to say.
  func age(of target: String) -> Duration {
    guard let time = times[target] else { return .zero }
    return max(.zero, outputs.clock.now - time)
  }

  /// Asks the store until the task is cancelled.
  func follow() async {
    repeat { await look() } while await loop.sleeps(for: Self.interval)
  }

  private func look() async {
    let webhooks = await outputs.webhooks.reports().map(\.name)
    for target in (outputs.writer == nil ? [] : [LineWriter.target]) + webhooks {
      times[target] = await oldest(of: target)
    }
  }

  private func oldest(of target: String) async -> Timestamp? {
    let events = outputs.store.events
    guard events.undelivered(to: target) > 0, let done = try? await events.progress(of: target).done else { return nil }
    return try? await events.events(after: done, limit: 1).first?.timestamp
  }
}
