package import RollcallCore

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
  /// Whether lists of conferences arrive in time; nil where none is asked for.
  package var discovery: Discovery.Health?

  package init() {}

  /// Whether the run knows what it watches, and has scanned all of it. Where discovery finds nothing, that is nothing.
  package var isReady: Bool {
    guard unscanned == 0 else { return false }
    return discovery.map { $0 != .unanswered } ?? (conferences > 0)
  }
}

extension ConferenceWatch {
  /// Looks at every conference; cheap enough for once in a second.
  package func vitals() async -> WatchVitals {
    var vitals = WatchVitals()
    (vitals.polls, vitals.requests, vitals.worstCase, vitals.lastComplete) = origin.govern { governor, _ in
      (governor.totals, governor.budget.requests, governor.budget.worstCase, governor.lastComplete)
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
