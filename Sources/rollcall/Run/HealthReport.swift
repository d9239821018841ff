import RollcallCore
import RollcallKit

/// What a run says of its health, in the words of those who ask.
struct HealthReport: Sendable {
  struct Target: Sendable {
    /// As the state file knows it; never a URL.
    var name: String
    var undelivered: Int
    var deadLetters: Int
  }

  var vitals = WatchVitals()
  var targets: [Target] = []

  /// Whether lists arrive as they should.
  var isReady: Bool { vitals.isReady && vitals.stalled == 0 }

  /// One line for people, such as a service manager shows.
  var line: String {
    let waiting = targets.reduce(0) { $0 + $1.undelivered }
    return "conferences: \(vitals.conferences), of which not scanned for too long: \(vitals.stalled); "
      + "people: \(vitals.participants); events to deliver: \(waiting)"
  }

  /// Metrics in the text format of Prometheus, version 0.0.4.
  var metrics: String {
    var text = ""
    func add(_ name: String, _ type: String, _ help: String, _ samples: [(labels: String, value: String)]) {
      text += "# HELP rollcall_\(name) \(help)\n# TYPE rollcall_\(name) \(type)\n"
      for sample in samples { text += "rollcall_\(name)\(sample.labels) \(sample.value)\n" }
    }
    add("build_info", "gauge", "The version that runs.", [("{version=\"\(RollcallVersion.number)\"}", "1")])
    add("conferences", "gauge", "Conferences that are watched.", [("", "\(vitals.conferences)")])
    add("conferences_stalled", "gauge", "Conferences not scanned for too long.", [("", "\(vitals.stalled)")])
    add("participants", "gauge", "People in the watched conferences.", [("", "\(vitals.participants)")])
    add("polls_total", "counter", "Polls made.", [("", "\(vitals.polls)")])
    add("poll_failures_total", "counter", "Polls that came to nothing.", [("", "\(vitals.failures)")])
    if let last = vitals.lastComplete {
      let seconds = "\(last.milliseconds / 1000).\(Self.padded(last.milliseconds % 1000))"
      add("last_complete_scan_timestamp_seconds", "gauge", "When a list last arrived whole.", [("", seconds)])
    }
    add(
      "undelivered_events", "gauge", "Events that a target has yet to get.",
      targets.map { (Self.label($0), "\($0.undelivered)") })
    add(
      "dead_letters_total", "counter", "Events that were given up.",
      targets.map { (Self.label($0), "\($0.deadLetters)") })
    return text
  }

  private static func label(_ target: Target) -> String {
    let name = TerminalText.sanitised(target.name).flatMap { character in
      character == "\"" || character == "\\" ? "\\\(character)" : "\(character)"
    }
    return "{target=\"\(String(name))\"}"
  }

  private static func padded(_ milliseconds: Int64) -> String {
    let digits = String(milliseconds)
    return String(repeating: "0", count: 3 - digits.count) + digits
  }
}
