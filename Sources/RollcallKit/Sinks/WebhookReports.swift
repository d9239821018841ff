package import RollcallCore

/// What people should know about a webhook.
package enum WebhookNotice: Sendable, Equatable {
  /// `count` events that go out in one request were given up; `id` is the first one's. `answer` is what the receiver
  /// said, if that is why.
  case deadLetter(id: String, count: Int = 1, DeadLetterReason, answer: String? = nil)
  /// An attempt failed and will be repeated. `reason` names no more of the webhook than its host. `isFirst` says
  /// whether it is the first failure since a success.
  case attemptFailed(id: String, reason: String, isFirst: Bool)
  /// Nothing has been taken for ``TargetCircuit/openAfter``: requests go out one at a time.
  case circuitOpened
  /// The webhook takes events again.
  case circuitClosed
  /// The webhook wants no more events and gave this answer.
  case gone(answer: String)
  /// More events than `bound` wait, so the oldest are given up; emitted once.
  case overflow(bound: Int)
}

extension WebhookSink {
  /// What became of the events.
  package struct Tally: Sendable, Equatable {
    package var delivered = 0
    package var deadLetters = 0
    package var undelivered = 0
    /// Attempts after which the event had to wait.
    package var failedAttempts = 0

    package init(delivered: Int = 0, deadLetters: Int = 0, undelivered: Int = 0, failedAttempts: Int = 0) {
      self.delivered = delivered
      self.deadLetters = deadLetters
      self.undelivered = undelivered
      self.failedAttempts = failedAttempts
    }

    /// Whether any event was not delivered.
    package var hasLoss: Bool { deadLetters > 0 || undelivered > 0 }

    /// What is done with.
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
