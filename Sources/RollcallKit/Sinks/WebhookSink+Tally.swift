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

    /// Whether somebody misses an event.
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
