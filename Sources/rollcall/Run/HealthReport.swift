import RollcallCore
import RollcallKit

/// What a run says of its health, in the words of those who ask.
struct HealthReport: Sendable {
  struct Target: Sendable {
    /// As the state file knows it; never a URL.
    var name: String
    var tally = WebhookSink.Tally()
    /// How long the oldest event has been waiting; zero where none is.
    var oldestAge: Duration = .zero
  }

  var vitals = WatchVitals()
  /// Events of this run by type.
  var events: [EventType: Int] = [:]
  var targets: [Target] = []

  /// Whether lists arrive as they should.
  var isReady: Bool { vitals.isReady && vitals.stalled == 0 }

  /// One line for people, such as a service manager shows.
  var line: String {
    let waiting = targets.reduce(0) { $0 + $1.tally.undelivered }
    return "conferences: \(vitals.conferences), of which not scanned for too long: \(vitals.stalled); "
      + "people: \(vitals.participants); events to deliver: \(waiting)"
  }
}
