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
  /// Whether every conference that is watched has been scanned in this run.
  package var isReady = false
  /// How many conferences have not been scanned for too long.
  package var stalled = 0
  /// How many should have been polled long ago, which no failure of the provider explains.
  package var overdue = 0

  package init() {}
}

extension ConferenceWatch {
  /// Looks at every conference; cheap enough for once in a second.
  package func vitals() async -> WatchVitals {
    var vitals = WatchVitals()
    let totals = meter.totals
    vitals.polls = totals.tally
    (vitals.requests, vitals.worstCase) = gate.pace.update { ($0.requests, $0.worstCase) }
    vitals.lastComplete = totals.lastComplete
    var isReady = totals.lastComplete != nil
    for watcher in watchersInOrder {
      let (people, hasScanned, isInGap, isOverdue) = await watcher.vitals()
      vitals.conferences += 1
      vitals.participants += people
      if isOverdue { vitals.overdue += 1 }
      if !hasScanned { isReady = false } else if isInGap { vitals.stalled += 1 }
    }
    vitals.isReady = isReady
    return vitals
  }
}
