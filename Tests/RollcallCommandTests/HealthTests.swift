import RollcallCore
import RollcallKit
import RollcallServer
import Testing

@testable import rollcall

struct `What a run says of its health` {
  private func report(ready: Bool, stalled: Int = 0) -> HealthReport {
    var report = HealthReport()
    report.vitals.conferences = 2
    report.vitals.participants = 7
    for poll in 0..<41 { report.vitals.polls.asked(late: .milliseconds(poll)) }
    for _ in 0..<3 { report.vitals.polls.failed() }
    report.vitals.worstCase = .milliseconds(2500)
    report.events = [.participantJoined: 4]
    report.vitals.lastComplete = Timestamp(milliseconds: 1_700_000_000_005)
    report.vitals.isReady = ready
    report.vitals.stalled = stalled
    let tally = WebhookSink.Tally(delivered: 7, deadLetters: 1, undelivered: 5, failedAttempts: 2)
    report.targets = [HealthReport.Target(name: #"a"b\c"#, tally: tally, oldestAge: .milliseconds(61_005))]
    return report
  }

  private func status(_ path: String, _ report: HealthReport, isAlive: Bool = true) -> Int {
    HealthServer.answer(ServerRequest(path: path), report, isAlive: isAlive).status
  }

  @Test func `it is ready while every conference is scanned in time`() {
    #expect(status("/readyz", report(ready: true)) == 200)
    #expect(status("/readyz", report(ready: false)) == 503)
    #expect(status("/readyz", report(ready: true, stalled: 1)) == 503)
    #expect(status("/readyz", report(ready: true), isAlive: false) == 503)
  }

  @Test func `it is healthy as long as its loop turns, whatever the provider does`() {
    #expect(status("/healthz", report(ready: false, stalled: 2)) == 200)
    #expect(status("/healthz", report(ready: true), isAlive: false) == 503)
    #expect(status("/", report(ready: true)) == 404)
    let post = HealthServer.answer(ServerRequest(method: .post, path: "/healthz"), HealthReport(), isAlive: true)
    #expect(post.status == 405)
  }

  @Test func `metrics are a name, labels and a number a line, each after its help and type`() {
    let lines = report(ready: true).metrics.split(separator: "\n")
    #expect(lines.contains("rollcall_polls_total 41"))
    #expect(lines.contains("rollcall_last_complete_scan_timestamp_seconds 1700000000.005"))
    #expect(lines.contains(#"rollcall_undelivered_events{target="a\"b\\c"} 5"#))
    #expect(lines.contains(#"rollcall_oldest_undelivered_seconds{target="a\"b\\c"} 61.005"#))
    #expect(lines.contains(#"rollcall_deliveries_total{target="a\"b\\c",outcome="dead_letter"} 1"#))
    #expect(lines.contains(#"rollcall_events_total{type="participant.joined"} 4"#))
    #expect(lines.contains(#"rollcall_events_total{type="participant.left"} 0"#))
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

  @Test func `the service manager is told only where there is one`() {
    #expect(ServiceManager { _ in nil }?.watchdog == nil)
    let relative = ServiceManager { $0 == "NOTIFY_SOCKET" ? "relative" : nil }
    #expect(relative == nil)
    let manager = ServiceManager { ["NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "3000000"][$0] }
    #expect(manager?.watchdog == .seconds(3))
    let other = ServiceManager { ["NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"][$0] }
    #expect(other != nil && other?.watchdog == nil)
  }
}

struct `Where probes are answered` {
  @Test(arguments: ["9090": "127.0.0.1:9090", "0.0.0.0:80": "0.0.0.0:80", "10.1.2.3:65535": "10.1.2.3:65535"])
  func `is a port, with an address or without`(argument: String, shown: String) throws {
    let address = try HealthAddress(argument: argument)
    #expect("\(address.host):\(address.port)" == shown)
  }

  @Test(arguments: [
    "", "0", "65536", ":80", "1.2.3:80", "1.2.3.256:80", "1.2.3.4.5:80", "localhost:80", "1.2.3.4:", "a",
  ])
  func `and nothing else`(argument: String) {
    #expect(throws: UsageError.self) { try HealthAddress(argument: argument) }
  }
}
