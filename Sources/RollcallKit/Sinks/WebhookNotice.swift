package import RollcallCore

/// What people should know of a webhook.
package enum WebhookNotice: Sendable, Equatable {
  /// Events were given up: so many that went out as one, of which this is the first, and what was answered, where that
  /// is why.
  case deadLetter(id: String, count: Int = 1, DeadLetterReason, answer: String? = nil)
  /// An attempt failed and will be made again; the reason names the host at most. The first is the first since something
  /// was taken.
  case attemptFailed(id: String, reason: String, isFirst: Bool)
  /// Nothing has been taken for a while.
  case out
  /// The target takes events again.
  case back
  /// The target wants no more events, by this answer.
  case gone(answer: String)
  /// So many events wait that the oldest are given up; told once.
  case overflow(bound: Int)
}
