import RollcallCore
import RollcallKit

extension HealthReport {
  /// Bounds of the histogram of delays.
  private static let delayBounds: [Duration] = [
    .milliseconds(5), .milliseconds(10), .milliseconds(25), .milliseconds(50), .milliseconds(100), .milliseconds(250),
    .milliseconds(500), .seconds(1), .seconds(2.5), .seconds(5), .seconds(10), .seconds(30), .seconds(60),
  ]

  /// Metrics in the text format of Prometheus, version 0.0.4.
  var metrics: String {
    var text = MetricsText()
    text.add("build_info", .gauge, "The version that runs.", [([("version", RollcallVersion.number)], "1")])
    text.add("conferences", .gauge, "Conferences that are watched.", vitals.conferences)
    text.add("conferences_stalled", .gauge, "Conferences not scanned for too long.", vitals.stalled)
    text.add("participants", .gauge, "People in the watched conferences.", vitals.participants)
    addPolls(to: &text)
    let types = EventType.allCases.map { ([("type", $0.rawValue)], "\(events[$0] ?? 0)") }
    text.add("events_total", .counter, "Events of this run.", types)
    addTargets(to: &text)
    return text.text
  }

  private func addPolls(to text: inout MetricsText) {
    text.add("requests_total", .counter, "Requests sent to the space.", vitals.requests)
    text.add(
      "received_bytes_total", .counter, "Bytes of the space's replies, as they were sent, with their headers.",
      receivedBytes)
    text.add("polls_total", .counter, "Polls made.", vitals.polls.polls)
    text.add("poll_failures_total", .counter, "Polls that came to nothing.", vitals.polls.failures)
    text.add(
      "discovery_failures_total", .counter, "Looks for conferences that came to nothing.",
      vitals.polls.discoveryFailures)
    let delays = vitals.polls.delays
    let buckets = Self.delayBounds.map { (bound: $0, count: delays.count(upTo: $0)) }
    text.addHistogram(
      "poll_delay_seconds", "From the time that a poll was due until it was asked.", buckets, sum: delays.sum,
      count: delays.count)
    let longest = MetricsText.seconds(vitals.worstCase)
    text.add("poll_interval_seconds", .gauge, "The longest time between two polls of a conference.", [([], longest)])
    if let last = vitals.lastComplete {
      let moment = MetricsText.seconds(.milliseconds(last.milliseconds))
      text.add("last_complete_scan_timestamp_seconds", .gauge, "When a list last arrived whole.", [([], moment)])
    }
  }

  private func addTargets(to text: inout MetricsText) {
    let deliveries = targets.flatMap { target in
      [
        ("delivered", target.tally.delivered), ("failed", target.tally.failedAttempts),
        ("dead_letter", target.tally.deadLetters),
      ].map { outcome, count in ([("target", target.name), ("outcome", outcome)], "\(count)") }
    }
    text.add(
      "deliveries_total", .counter, "Events delivered, attempts that failed, and events given up.", deliveries)
    text.add(
      "undelivered_events", .gauge, "Events that a target has yet to get.",
      targets.map { ([("target", $0.name)], "\($0.tally.undelivered)") })
    text.add(
      "oldest_undelivered_seconds", .gauge, "How long the oldest of them has been waiting; 0 where there is none.",
      targets.map { ([("target", $0.name)], MetricsText.seconds($0.oldestAge)) })
  }
}
