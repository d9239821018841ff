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
  /// The number of hints so far.
  package var hints = 0

  package init() {}
}

/// How a run is doing.
package struct WatchVitals: Sendable, Equatable {
  package var conferences = 0
  package var participants = 0
  /// The polls since the run began.
  package var polls = PollTally()
  /// The number of requests sent to the origin since the run began.
  package var requests = 0
  /// The longest time between two polls of a conference.
  package var worstCase: Duration = .zero
  /// When the last scan was complete; nil before the first.
  package var lastComplete: Timestamp?
  /// The number of conferences without a complete scan in this run.
  package var unscanned = 0
  /// The number of conferences that have been without a complete scan for too long.
  package var stalled = 0
  /// The number of conferences whose poll is overdue for a reason that is not the provider's.
  package var overdue = 0
  /// The changes found since the run began.
  package var changes = ChangeTally()
  /// Whether discovery answers arrive in time; nil without discovery.
  package var discovery: ConferenceDiscovery.Health?

  package init() {}

  /// Whether the run knows which conferences to watch, and has scanned them all. Discovery may have found none.
  package var isReady: Bool {
    guard unscanned == 0 else { return false }
    return discovery.map { $0 != .unanswered } ?? (conferences > 0)
  }
}

extension PollerSet {
  /// Returns how all conferences are doing; cheap enough for once a second.
  package func vitals() async -> WatchVitals {
    var vitals = WatchVitals()
    (vitals.polls, vitals.requests, vitals.worstCase, vitals.lastComplete, vitals.changes) =
      origin.govern { governor, _ in
        (
          governor.totals, governor.budget.requests, governor.budget.worstCase, governor.lastComplete, governor.changes
        )
      }
    vitals.discovery = await discovery?.health
    for poller in pollersInOrder {
      let (people, hasScanned, isInOutage, isOverdue) = await poller.vitals()
      vitals.conferences += 1
      vitals.participants += people
      if isOverdue { vitals.overdue += 1 }
      if !hasScanned { vitals.unscanned += 1 } else if isInOutage { vitals.stalled += 1 }
    }
    return vitals
  }
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
