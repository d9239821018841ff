package import RollcallCore

/// How a watch ended.
package struct WatchOutcome: Sendable {
  /// Why watching ended.
  package enum Cause: Sendable {
    /// The outcome of each conference named by sid, except those still being watched.
    case conferences([ConferenceSID: PollOutcome])
    case discovery(PollOutcome)
    case signal
    case duration
    case output(LineWriter.Ending)
    case store(StoreFailure)
    case cancelled
  }

  package var cause: Cause
  /// Why lines could no longer be written; nil if all were.
  package var output: LineWriter.Ending?
  /// The number of lines that were not written.
  package var unwritten = 0
  /// The delivery report of each webhook.
  package var webhooks: [WebhookSinks.Report] = []
}

extension WatchOutcome.Cause {
  /// Returns the reason in `watch.stopped`.
  ///
  /// - Parameter conferences: the conferences watched by sid.
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

/// A notice about the polls of a watch.
package enum PollNotice: Sendable, Equatable {
  /// Requests to the provider fail, or work again. `timeLeft` is how long the start still retries before it gives up; nil
  /// if the watch goes on whatever happens.
  case origin(OriginGovernor.Notice, timeLeft: Duration? = nil)
  /// The conference had ended before it could be watched. `othersGoOn` says whether others are still watched.
  case over(ConferenceSID, othersGoOn: Bool)
  /// There is no conference to watch yet; discovery goes on looking.
  case noneFound
  /// Every listed status is `completed` although the conference has not ended: the participants count as present.
  case statusesSayNothing(ConferenceSID)
  /// The provider refuses to confirm whether an absent participant has left.
  case confirmationRefused(ConferenceSID)
  /// The provider refuses call look-ups to this token.
  case callsRefused
  /// A list changed while its `ETag` did not; tags are not used from now on.
  case etagsRepeat
  /// Polling all conferences at their interval needs more requests per second than allowed; `worstCase` is the longest
  /// time between two polls of one.
  case overBudget(needed: Int, allowed: Int, worstCase: Duration)
}

/// A notice about a watch.
package enum WatchNotice: Sendable {
  case polls(PollNotice)

  // MARK: The store

  case store(RunStore.Notice)
  /// The store no longer has an event's frozen bytes, so it is not delivered.
  case damaged(sequence: UInt64)
  /// What could not be saved at the end of the watch: commits that were given up, or cursors, with the reason. Each is
  /// nil if all were saved.
  case notSaved(RunStore.Losses?, cursors: StoreFailure?)

  // MARK: Webhooks

  case webhook(WebhookTarget, WebhookNotice)
  case webhookAdded(WebhookTarget)
  /// The webhook's filter, maximum age or format changed.
  case webhookChanged(WebhookTarget)
  /// The webhook was removed and gets no more events.
  case webhookRemoved(WebhookTarget)
  /// The removed webhook still had undelivered events.
  case webhookLeft(WebhookTarget, undelivered: Int)

  // MARK: The watch

  /// All files are being read again.
  case reloading
  /// Watching has ended; stored events are still being delivered.
  case ended(WatchOutcome.Cause)
  /// The watch still retries this failing webhook for at most this time before it ends. `isSignalled` says whether a
  /// signal has asked for the end, so that another one ends it at once.
  case draining(WebhookSinks.Report, for: Duration, isSignalled: Bool)
}
