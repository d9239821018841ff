package import RollcallCore

/// A report on the health of a run.
package struct HealthReport: Sendable {
  package struct Target: Sendable {
    /// The target's name in the state file; never a URL.
    package var name: String
    package var tally: WebhookSink.Tally
    /// How long the oldest event has been waiting; zero if none is.
    package var oldestAge: Duration

    package init(name: String, tally: WebhookSink.Tally = .init(), oldestAge: Duration = .zero) {
      self.name = name
      self.tally = tally
      self.oldestAge = oldestAge
    }
  }

  package var vitals = WatchVitals()
  /// The number of events of this run by type.
  package var events: [EventType: Int] = [:]
  /// How often this run has raised each alert, by its name.
  package var alerts: [String: Int] = [:]
  package var targets: [Target] = []
  /// The number of bytes received from the space.
  package var receivedBytes = 0

  package init() {}
}

/// Heartbeats, the sign of life of a run.
extension PollerSet {
  /// Emits a heartbeat at every tick until the task is cancelled. A tick that has passed is skipped.
  func beat(every interval: Duration) async {
    let start = loop.now
    do throws(CancellationError) {
      while true {
        // In whole milliseconds, because a rounded quotient could repeat the last tick.
        let ticks = start.duration(to: loop.now).wholeMilliseconds / interval.wholeMilliseconds + 1
        try await loop.sleep(until: start.advanced(by: interval * ticks))
        // While nobody reads, or nothing can be stored, a heartbeat would only add to the backlog.
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

/// The timestamp of each target's oldest undelivered event.
///
/// The store is read apart from the health reports, which must not wait for a disk.
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

  /// Returns how long a target's oldest event has been waiting; zero if none is, or the store has not answered yet.
  func age(of target: String) -> Duration {
    guard let time = times[target] else { return .zero }
    return max(.zero, outputs.clock.now - time)
  }

  /// Reads the store regularly until the task is cancelled.
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
