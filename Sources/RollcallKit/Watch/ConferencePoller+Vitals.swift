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
      !isWaitingForStore && loop.now > dueAt.advanced(by: Self.longestPoll + gate.pace.worstCase)
    )
  }

  private var isWaitingForStore: Bool { isPublishing && settings.storeObstacle() != nil }

  /// How many people are in the room; nil before the first complete scan.
  var participantCount: Int? { tracker.hasStarted ? tracker.room.participants.count : nil }

  func count(_ outcome: ConferenceTracker.PollOutcome) {
    switch outcome {
    case .failed: meter.failed()
    case .complete, .ended:
      meter.completed(at: clock.now)
      outages.succeeded(.poll(of: tracker.room.conference))
    case .unknown, .over: break
    }
  }

  /// Tells people of what goes on although it has failed.
  func tell(_ outcome: ConferenceTracker.PollOutcome) {
    switch outcome {
    case .failed(let failure): outages.failed(.poll(of: tracker.room.conference), failure)
    case .unknown: outages.failed(.poll(of: tracker.room.conference), .notFound)
    case .complete, .ended, .over: break
    }
  }
}
