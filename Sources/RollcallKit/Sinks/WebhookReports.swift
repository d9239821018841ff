package import RollcallCore

/// A notice about a webhook.
package enum WebhookNotice: Sendable, Equatable {
  /// `count` events sent in one request were given up; `id` is the first one's. `answer` is the receiver's answer, if
  /// that is why.
  case deadLetter(id: String, count: Int = 1, DeadLetterReason, answer: String? = nil)
  /// An attempt failed and will be retried. `reason` names only the webhook's host. `isFirst` says whether it is the
  /// first one since every earlier failure was followed by a success.
  case attemptFailed(id: String, reason: String, isFirst: Bool)
  /// Nothing that failed waits any more, and an event was accepted; only while the circuit is closed.
  case acceptedAgain
  /// The webhook has accepted nothing for ``TargetCircuit/openAfter``: requests are sent one at a time.
  case circuitOpened
  /// The first success since the circuit opened.
  case circuitClosed
  /// The webhook wants no more events and gave this answer.
  case gone(answer: String)
  /// More events than `bound` wait, so the oldest are given up; emitted once.
  case overflow(bound: Int)
}

extension WebhookSink {
  /// Counts of a webhook's events.
  package struct Tally: Sendable, Equatable {
    package var delivered = 0
    package var deadLetters = 0
    package var undelivered = 0
    /// The number of failed attempts whose events had to be retried.
    package var failedAttempts = 0

    package init(delivered: Int = 0, deadLetters: Int = 0, undelivered: Int = 0, failedAttempts: Int = 0) {
      self.delivered = delivered
      self.deadLetters = deadLetters
      self.undelivered = undelivered
      self.failedAttempts = failedAttempts
    }

    /// Whether any event was not delivered.
    package var hasLoss: Bool { deadLetters > 0 || undelivered > 0 }

    /// The counts of finished events.
    package var withoutUndelivered: Tally {
      var tally = self
      tally.undelivered = 0
      return tally
    }

    package static func += (left: inout Tally, right: Tally) {
      left.delivered += right.delivered
      left.deadLetters += right.deadLetters
      left.undelivered += right.undelivered
      left.failedAttempts += right.failedAttempts
    }
  }
}

extension WebhookSinks {
  /// How one webhook is doing.
  package struct Report: Sendable {
    /// The webhook's name in the store; never a URL.
    package var name: String
    package var label: String
    package var tally: WebhookSink.Tally
    package var isFailing: Bool
  }
}
