import RollcallCore
import RollcallKit

/// Logs the notices of a watch. URLs of webhooks are never shown.
struct NoticeLog: Sendable {
  /// Returns the end of messages about undelivered events.
  static func fate(isDurable: Bool) -> String {
    isDurable ? "; the state file keeps them" : "; a state file would keep them"
  }

  let log: StandardError
  let subject: WatchSubject
  let provider: Provider
  let isDurable: Bool
  /// Whether the run scans each conference once.
  let isSingleScan: Bool

  func take(_ notice: WatchNotice) {
    switch notice {
    case .polls(let notice): PollLog.show(notice, of: provider, on: log)
    case .store(.waiting(let failure)):
      log.log(.warning, "\(Self.text(of: failure)); conferences with changes wait until the changes can be saved")
    case .store(.storedAgain(let failure)): log.log(.notice, "\(Self.end(of: failure)); all changes are saved")
    case .damaged(let sequence):
      log.log(.warning, "event \(sequence) in the state file is damaged; it is given up")
    case .notSaved(let losses, let cursors): report(losses, cursors: cursors)
    case .webhook(let target, let notice):
      let (level, text) = Self.line(for: notice)
      log.log(level, "webhook \(target.label): \(text)")
    case .webhookAdded(let target):
      log.log(.notice, "webhook \(target.label) was added: it gets events from now on")
    case .webhookChanged(let target):
      log.log(.notice, "webhook \(target.label): its new filter, max_age and format are in effect")
    case .webhookRemoved(let target):
      log.log(.notice, "webhook \(target.label) was removed: it gets no more events")
    case .webhookLeft(let target, let count):
      let fate = Self.fate(isDurable: isDurable)
      log.log(.warning, "webhook \(target.label): \(EventCount.past(count)) not delivered\(fate)")
    case .reloading: log.log(.notice, "reloading token, certificates, names and webhooks")
    case .ended(let cause): cause.report(of: subject, at: provider, isSingleScan: isSingleScan, on: log)
    case .draining(let report, let time, let isSignalled):
      let waiting = EventCount.text(report.tally.undelivered)
      let signal = isSignalled ? "another signal (Ctrl-C) exits" : "two signals (Ctrl-C twice) exit"
      log.log(
        .notice,
        "webhook \(report.label): \(waiting) not delivered yet; retrying for up to \(Self.seconds(time)); "
          + "\(signal) at once")
    }
  }

  /// Returns a time in whole seconds, rounded up.
  static func seconds(_ time: Duration) -> String { "\((time.wholeMilliseconds + 999) / 1000) s" }

  /// Logs what could not be saved at the end of a run.
  private func report(_ losses: RunStore.Losses?, cursors: StoreFailure?) {
    guard losses != nil || cursors != nil else { return }
    let reason = (losses?.reason ?? cursors).map(Self.text(of:)) ?? "the run ended"
    var (lost, results): ([String], [String]) = ([], [])
    if let losses {
      lost.append(losses.events > 0 ? EventCount.text(losses.events) : "the times of the last scans")
      results.append("the next run continues from what was saved before")
    }
    if cursors != nil {
      lost.append("delivery progress")
      results.append("some events will be delivered again")
    }
    let list = lost.joined(separator: " and ")
    log.conclude(.warning, "\(list) not saved: \(reason); \(results.joined(separator: ", and "))")
  }

  private static func text(of failure: StoreFailure) -> String {
    switch failure.kind {
    case .full: "there is no room for the state file: \(failure.reason)"
    case .busy: "another program holds a lock on the state file"
    case .damaged, .newer, .foreign, .otherRedaction, .inUse, .displaced, .cannotOpen, .inputOutput: failure.reason
    }
  }

  private static func end(of failure: StoreFailure) -> String {
    switch failure.kind {
    case .full: "there is room for the state file again"
    case .busy: "the state file is no longer locked"
    case .damaged, .newer, .foreign, .otherRedaction, .inUse, .displaced, .cannotOpen, .inputOutput:
      "the state file can be written again"
    }
  }

  private static func line(for notice: WebhookNotice) -> (StandardError.Level, String) {
    switch notice {
    case .deadLetter(let id, let count, let reason, let answer):
      (
        reason == .overflow || reason == .damaged ? .detail : .warning,
        "\(id) \(count == 1 ? "was" : "and \(count - 1) more from its poll were") given up: \(answer ?? text(of: reason))"
      )
    case .attemptFailed(let id, let reason, let isFirst):
      (isFirst ? .warning : .detail, "\(id) will be retried: \(reason)")
    case .circuitOpened:
      (
        .warning,
        "nothing was accepted for \(TargetCircuit.openAfter.components.seconds) s; sending one event at a time"
      )
    case .acceptedAgain, .circuitClosed: (.notice, "events are accepted again")
    case .gone(let answer): (.warning, "\(answer); it gets no more events in this run")
    case .overflow(let bound):
      (.warning, "more than \(bound) undelivered events; the oldest are given up")
    }
  }

  private static func text(of reason: DeadLetterReason) -> String {
    switch reason {
    case .rejected(let status): "answered \(status)"
    case .targetGone: "the webhook wants no more events"
    case .tooOld: "too old"
    case .failedRepeatedly: "failed repeatedly while other events were delivered"
    case .overflow: "too many undelivered events"
    case .damaged: "damaged in the state file"
    }
  }
}

/// Logs the notices about a run's polls.
enum PollLog {
  static func show(_ notice: PollNotice, of provider: Provider, on log: StandardError) {
    switch notice {
    case .origin(.failing(.poll(let conference), let failure), let timeLeft):
      let text = text(of: failure, about: .conference, provider)
      log.log(.warning, "\(conference): \(text); retrying\(end(after: timeLeft))")
    case .origin(.failing(.discovery, let failure), let timeLeft?):
      let text = text(of: failure, about: .conferences, provider)
      log.log(.warning, "discovery: \(text); retrying\(end(after: timeLeft))")
    case .origin(.failing(.discovery, let failure), nil):
      let text = text(of: failure, about: .conferences, provider)
      log.log(.warning, "discovery: \(text); new conferences are not found until a retry succeeds")
    case .origin(.recovered(.poll), _): log.log(.notice, "all polls succeed again")
    case .origin(.recovered(.discovery), _): log.log(.notice, "discovery: a retry succeeded")
    case .statusesSayNothing(let conference):
      log.log(
        .warning,
        "\(conference): every participant in the list has the status completed, but the conference is not reported as"
          + " completed; they count as in the room")
    case .confirmationRefused(let conference):
      log.log(
        .warning,
        "\(conference): the provider refuses to confirm whether absent participants have left (401 or 403): they stay in the room"
          + " until 30 consecutive scans and 60 s without them; check what the token may read, or give --confirm-left none"
      )
    case .over(let conference, let othersGoOn):
      log.log(
        .warning, "the conference \(conference) has already ended" + (othersGoOn ? "; watching the others" : ""))
    case .callsRefused:
      log.log(
        .warning, "the provider refuses call look-ups: give the token the right to read calls, or leave --enrich out")
    case .etagsRepeat:
      log.log(
        .warning,
        "the provider kept the ETag of a list that changed: rollcall no longer uses ETags and requests whole lists")
    case .noneFound: log.log(.notice, "no conference to watch yet; waiting for one to start")
    case .overBudget(let needed, let allowed, let worstCase):
      let longest = DurationText.format(.seconds((worstCase.wholeMilliseconds + 999) / 1000))
      log.log(
        .warning,
        "polling every conference at its interval needs \(needed) requests a second, but \(allowed) are allowed: each is polled "
          + "within \(longest); raise --max-requests-per-second or --interval, or use --shard")
    }
  }

  private static func end(after timeLeft: Duration?) -> String {
    timeLeft.map { "; rollcall exits if no retry succeeds within \(NoticeLog.seconds($0))" } ?? ""
  }

  private static func text(
    of failure: ScanFailure, about resource: RequestedResource, _ provider: Provider
  ) -> String {
    // A failure that will not go away by itself needs advice.
    failure.isPermanent || failure.isRefusal || failure.remedy != nil
      ? APIErrorText.advice(for: failure, about: resource, of: provider) : failure.text
  }
}
