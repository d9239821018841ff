import RollcallCore
import RollcallKit

/// Looks after a run: tells the service manager and the probes how it is doing, once in a second.
struct RunAttendance: Sendable {
  private static let interval: Duration = .seconds(1)
  private static let signsInWatchdogTime = 4

  let watch: ConferenceWatch
  let outputs: EventOutputs
  let health: HealthServer?
  let manager: ServiceManager?
  let loop: EventLoop

  /// Whether anybody wants to know.
  var isWanted: Bool { health != nil || manager != nil }

  /// Attends until the task is cancelled.
  func attend() async {
    let oldest = OldestEvents(outputs, on: loop)
    await withDiscardingTaskGroup { group in
      group.addTask { await oldest.follow() }
      await tell(oldest)
      group.cancelAll()
    }
  }

  private func tell(_ oldest: OldestEvents) async {
    var isReady = false
    var lastSign = loop.now
    var lastLine = ""
    do throws(CancellationError) {
      while true {
        let report = await report(oldest)
        health?.post(report)
        if let manager {
          var note = ""
          if report.vitals.isReady, !isReady {
            isReady = true
            note += "READY=1\n"
          }
          if report.line != lastLine { note += "STATUS=\(report.line)\n" }
          lastLine = report.line
          // A process that turns without polling is not alive.
          if let watchdog = manager.watchdog, report.vitals.overdue == 0,
            lastSign.duration(to: loop.now) >= watchdog / Self.signsInWatchdogTime
          {
            lastSign = loop.now
            note += "WATCHDOG=1\n"
          }
          if !note.isEmpty { manager.notify(note) }
        }
        try await loop.sleep(for: Self.interval)
      }
    } catch {
      manager?.notify("STOPPING=1\n")
    }
  }

  /// Nothing of it waits for the store: a report that comes too late says that the loop does not turn.
  private func report(_ oldest: OldestEvents) async -> HealthReport {
    var report = HealthReport()
    report.vitals = await watch.vitals()
    report.events = outputs.store.tally
    if let writer = outputs.writer {
      var tally = WebhookSink.Tally(delivered: await writer.written)
      tally.undelivered = outputs.store.events.undelivered(to: LineWriter.target)
      report.targets.append(await target(LineWriter.target, tally, oldest))
    }
    for webhook in await outputs.webhooks.reports() {
      report.targets.append(await target(webhook.name, webhook.tally, oldest))
    }
    return report
  }

  private func target(_ name: String, _ tally: WebhookSink.Tally, _ oldest: OldestEvents) async -> HealthReport.Target {
    .init(name: name, tally: tally, oldestAge: tally.undelivered > 0 ? await oldest.age(of: name) : .zero)
  }
}
