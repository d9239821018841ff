import RollcallCore
import RollcallKit

extension WatchOutcome {
  /// The exit status; what is lost is logged.
  func status(of subject: WatchSubject, isDurable: Bool, log: StandardError) -> Int32 {
    let hasLoss = reportLoss(isDurable: isDurable, log)
    if let output, output != .cancelled { return StandardOutput.status(after: output, log) }
    let status = cause.status(of: subject)
    return (status == .done && hasLoss ? .tryLater : status).code
  }

  /// Says what has not been delivered, if anything has not.
  ///
  /// - Returns: whether something is lost: what a state file keeps is not.
  private func reportLoss(isDurable: Bool, _ log: StandardError) -> Bool {
    let consolation = isDurable ? NoticeLog.consolation : ""
    // A reader such as head has had what it wanted.
    if unwritten > 0, output != .readerGone {
      log.conclude(.warning, "\(EventCount.past(unwritten)) not written to standard output\(consolation)")
    }
    let short = webhooks.filter(\.tally.hasLoss)
    for report in short {
      let tally = report.tally
      log.conclude(
        .warning,
        "webhook \(report.label): \(EventCount.past(tally.delivered)) delivered, "
          + "\(EventCount.pastAlone(tally.undelivered)) not, "
          + "\(EventCount.pastAlone(tally.deadLetters)) given up\(consolation)")
    }
    return (unwritten > 0 || !short.isEmpty) && !isDurable
  }
}

extension WatchOutcome.Cause {
  func status(of subject: WatchSubject) -> ExitStatus {
    switch self {
    case .signal, .duration: .done
    case .output, .cancelled: .inputOutput
    case .store(let failure): Self.status(of: failure)
    case .discovery(.conferencesEnded), .discovery(.scannedOnce): .done
    case .discovery(.notFound), .discovery(.unreachable): .unavailable
    case .discovery(.unauthorised): .unauthorised
    case .conferences(let endings): Self.status(of: subject.conferences.compactMap { endings[$0] })
    }
  }

  private static func status(of failure: StoreFailure) -> ExitStatus {
    switch failure.kind {
    case .damaged, .newer: .damagedData
    case .busy, .held: .tryLater
    case .full, .foreign, .otherRedaction, .displaced, .cannotOpen, .inputOutput: .inputOutput
    }
  }

  private static func status(of endings: [ConferencePoller.Ending]) -> ExitStatus {
    if endings.contains(.unauthorised) { return .unauthorised }
    let isUnavailable = endings.contains { ending in
      switch ending {
      case .unknown, .unreachable: true
      case .ended, .over, .unauthorised, .scannedOnce, .cancelled: false
      }
    }
    if isUnavailable { return .unavailable }
    return !endings.isEmpty && endings.allSatisfy { $0 == .over } ? .unavailable : .done
  }

  /// Logs what went wrong.
  func report(of subject: WatchSubject, at provider: Provider, isSingleScan: Bool, on log: StandardError) {
    switch self {
    case .signal, .duration, .output, .cancelled: break
    case .store(let failure): log.log(.error, "the state file cannot be written: \(failure.reason)")
    case .discovery(let ending): Self.report(ending, of: subject, at: provider, isSingleScan: isSingleScan, on: log)
    case .conferences(let endings):
      for conference in subject.conferences {
        if let ending = endings[conference] { Self.report(ending, of: conference, at: provider, on: log) }
      }
    }
  }

  private static func report(
    _ ending: Discovery.Ending, of subject: WatchSubject, at provider: Provider, isSingleScan: Bool,
    on log: StandardError
  ) {
    switch ending {
    case .conferencesEnded, .scannedOnce: break
    case .notFound:
      let remedy = isSingleScan ? "give --wait where that is no error" : "--wait waits for one"
      log.log(.error, "no conference of \(subject.text) is in progress; \(remedy)")
    case .unauthorised: log.log(.error, APIErrorText.advice(for: .unauthorised, of: provider))
    case .unreachable(let failure):
      let advice = APIErrorText.advice(for: failure, of: provider)
      log.log(.error, "the space could not be asked for \(subject.text): \(advice)")
    }
  }

  private static func report(
    _ ending: ConferencePoller.Ending, of conference: ConferenceSID, at provider: Provider, on log: StandardError
  ) {
    switch ending {
    case .unauthorised: log.log(.error, APIErrorText.advice(for: .unauthorised, of: provider))
    case .unknown:
      log.log(.error, "there is no conference \(conference); give the sid of a conference in progress")
    case .unreachable(let failure):
      let advice = APIErrorText.advice(for: failure, of: provider)
      log.log(.error, "\(conference) could not be watched: \(advice)")
    case .over: log.conclude(.warning, "the conference \(conference) is over already")
    case .scannedOnce, .ended, .cancelled: break
    }
  }
}
