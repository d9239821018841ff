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

  /// What keeps the run from being ready, in the words of a probe's answer; none where lists arrive as they should.
  var problems: [String] {
    var problems: [String] = []
    let all = Self.conferences(vitals.conferences)
    if vitals.unscanned > 0 { problems.append("\(vitals.unscanned) of \(all) not scanned yet") }
    if vitals.stalled > 0 { problems.append("\(vitals.stalled) of \(all) not scanned for too long") }
    switch vitals.discovery {
    case .unanswered: problems.append("discovery has not answered yet")
    case .late: problems.append("discovery has not answered for too long")
    case .inTime: break
    case nil where vitals.conferences == 0: problems.append("no conference is watched yet")
    case nil: break
    }
    return problems
  }

  /// One line for people, such as a service manager shows.
  var line: String {
    let waiting = targets.reduce(0) { $0 + $1.tally.undelivered }
    let people = vitals.participants == 1 ? "1 participant" : "\(vitals.participants) participants"
    let facts = "\(Self.conferences(vitals.conferences)), \(people), \(EventCount.text(waiting)) to deliver"
    return ([facts] + problems).joined(separator: "; ")
  }

  private static func conferences(_ count: Int) -> String { "\(count) conference\(count == 1 ? "" : "s")" }
}
