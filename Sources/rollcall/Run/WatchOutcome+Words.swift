import RollcallCore
import RollcallKit

extension WatchOutcome {
  /// Returns the exit status, and logs what was lost.
  func status(of subject: WatchSubject, isDurable: Bool, log: StandardError) -> Int32 {
    let hasLoss = reportLoss(isDurable: isDurable, log)
    if let output, output != .cancelled { return StandardOutput.status(after: output, log) }
    let status = cause.status(of: subject)
    return (status == .done && hasLoss ? .tryLater : status).code
  }

  /// Logs what was not delivered, if anything.
  ///
  /// - Returns: whether events are lost; those in a state file are not.
  private func reportLoss(isDurable: Bool, _ log: StandardError) -> Bool {
    let fate = NoticeLog.fate(isDurable: isDurable)
    // A reader such as `head` has what it wanted.
    if unwritten > 0, output != .readerGone {
      log.conclude(.warning, "\(EventCount.past(unwritten)) not written to standard output\(fate)")
    }
    let short = webhooks.filter(\.tally.hasLoss)
    for report in short {
      let tally = report.tally
      log.conclude(
        .warning,
        "webhook \(report.label): \(EventCount.past(tally.delivered)) delivered, "
          + "\(EventCount.pastAlone(tally.undelivered)) not, "
          + "\(EventCount.pastAlone(tally.deadLetters)) given up\(fate)")
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
    case .discovery(let outcome): outcome.status
    case .conferences(let endings): Self.status(of: subject.conferences.compactMap { endings[$0] })
    }
  }

  private static func status(of failure: StoreFailure) -> ExitStatus {
    switch failure.kind {
    case .damaged, .newer: .damagedData
    case .busy, .inUse: .tryLater
    case .full, .foreign, .otherRedaction, .displaced, .cannotOpen, .inputOutput: .inputOutput
    }
  }

  private static func status(of outcomes: [PollOutcome]) -> ExitStatus {
    let statuses = outcomes.filter { $0 != .over }.map(\.status)
    if statuses.contains(.unauthorised) { return .unauthorised }
    return statuses.isEmpty && !outcomes.isEmpty || statuses.contains(.unavailable) ? .unavailable : .done
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
    _ outcome: PollOutcome, of subject: WatchSubject, at provider: Provider, isSingleScan: Bool,
    on log: StandardError
  ) {
    switch outcome {
    case .ended, .complete: break
    case .unknown, .over:
      let remedy = isSingleScan ? "give --wait if that is not an error" : "--wait waits for one"
      log.log(.error, "no \(subject.text) are in progress; \(remedy)")
    case .failed(let failure) where failure.isRefusal:
      log.log(.error, APIErrorText.advice(for: failure, about: .conferences, of: provider))
    case .failed(let failure):
      let advice = APIErrorText.advice(for: failure, about: .conferences, of: provider)
      log.log(.error, "could not watch \(subject.text): \(advice)")
    }
  }

  private static func report(
    _ outcome: PollOutcome, of conference: ConferenceSID, at provider: Provider, on log: StandardError
  ) {
    switch outcome {
    case .unknown:
      log.log(
        .error, "there is no conference \(conference); rollcall conferences lists the sids, --name NAME watches by name"
      )
    case .failed(let failure) where failure.isRefusal:
      log.log(.error, APIErrorText.advice(for: failure, about: .conference, of: provider))
    case .failed(let failure):
      let advice = APIErrorText.advice(for: failure, about: .conference, of: provider)
      log.log(.error, "\(conference) could not be watched: \(advice)")
    // An ended conference was logged when it was found.
    case .complete, .ended, .over: break
    }
  }
}

extension PollOutcome {
  fileprivate var status: ExitStatus {
    switch self {
    case .complete, .ended: .done
    case .unknown, .over: .unavailable
    case .failed(let failure): failure.isRefusal ? .unauthorised : .unavailable
    }
  }
}
