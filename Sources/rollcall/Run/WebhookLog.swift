import RollcallCore
import RollcallKit

/// Tells people what happens to a webhook; its URL is never told.
enum WebhookLog {
  static func tell(_ notice: WebhookNotice, of target: WebhookTarget, on log: StandardError) {
    let (level, text) = line(for: notice)
    log.log(level, "webhook \(target.label): \(text)")
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
