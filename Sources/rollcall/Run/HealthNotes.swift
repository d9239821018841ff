import RollcallCore
import RollcallKit
import Synchronization

/// Passes on how a watch is doing: to the probes, and to the service manager.
final class HealthNotes: Sendable {
  private static let signsInWatchdogTime = 4

  private struct Told {
    var isReady = false
    var line = ""
    var lastSign: BootInstant?
    var hasEnded = false
  }

  private let server: HealthServer?
  private let manager: ServiceManager?
  private let loop: EventLoop
  private let told = Mutex(Told())

  /// - Returns: nil where nobody asks.
  init?(_ server: HealthServer?, _ manager: ServiceManager?, on loop: EventLoop) {
    guard server != nil || manager != nil else { return nil }
    self.server = server
    self.manager = manager
    self.loop = loop
  }

  func take(_ report: HealthReport) {
    server?.post(report)
    guard let manager else { return }
    let note = told.withLock { told -> String in text(of: report, to: manager, &told) }
    if !note.isEmpty { manager.notify(note) }
  }

  /// The watch is over; only what is stored is still delivered. A successor may begin meanwhile, at the same port.
  func end() {
    guard
      told.withLock({ told in
        defer { told.hasEnded = true }
        return !told.hasEnded
      })
    else { return }
    manager?.notify("STOPPING=1\n")
    server?.stopSoon()
  }

  private func text(of report: HealthReport, to manager: ServiceManager, _ told: inout Told) -> String {
    var note = ""
    if report.vitals.isReady, !told.isReady {
      told.isReady = true
      note += "READY=1\n"
    }
    if report.line != told.line { note += "STATUS=\(report.line)\n" }
    told.line = report.line
    let last = told.lastSign ?? loop.now
    told.lastSign = last
    // A process that turns without polling is not alive.
    if let watchdog = manager.watchdog, report.vitals.overdue == 0,
      last.duration(to: loop.now) >= watchdog / Self.signsInWatchdogTime
    {
      told.lastSign = loop.now
      note += "WATCHDOG=1\n"
    }
    return note
  }
}
