package import RollcallCore

/// What a run says of its health, in the words of those who ask.
package struct HealthReport: Sendable {
  package struct Target: Sendable {
    /// As the state file knows it; never a URL.
    package var name: String
    package var tally: WebhookSink.Tally
    /// How long the oldest event has been waiting; zero where none is.
    package var oldestAge: Duration

    package init(name: String, tally: WebhookSink.Tally = .init(), oldestAge: Duration = .zero) {
      self.name = name
      self.tally = tally
      self.oldestAge = oldestAge
    }
  }

  package var vitals = WatchVitals()
  /// Events of this run by type.
  package var events: [EventType: Int] = [:]
  /// How often this run has raised each alert, by its name.
  package var alerts: [String: Int] = [:]
  package var targets: [Target] = []
  /// Bytes of the space's replies.
  package var receivedBytes = 0

  package init() {}
}

/// The sign of life that a run gives on demand.
extension PollerSet {
  /// Tells at every tick what polls came to, until the task is cancelled. A tick that has passed is skipped.
  func beat(every interval: Duration) async {
    let start = loop.now
    do throws(CancellationError) {
      while true {
        // In integers: a quotient rounded down would tell the tick that has just been told once more.
        let ticks = start.duration(to: loop.now).wholeMilliseconds / interval.wholeMilliseconds + 1
        try await loop.sleep(until: start.advanced(by: interval * ticks))
        // Where nobody reads, or nothing can be stored, nobody waits for a sign of life either.
        guard settings.pauseReason() == nil, settings.storeObstacle() == nil else { continue }
        let counts = await heartbeat()
        _ = await publish(PollCommit([.heartbeat(counts, at: clock.now)]))
      }
    } catch {
      return
    }
  }

  private func heartbeat() async -> WatchDetail.Heartbeat {
    let tally = origin.govern { governor, _ in governor.takeTally() }
    var rooms = 0
    var people = 0
    for poller in pollersInOrder {
      guard let count = await poller.participantCount else { continue }
      rooms += 1
      people += count
    }
    return WatchDetail.Heartbeat(
      conferences: rooms, participants: people, polls: tally.polls, failures: tally.failures + tally.discoveryFailures,
      pollDelayMedian: tally.delays.percentile(50), pollDelay99thPercentile: tally.delays.percentile(99),
      undelivered: await undelivered())
  }
}

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
    guard events.undelivered(to: target) > 0, let done = try? await events.cursor(of: target).done else { return nil }
    return try? await events.events(after: done, limit: 1).first?.timestamp
  }
}
