import RollcallCore
import RollcallKit
import RollcallServer
import Synchronization

/// Answers probes: `/healthz` (the loop runs), `/readyz` (lists arrive in time) and `/metrics` for Prometheus.
final class HealthServer: Sendable {
  /// The age of the last report at which the loop counts as stuck.
  static let patience: Duration = .seconds(10)
  private static let stuck = "the event loop is stuck"
  private static let allowedMethods: [ServerRequest.Method] = [.get, .head]

  /// The last report, shared with the server's threads.
  private final class LatestReport: Sendable {
    struct Entry: Sendable {
      var report: HealthReport
      var writtenAt: BootInstant
    }

    let entry: Mutex<Entry>

    init(_ entry: Entry) { self.entry = Mutex(entry) }
  }

  private let latest: LatestReport
  private let server: HTTPServer
  private let loop: EventLoop

  /// - Throws: ``ServerError`` if the port is in use.
  init(_ address: ListenAddress, on loop: EventLoop) throws(ServerError) {
    let latest = LatestReport(LatestReport.Entry(report: HealthReport(), writtenAt: loop.now))
    self.latest = latest
    self.loop = loop
    server = try HTTPServer(at: address.host, port: address.port) { request in
      let entry = latest.entry.withLock { $0 }
      let isAlive = entry.writtenAt.duration(to: loop.now) < Self.patience
      return Self.answer(request, entry.report, isAlive: isAlive)
    }
  }

  /// Sets the report for later answers.
  func post(_ report: HealthReport) {
    let entry = LatestReport.Entry(report: report, writtenAt: loop.now)
    latest.entry.withLock { $0 = entry }
  }

  /// Frees the port, and waits for pending answers.
  func stop() { server.stop() }

  /// Frees the port without waiting.
  func stopSoon() { server.stopSoon() }

  static func answer(_ request: ServerRequest, _ report: HealthReport, isAlive: Bool) -> ServerReply {
    guard allowedMethods.contains(request.method) else {
      return .methodNotAllowed("only GET is allowed\n", allowed: allowedMethods)
    }
    switch request.path {
    case "/healthz": return verdict(isAlive ? [] : [stuck])
    case "/readyz": return verdict(isAlive ? report.problems : [stuck])
    case "/metrics":
      return ServerReply(
        status: 200, headers: [.init("Content-Type", "text/plain; version=0.0.4; charset=utf-8")],
        body: Array(report.metrics.utf8))
    default: return .text("the paths are /healthz, /readyz and /metrics\n", status: 404)
    }
  }

  /// - Parameter problems: what is missing, one line each.
  private static func verdict(_ problems: [String]) -> ServerReply {
    guard !problems.isEmpty else { return .text("ok\n", status: 200) }
    return .text(problems.map { $0 + "\n" }.joined(), status: 503)
  }
}

/// Reports how a watch is doing to the probes and to the service manager.
final class HealthNotes: Sendable {
  private static let signsInWatchdogTime = 4
  /// The bounds of ``interval``. The lower one keeps a tiny watchdog time from using up the loop.
  private static let intervals: ClosedRange<Duration> = .milliseconds(10)...(.seconds(1))

  private struct Sent {
    var isReady = false
    var line = ""
    var lastSign: BootInstant?
    var hasEnded = false
  }

  private let server: HealthServer?
  private let manager: ServiceManager?
  private let loop: EventLoop
  private let sent = Mutex(Sent())

  /// - Returns: nil if there are neither probes nor a service manager.
  init?(_ server: HealthServer?, _ manager: ServiceManager?, on loop: EventLoop) {
    guard server != nil || manager != nil else { return nil }
    self.server = server
    self.manager = manager
    self.loop = loop
  }

  /// The time between two reports, short enough for the service manager's watchdog.
  var interval: Duration {
    guard let watchdog = manager?.watchdog else { return Self.intervals.upperBound }
    return max(Self.intervals.lowerBound, min(Self.intervals.upperBound, watchdog / Self.signsInWatchdogTime))
  }

  func take(_ report: HealthReport) {
    server?.post(report)
    guard let manager else { return }
    let note = sent.withLock { sent -> String in text(of: report, to: manager, &sent) }
    if !note.isEmpty { manager.notify(note) }
  }

  /// Reports that watching has ended. A successor may start at the same port while stored events are still delivered.
  func end() {
    guard
      sent.withLock({ sent in
        defer { sent.hasEnded = true }
        return !sent.hasEnded
      })
    else { return }
    manager?.notify("STOPPING=1\n")
    server?.stopSoon()
  }

  private func text(of report: HealthReport, to manager: ServiceManager, _ sent: inout Sent) -> String {
    var note = ""
    if report.vitals.isReady, !sent.isReady {
      sent.isReady = true
      note += "READY=1\n"
    }
    if report.line != sent.line { note += "STATUS=\(report.line)\n" }
    sent.line = report.line
    let last = sent.lastSign ?? loop.now
    sent.lastSign = last
    // A process whose loop runs without polling is not alive.
    if let watchdog = manager.watchdog, report.vitals.overdue == 0,
      last.duration(to: loop.now) >= watchdog / Self.signsInWatchdogTime
    {
      sent.lastSign = loop.now
      note += "WATCHDOG=1\n"
    }
    return note
  }
}

extension HealthReport {
  /// The upper bounds of the histogram's buckets of delays.
  private static let delayBounds: [Duration] = [
    .milliseconds(5), .milliseconds(10), .milliseconds(25), .milliseconds(50), .milliseconds(100), .milliseconds(250),
    .milliseconds(500), .seconds(1), .seconds(2.5), .seconds(5), .seconds(10), .seconds(30), .seconds(60),
  ]

  /// The metrics in the text format of Prometheus, version 0.0.4.
  var metrics: String {
    var text = MetricsText()
    text.add("build_info", .gauge, "The running version.", [([("version", RollcallVersion.number)], "1")])
    text.add("conferences", .gauge, "Conferences being watched.", vitals.conferences)
    text.add("conferences_stalled", .gauge, "Conferences without a complete scan for too long.", vitals.stalled)
    text.add("participants", .gauge, "Participants in the watched conferences.", vitals.participants)
    addPolls(to: &text)
    let types = EventType.allCases.map { ([("type", $0.rawValue)], "\(events[$0] ?? 0)") }
    text.add("hints_total", .counter, "Callbacks that named a conference to look at.", hints)
    let changes = [("true", vitals.changes.hinted), ("false", vitals.changes.unhinted)]
    text.add(
      "changes_total", .counter, "Changes found, by whether a hint announced them.",
      changes.map { ([("hinted", $0.0)], "\($0.1)") })
    text.add("events_total", .counter, "Events of this run.", types)
    text.add(
      "alerts_total", .counter, "Alerts raised by this run.",
      alerts.sorted { $0.key < $1.key }.map { ([("alert", $0.key)], "\($0.value)") })
    addTargets(to: &text)
    return text.text
  }

  private func addPolls(to text: inout MetricsText) {
    text.add("requests_total", .counter, "Requests sent to the space.", vitals.requests)
    text.add(
      "received_bytes_total", .counter, "Bytes received from the space, with headers, before inflating.",
      receivedBytes)
    text.add("polls_total", .counter, "Polls made.", vitals.polls.polls)
    text.add("poll_failures_total", .counter, "Polls that failed.", vitals.polls.failures)
    text.add(
      "discovery_failures_total", .counter, "Discovery requests that failed.",
      vitals.polls.discoveryFailures)
    let delays = vitals.polls.delays
    let buckets = Self.delayBounds.map { (bound: $0, count: delays.count(upTo: $0)) }
    text.addHistogram(
      "poll_delay_seconds", "The delay from the time a poll was due until it was sent.", buckets, sum: delays.sum,
      count: delays.count)
    let longest = MetricsText.seconds(vitals.worstCase)
    text.add("poll_interval_seconds", .gauge, "The longest time between two polls of a conference.", [([], longest)])
    if let last = vitals.lastComplete {
      let moment = MetricsText.seconds(.milliseconds(last.milliseconds))
      text.add("last_complete_scan_timestamp_seconds", .gauge, "When the last complete scan ended.", [([], moment)])
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
      "undelivered_events", .gauge, "Undelivered events of a target.",
      targets.map { ([("target", $0.name)], "\($0.tally.undelivered)") })
    text.add(
      "oldest_undelivered_seconds", .gauge,
      "How long the oldest undelivered event has been waiting; 0 if there is none.",
      targets.map { ([("target", $0.name)], MetricsText.seconds($0.oldestAge)) })
  }
}

/// The health of a run in words.
extension HealthReport {
  /// The reasons why the run is not ready, as in a probe's answer; empty if it is.
  var problems: [String] {
    var problems: [String] = []
    let all = Self.conferences(vitals.conferences)
    if vitals.unscanned > 0 { problems.append("\(vitals.unscanned) of \(all) not scanned yet") }
    if vitals.stalled > 0 { problems.append("\(vitals.stalled) of \(all) stalled") }
    switch vitals.discovery {
    case .unanswered: problems.append("discovery has not answered yet")
    case .late: problems.append("the last discovery answer is too old")
    case .inTime: break
    case nil where vitals.conferences == 0: problems.append("no conference is watched yet")
    case nil: break
    }
    return problems
  }

  /// A one-line status, as a service manager shows it.
  var line: String {
    let waiting = targets.reduce(0) { $0 + $1.tally.undelivered }
    let people = vitals.participants == 1 ? "1 participant" : "\(vitals.participants) participants"
    let facts = "\(Self.conferences(vitals.conferences)), \(people), \(EventCount.text(waiting)) to deliver"
    return ([facts] + problems).joined(separator: "; ")
  }

  private static func conferences(_ count: Int) -> String { "\(count) conference\(count == 1 ? "" : "s")" }
}

/// Builds metrics in the text format of Prometheus, version 0.0.4. Source: prometheus.io, "Exposition formats".
struct MetricsText {
  enum Kind: String {
    case gauge
    case counter
    case histogram
  }

  typealias Labels = [(name: String, value: String)]

  private(set) var text = ""

  /// Returns a whole number of milliseconds in seconds.
  static func seconds(_ duration: Duration) -> String {
    let (seconds, rest) = duration.wholeMilliseconds.quotientAndRemainder(dividingBy: 1000)
    let digits = String(rest)
    return "\(seconds)." + String(repeating: "0", count: 3 - digits.count) + digits
  }

  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Int) {
    add(name, kind, help, [([], "\(value)")])
  }

  /// - Parameter samples: the samples; a metric without any is left out.
  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: Labels, value: String)]) {
    guard !samples.isEmpty else { return }
    begin(name, kind, help)
    for sample in samples { line(name, sample.labels, sample.value) }
  }

  /// - Parameter buckets: how many values were at most each bound, in ascending order.
  mutating func addHistogram(
    _ name: String, _ help: String, _ buckets: [(bound: Duration, count: Int)], sum: Duration, count: Int
  ) {
    begin(name, .histogram, help)
    for bucket in buckets { line(name + "_bucket", [("le", Self.seconds(bucket.bound))], "\(bucket.count)") }
    line(name + "_bucket", [("le", "+Inf")], "\(count)")
    line(name + "_sum", [], Self.seconds(sum))
    line(name + "_count", [], "\(count)")
  }

  private mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP rollcall_\(name) \(help)\n# TYPE rollcall_\(name) \(kind.rawValue)\n"
  }

  private mutating func line(_ name: String, _ labels: Labels, _ value: String) {
    let list = labels.map { "\($0.name)=\"\(Self.quoted($0.value))\"" }.joined(separator: ",")
    text += "rollcall_\(name)" + (list.isEmpty ? "" : "{\(list)}") + " \(value)\n"
  }

  private static func quoted(_ value: String) -> String {
    String(TerminalText.sanitised(value).flatMap { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" })
  }
}
