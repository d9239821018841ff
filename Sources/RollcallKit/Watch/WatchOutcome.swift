package import RollcallCore

/// How a watch has ended.
package struct WatchOutcome: Sendable {
  /// Why watching ended.
  package enum Cause: Sendable {
    /// What each conference has come to that was named; those that were still being watched are not there.
    case conferences([ConferenceSID: PollOutcome])
    case discovery(PollOutcome)
    case signal
    case duration
    case output(LineWriter.Ending)
    case store(StoreFailure)
    case cancelled
  }

  package var cause: Cause
  /// Why lines can no longer be written; nil where all were.
  package var output: LineWriter.Ending?
  /// Lines that were not written.
  package var unwritten = 0
  /// What became of the webhooks' events.
  package var webhooks: [WebhookSinks.Report] = []
}

extension WatchOutcome.Cause {
  /// The reason that `watch.stopped` gives.
  ///
  /// - Parameter conferences: those that were watched by sid.
  func reason(of conferences: [ConferenceSID]) -> StopReason {
    switch self {
    case .signal: .signal
    case .duration: .duration
    case .output(.readerGone): .readerGone
    case .output, .cancelled, .store: .error
    case .conferences(let endings): Self.reason(of: conferences, endings)
    case .discovery(.ended): .conferenceEnded
    case .discovery(.complete): .once
    case .discovery(.unknown), .discovery(.failed), .discovery(.over): .error
    }
  }

  private static func reason(
    of conferences: [ConferenceSID], _ endings: [ConferenceSID: PollOutcome]
  ) -> StopReason {
    var (hasScanned, over) = (false, 0)
    for conference in conferences {
      switch endings[conference] {
      case .failed, .unknown: return .error
      case .over: over += 1
      case .complete: hasScanned = true
      case .ended, nil: break
      }
    }
    if !conferences.isEmpty, over == conferences.count { return .error }
    return hasScanned ? .once : .conferenceEnded
  }
}

/// What people should know of the polls of a watch.
package enum PollNotice: Sendable, Equatable {
  /// What of the provider fails, or no longer does.
  case origin(OriginGovernor.Notice)
  /// The conference was over before it could be watched, and whether others are watched all the same.
  case over(ConferenceSID, othersGoOn: Bool)
  /// There is no conference to watch yet; one that comes is found.
  case noneFound
  /// Every status in the conference's list is `completed`, and it has not ended: the participants count as in the room.
  case statusesSayNothing(ConferenceSID)
  /// The provider refuses to say whether an absent participant of the conference is gone.
  case confirmationRefused(ConferenceSID)
  /// The provider tells this token nothing of calls.
  case callsRefused
  /// A list changed and its `ETag` did not; tags are no longer used.
  case etagsRepeat
  /// Polls of all conferences at their interval need more requests per second than are allowed; each is polled within the
  /// worst case.
  case overBudget(needed: Int, allowed: Int, worstCase: Duration)
}

/// What people should know of a watch.
package enum WatchNotice: Sendable {
  case polls(PollNotice)

  // MARK: The store

  case store(RunStore.Notice)
  /// The store no longer has an event as it was: nobody gets it.
  case damaged(sequence: UInt64)
  /// What the end of the watch could not save: commits that were given up, and why the store does not know how far targets
  /// are, where it does not.
  case notSaved(RunStore.Losses?, cursors: StoreFailure?)

  // MARK: Webhooks

  case webhook(WebhookTarget, WebhookNotice)
  case webhookAdded(WebhookTarget)
  /// Its filter, maximum age or format has changed.
  case webhookChanged(WebhookTarget)
  /// It gets no more events.
  case webhookRemoved(WebhookTarget)
  /// One that was removed has not got so many events.
  case webhookLeft(WebhookTarget, undelivered: Int)

  // MARK: The watch

  /// Everything that lies in files is read again.
  case reloading
  /// Watching is over; what is stored is still being delivered.
  case ended(WatchOutcome.Cause)
  /// A webhook that fails is tried for so long before the watch ends.
  case draining(WebhookSinks.Report, for: Duration)
}
