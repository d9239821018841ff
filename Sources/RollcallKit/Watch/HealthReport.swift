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
  /// Hints taken.
  package var hints = 0

  package init() {}
}

/// How a run is doing, for those who look after it.
package struct WatchVitals: Sendable, Equatable {
  package var conferences = 0
  package var participants = 0
  /// Polls since the run began.
  package var polls = PollTally()
  /// Requests sent to the origin since the run began.
  package var requests = 0
  /// The longest time between two polls of a conference.
  package var worstCase: Duration = .zero
  /// When the last complete scan was there; nil before the first.
  package var lastComplete: Timestamp?
  /// How many have had no complete scan in this run.
  package var unscanned = 0
  /// How many conferences have not been scanned for too long.
  package var stalled = 0
  /// How many should have been polled long ago, which no failure of the provider explains.
  package var overdue = 0
  /// Changes found since the run began.
  package var changes = ChangeTally()
  /// Whether lists of conferences arrive in time; nil where none is asked for.
  package var discovery: ConferenceDiscovery.Health?

  package init() {}

  /// Whether the run knows what it watches, and has scanned all of it. Where discovery finds nothing, that is nothing.
  package var isReady: Bool {
    guard unscanned == 0 else { return false }
    return discovery.map { $0 != .unanswered } ?? (conferences > 0)
  }
}

extension PollerSet {
  /// Looks at every conference; cheap enough for once in a second.
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
        guard settings.heldBack() == nil, settings.storeObstacle() == nil else { continue }
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
