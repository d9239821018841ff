import RollcallCore
import RollcallKit

/// Why watching ended.
enum WatchEnding: Sendable {
  case conferences([ConferenceSID: ConferenceWatcher.Ending])
  case signal
  case duration
  case output(LineWriter.Ending)
  case nothing

  /// What the stream and the exit status tell of it; mistakes are logged.
  func judge(of conferences: [ConferenceSID], log: StandardError) -> (reason: StopReason, status: ExitStatus) {
    switch self {
    case .signal: (.signal, .done)
    case .duration: (.duration, .done)
    case .output(.readerGone): (.readerGone, .inputOutput)
    case .output, .nothing: (.error, .inputOutput)
    case .conferences(let endings): Self.judge(endings, of: conferences, log: log)
    }
  }

  private static func judge(
    _ endings: [ConferenceSID: ConferenceWatcher.Ending], of conferences: [ConferenceSID], log: StandardError
  ) -> (reason: StopReason, status: ExitStatus) {
    var worst: (StopReason, ExitStatus)?
    var hasScanned = false
    var left = 0
    for conference in conferences {
      switch endings[conference] {
      case .unauthorised:
        log.log(.error, "the space refused the token; check SIGNALWIRE_API_TOKEN and that it has the Voice scope")
        worst = (.error, .unauthorised)
      case .unknown:
        log.log(.error, "there is no conference \(conference); give the sid of a conference in progress")
        worst = worst ?? (.error, .unavailable)
      case .unreachable(let reason):
        log.log(.error, "\(conference) could not be watched: \(reason)")
        worst = worst ?? (.error, .unavailable)
      case .over:
        log.log(.warning, "the conference \(conference) is over already")
        left += 1
      case .scannedOnce: hasScanned = true
      case .ended, .cancelled, nil: break
      }
    }
    if let worst { return worst }
    if left == conferences.count { return (.error, .unavailable) }
    return (hasScanned ? .once : .conferenceEnded, .done)
  }
}
