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

  package init() {}

  /// Whether lists arrive as they should.
  package var isReady: Bool { vitals.isReady && vitals.stalled == 0 }

  /// One line for people, such as a service manager shows.
  package var line: String {
    let waiting = targets.reduce(0) { $0 + $1.tally.undelivered }
    return "conferences: \(vitals.conferences), of which not scanned for too long: \(vitals.stalled); "
      + "people: \(vitals.participants); events to deliver: \(waiting)"
  }
}
