import RollcallCore
import RollcallKit

/// Puts what people should know of a watch into words. URLs of webhooks are never shown.
struct NoticeLog: Sendable {
  /// What follows where events were not delivered.
  static let consolation = "; the state file keeps them"

  let log: StandardError
  let subject: WatchSubject
  let provider: Provider
  let isDurable: Bool

  func take(_ notice: WatchNotice) {
    switch notice {
    case .polls(let notice): take(notice)
    case .diskFull:
      log.log(.warning, "there is no room on the disk for the state file; polls pause until there is")
    case .diskHasRoom: log.log(.notice, "there is room on the disk again; polls go on")
    case .cursorsNotSaved(let failure):
      log.log(.warning, "how far events were delivered is not saved, some come again: \(failure.reason)")
    case .webhook(let target, let notice):
      let (level, text) = Self.line(for: notice)
      log.log(level, "webhook \(target.label): \(text)")
    case .webhookAdded(let target):
      log.log(.notice, "webhook \(target.label) is new: it gets events from now on")
    case .webhookChanged(let target):
      log.log(.notice, "webhook \(target.label): its new filter, max_age and format count from now on")
    case .webhookRemoved(let target):
      log.log(.notice, "webhook \(target.label) is given no longer: it gets no more events")
    case .webhookLeft(let target, let count):
      let consolation = isDurable ? Self.consolation : ""
      log.log(.warning, "webhook \(target.label): \(EventCount.past(count)) not delivered\(consolation)")
    case .reloading: log.log(.notice, "token, certificates, names and webhooks are read again")
    case .ended(let cause): cause.report(of: subject, at: provider, on: log)
    case .draining(let report, let time):
      let count = report.tally.undelivered
      let waiting = EventCount.text(count) + (count == 1 ? " waits" : " wait")
      log.log(
        .notice, "webhook \(report.label): \(waiting); delivery is tried for \(time.components.seconds) s at most")
    }
  }

  private func take(_ notice: PollNotice) {
    switch notice {
    case .failing(let conference, let failure):
      log.log(.warning, "\(conference): \(Self.text(of: failure, provider)); it is tried again")
    case .recovered: log.log(.notice, "lists arrive again")
    case .callsRefused:
      log.log(
        .warning, "the provider tells nothing of calls: give the token the right to read them, or leave --enrich out")
    case .noneFound: log.log(.notice, "there is no such conference yet; it is looked for")
    case .overBudget(let needed, let allowed, let worstCase):
      let longest = DurationText.format(.seconds((worstCase.wholeMilliseconds + 999) / 1000))
      log.log(
        .warning,
        "polling every conference that often takes \(needed) requests a second, and \(allowed) are allowed: each is polled "
          + "within \(longest); raise --max-requests-per-second or --interval, or use --shard")
    }
  }

  private static func text(of failure: ScanFailure, _ provider: Provider) -> String {
    // An id of another kind fails for ever, for a reason that the status alone does not show.
    if case .unavailable(status: 405, _) = failure { return APIErrorText.advice(for: failure, of: provider) }
    return failure.text
  }

  private static func line(for notice: WebhookNotice) -> (StandardError.Level, String) {
    switch notice {
    case .deadLetter(let id, let count, let reason):
      (
        reason == .overflow ? .detail : .warning,
        "\(id) \(count == 1 ? "was" : "and \(count - 1) more of its poll were") given up: \(text(of: reason))"
      )
    case .attemptFailed(let id, let reason, let isFirst): (isFirst ? .warning : .detail, "\(id) waits: \(reason)")
    case .out:
      (.warning, "nothing was taken for \(DeliveryQueue.outAfter.components.seconds) s; one event is tried at a time")
    case .back: (.notice, "events are taken again")
    case .gone(let status): (.warning, "answered \(status); it gets no more events of this run")
    case .overflow(let bound):
      (.warning, "more than \(bound) events wait; the oldest are given up")
    }
  }

  private static func text(of reason: DeadLetterReason) -> String {
    switch reason {
    case .rejected(let status): "answered \(status)"
    case .targetGone: "the webhook wants no more events"
    case .tooOld: "too old"
    case .failedRepeatedly: "failed again and again while others were taken"
    case .overflow: "too many events wait"
    }
  }
}
