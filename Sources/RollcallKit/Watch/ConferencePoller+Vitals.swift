import RollcallCore

/// What a poller tells of how it is doing.
extension ConferencePoller {
  /// No poll takes so long: a request has 15 s, and few polls need several.
  private static let longestPoll: Duration = .seconds(120)

  /// How it is doing; overdue is a poll that should have been over long ago, whatever the origin does. One that waits for the
  /// store for a known reason is not.
  func vitals() -> (people: Int, hasScanned: Bool, isInOutage: Bool, isOverdue: Bool) {
    (
      tracker.room.participants.count, hasScanned, tracker.isInOutage(at: now()),
      isOverdue
    )
  }

  private var isOverdue: Bool {
    guard !isWaitingForStore else { return false }
    let (isClosed, openedAt, worstCase) = origin.govern { governor, now in
      (governor.closure(at: now) != nil, governor.openedAt(now), governor.budget.worstCase)
    }
    let since = max(dueAt, BootInstant(openedAt))
    return (isPolling || !isClosed) && loop.now > since.advanced(by: Self.longestPoll + worstCase)
  }

  private var isWaitingForStore: Bool { isPublishing && settings.storeObstacle() != nil }

  /// How many people are in the room; nil before the first complete scan.
  var participantCount: Int? { tracker.hasStarted ? tracker.room.participants.count : nil }
}
