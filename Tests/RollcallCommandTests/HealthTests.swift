import RollcallCore
import RollcallKit
import RollcallServer
import Testing

@testable import rollcall

struct `The health of a run` {
  private func report(
    unscanned: Int = 0, stalled: Int = 0, discovery: ConferenceDiscovery.Health? = nil, conferences: Int = 2
  ) -> HealthReport {
    var report = HealthReport()
    report.vitals.conferences = conferences
    report.vitals.participants = 7
    for poll in 0..<41 { report.vitals.polls.pollBegan(late: .milliseconds(poll)) }
    if let conference = ConferenceSID("conference") {
      for _ in 0..<3 { report.vitals.polls.failed(.poll(of: conference)) }
    }
    for _ in 0..<5 { report.vitals.polls.failed(.discovery) }
    report.vitals.worstCase = .milliseconds(2500)
    report.events = [.participantJoined: 4]
    report.alerts = ["hold:2m": 3, "empty:5m": 0]
    report.receivedBytes = 12_345
    report.hints = 17
    report.vitals.lastComplete = Timestamp(milliseconds: 1_700_000_000_005)
    report.vitals.unscanned = unscanned
    report.vitals.stalled = stalled
    report.vitals.discovery = discovery
    let tally = WebhookSink.Tally(delivered: 7, deadLetters: 1, undelivered: 5, failedAttempts: 2)
    report.targets = [HealthReport.Target(name: #"a"b\c"#, tally: tally, oldestAge: .milliseconds(61_005))]
    return report
  }

  private func status(_ path: String, _ report: HealthReport, isAlive: Bool = true) -> Int {
    HealthServer.answer(ServerRequest(path: path), report, isAlive: isAlive).status
  }

  private func body(_ report: HealthReport) -> String {
    let reply = HealthServer.answer(ServerRequest(path: "/readyz"), report, isAlive: true)
    return String(decoding: reply.body, as: UTF8.self)
  }

  @Test func `it is ready while every conference is scanned in time`() {
    #expect(status("/readyz", report()) == 200)
    #expect(status("/readyz", report(unscanned: 1)) == 503)
    #expect(status("/readyz", report(stalled: 1)) == 503)
    #expect(status("/readyz", report(), isAlive: false) == 503)
    #expect(status("/readyz", HealthReport()) == 503)
  }

  @Test func `it is ready while discovery answers in time, even if it finds nothing`() {
    for count in [0, 2] {
      #expect(status("/readyz", report(discovery: .inTime, conferences: count)) == 200)
      #expect(status("/readyz", report(discovery: .late, conferences: count)) == 503)
      #expect(status("/readyz", report(discovery: .unanswered, conferences: count)) == 503)
    }
    #expect(report(discovery: .inTime, conferences: 0).vitals.isReady)
    #expect(report(discovery: .late).vitals.isReady, "expected the run to be ready after the start")
    #expect(!report(discovery: .unanswered).vitals.isReady)
    #expect(!report(conferences: 0).vitals.isReady)
  }

  @Test func `the answer says what is missing`() {
    #expect(body(report()) == "ok\n")
    #expect(body(report(conferences: 0)) == "no conference is watched yet\n")
    #expect(
      body(report(unscanned: 1, stalled: 1, discovery: .late))
        == "1 of 2 conferences not scanned yet\n1 of 2 conferences stalled\n"
        + "the last discovery answer is too old\n")
    #expect(
      body(report(unscanned: 1, discovery: .unanswered, conferences: 1))
        == "1 of 1 conference not scanned yet\ndiscovery has not answered yet\n")
  }

  @Test func `the service manager gets the state in one line`() {
    #expect(report(discovery: .inTime).line == "2 conferences, 7 participants, 5 events to deliver")
    #expect(
      report(stalled: 1).line
        == "2 conferences, 7 participants, 5 events to deliver; 1 of 2 conferences stalled")
  }

  @Test func `it is healthy as long as its loop runs, whatever the provider does`() {
    #expect(status("/healthz", report(unscanned: 1, stalled: 2)) == 200)
    #expect(status("/healthz", report(), isAlive: false) == 503)
    #expect(status("/", report()) == 404)
    let post = HealthServer.answer(ServerRequest(method: .post, path: "/healthz"), HealthReport(), isAlive: true)
    #expect(post.status == 405 && post.headers.contains(.init("Allow", "GET, HEAD")))
  }

  @Test func `each metric has a help text, a type, and samples with a name, labels and a number`() {
    let lines = report().metrics.split(separator: "\n")
    #expect(lines.contains("rollcall_polls_total 41"))
    #expect(lines.contains("rollcall_poll_failures_total 3"))
    #expect(lines.contains("rollcall_received_bytes_total 12345"))
    #expect(lines.contains("rollcall_discovery_failures_total 5"))
    #expect(lines.contains("rollcall_hints_total 17"))
    #expect(lines.contains(#"rollcall_changes_total{hinted="true"} 0"#))
    #expect(lines.contains(#"rollcall_changes_total{hinted="false"} 0"#))
    #expect(lines.contains("rollcall_last_complete_scan_timestamp_seconds 1700000000.005"))
    #expect(lines.contains(#"rollcall_undelivered_events{target="a\"b\\c"} 5"#))
    #expect(lines.contains(#"rollcall_oldest_undelivered_seconds{target="a\"b\\c"} 61.005"#))
    #expect(lines.contains(#"rollcall_deliveries_total{target="a\"b\\c",outcome="dead_letter"} 1"#))
    #expect(lines.contains(#"rollcall_events_total{type="participant.joined"} 4"#))
    #expect(lines.contains(#"rollcall_events_total{type="participant.left"} 0"#))
    #expect(lines.contains(#"rollcall_alerts_total{alert="hold:2m"} 3"#))
    #expect(lines.contains(#"rollcall_alerts_total{alert="empty:5m"} 0"#))
    #expect(lines.contains(#"rollcall_poll_delay_seconds_bucket{le="0.010"} 11"#))
    #expect(lines.contains(#"rollcall_poll_delay_seconds_bucket{le="+Inf"} 41"#))
    #expect(lines.contains("rollcall_poll_delay_seconds_sum 0.820"))
    #expect(lines.contains("rollcall_poll_interval_seconds 2.500"))
    for line in lines where !line.hasPrefix("#") {
      var name = line.prefix { $0 != " " && $0 != "{" }
      for end in ["_bucket", "_sum", "_count"] where name == "rollcall_poll_delay_seconds" + end {
        name = "rollcall_poll_delay_seconds"
      }
      #expect(lines.contains { $0.hasPrefix("# TYPE \(name) ") })
      #expect(lines.contains { $0.hasPrefix("# HELP \(name) ") })
    }
  }

  private func interval(microseconds: String?) -> Duration? {
    let manager = ServiceManager { $0 == "NOTIFY_SOCKET" ? "@x" : $0 == "WATCHDOG_USEC" ? microseconds : nil }
    return HealthNotes(nil, manager, on: EventLoop())?.interval
  }

  @Test func `the service manager is notified only if there is one`() {
    #expect(ServiceManager { _ in nil }?.watchdog == nil)
    let relative = ServiceManager { $0 == "NOTIFY_SOCKET" ? "relative" : nil }
    #expect(relative == nil)
    let manager = ServiceManager { ["NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "3000000"][$0] }
    #expect(manager?.watchdog == .seconds(3))
    #expect(interval(microseconds: nil) == .seconds(1))
    #expect(interval(microseconds: "3000000") == .milliseconds(750))
    #expect(
      interval(microseconds: "400000") == .milliseconds(100),
      "expected four notifications in the watchdog time, even below a second")
    #expect(interval(microseconds: "1") == .milliseconds(10))
    let other = ServiceManager { ["NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"][$0] }
    #expect(other != nil && other?.watchdog == nil)
  }
}

struct `The address of probes` {
  @Test(arguments: [
    "9090": "127.0.0.1:9090", "0.0.0.0:80": "0.0.0.0:80", "10.1.2.3:65535": "10.1.2.3:65535",
    "[::1]:9090": "[::1]:9090",
    "[::]:9090": "[::]:9090", "[2001:DB8:0:0::1]:1": "[2001:db8::1]:1", "[::ffff:10.1.2.3]:80": "[::ffff:10.1.2.3]:80",
  ])
  func `is a port, with or without a host`(argument: String, shown: String) throws {
    let address = try #require(ListenAddress(argument: argument))
    #expect("\(address.host):\(address.port)" == shown)
  }

  @Test(arguments: [
    "", "0", "65536", ":80", "1.2.3:80", "1.2.3.256:80", "1.2.3.4.5:80", "localhost:80", "1.2.3.4:", "a", "::1",
    "::1:9090",
    "[::1]", "[::1]:", "[::1]9090", "[::1]:0", "[::1", "[]:80", "[1.2.3.4]:80", "[::1%lo]:80", "[::g]:80", "[::1]:+80",
    "+80",
  ])
  func `is rejected in any other form`(argument: String) {
    #expect(ListenAddress(argument: argument) == nil)
  }
}
