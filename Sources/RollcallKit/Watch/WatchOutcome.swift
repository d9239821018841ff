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
