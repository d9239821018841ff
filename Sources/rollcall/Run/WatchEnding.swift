import RollcallCore
import RollcallKit

/// Why watching ended.
enum WatchEnding: Sendable {
  case conferences([ConferenceSID: ConferenceWatcher.Ending])
  case discovery(Discovery.Ending)
  case signal
  case duration
  case output(LineWriter.Ending)
  case store(StoreFailure)
  case nothing

  /// What the stream and the exit status tell of it; mistakes are logged.
  ///
  /// - Parameter isSingleScan: whether one scan of each conference was all there was to do.
  func judge(
    of subject: WatchSubject, at provider: Provider, isSingleScan: Bool, log: StandardError
  ) -> (reason: StopReason, status: ExitStatus) {
    switch self {
    case .signal: (.signal, .done)
    case .duration: (.duration, .done)
    case .output(.readerGone): (.readerGone, .inputOutput)
    case .output, .nothing: (.error, .inputOutput)
    case .store(let failure): Self.judge(failure, log: log)
    case .conferences(let endings): Self.judge(endings, of: subject.conferences, at: provider, log: log)
    case .discovery(let ending):
      Self.judge(ending, of: subject, at: provider, isSingleScan: isSingleScan, log: log)
    }
  }

  private static func judge(_ failure: StoreFailure, log: StandardError) -> (reason: StopReason, status: ExitStatus) {
    log.log(.error, "the state file cannot be written: \(failure.reason)")
    return (.error, failure.kind == .damaged ? .damagedData : .inputOutput)
  }

  private static func judge(
    _ ending: Discovery.Ending, of subject: WatchSubject, at provider: Provider, isSingleScan: Bool, log: StandardError
  ) -> (reason: StopReason, status: ExitStatus) {
    switch ending {
    case .conferencesEnded: return (.conferenceEnded, .done)
    case .scannedOnce: return (.once, .done)
    case .notFound:
      let remedy = isSingleScan ? "give --wait where that is no error" : "--wait waits for one"
      log.log(.error, "no conference of \(subject.text) is in progress; \(remedy)")
      return (.error, .unavailable)
    case .unauthorised:
      log.log(.error, APIErrorText.advice(for: .unauthorised, of: provider))
      return (.error, .unauthorised)
    case .unreachable(let failure):
      let advice = APIErrorText.advice(for: failure, of: provider)
      log.log(.error, "the space could not be asked for \(subject.text): \(advice)")
      return (.error, .unavailable)
    }
  }

  private static func judge(
    _ endings: [ConferenceSID: ConferenceWatcher.Ending], of conferences: [ConferenceSID], at provider: Provider,
    log: StandardError
  ) -> (reason: StopReason, status: ExitStatus) {
    var worst: (StopReason, ExitStatus)?
    var hasScanned = false
    var left = 0
    for conference in conferences {
      switch endings[conference] {
      case .unauthorised:
        log.log(.error, APIErrorText.advice(for: .unauthorised, of: provider))
        worst = (.error, .unauthorised)
      case .unknown:
        log.log(.error, "there is no conference \(conference); give the sid of a conference in progress")
        worst = worst ?? (.error, .unavailable)
      case .unreachable(let failure):
        let advice = APIErrorText.advice(for: failure, of: provider)
        log.log(.error, "\(conference) could not be watched: \(advice)")
        worst = worst ?? (.error, .unavailable)
      case .over:
        log.log(.warning, "the conference \(conference) is over already")
        left += 1
      case .scannedOnce: hasScanned = true
      case .ended, .cancelled, nil: break
      }
    }
    if let worst { return worst }
    // All of them ended in an earlier run.
    if conferences.isEmpty { return (.conferenceEnded, .done) }
    if left == conferences.count { return (.error, .unavailable) }
    return (hasScanned ? .once : .conferenceEnded, .done)
  }
}
