package import RollcallCore

/// What a run says of its health, in the words of those who ask.
package struct HealthReport: Sendable {
  package struct Target: Sendable {
    /// As the state file knows it; never a URL.
    package var name: String
    package var tally: WebhookSink.Tally
    /// How long the oldest event has been waiting; zero where none is.
    package var oldestAge: Duration

    package init(name: String, tally: WebhookSink.Tally = .init(), oldestAge: Duration = .zero) {
      self.name = name
      self.tally = tally
      self.oldestAge = oldestAge
    }
  }

  package var vitals = WatchVitals()
  /// Events of this run by type.
  package var events: [EventType: Int] = [:]
  package var targets: [Target] = []
  /// Bytes of the space's replies.
  package var receivedBytes = 0

  package init() {}
}
