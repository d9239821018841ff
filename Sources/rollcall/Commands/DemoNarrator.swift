import RollcallKit
import RollcallSimulator

/// Tells people what really happens in the simulated conference, so that they can hold the events against it.
struct DemoNarrator: Sendable {
  /// How often news are looked for.
  private static let interval: Duration = .milliseconds(100)

  let space: SimulatedSpace
  let conference: String
  let log: StandardError

  /// Tells until the task is cancelled.
  func tell(on loop: EventLoop) async {
    var told = space.truth(of: conference).count { $0.milliseconds == 0 }
    do throws(CancellationError) {
      while true {
        tellNews(since: &told)
        try await loop.sleep(for: Self.interval)
      }
    } catch {
      // What ended the conference ended the run too.
      tellNews(since: &told)
    }
  }

  private func tellNews(since told: inout Int) {
    let history = space.truth(of: conference)
    for entry in history.dropFirst(told) { log.remark(line(for: entry)) }
    told = history.count
  }

  private func line(for entry: TruthEntry) -> String {
    let tenths = (entry.milliseconds + 50) / 100
    return "simulation, \(tenths / 10).\(tenths % 10) s: \(text(for: entry))"
  }

  private func text(for entry: TruthEntry) -> String {
    let who = name(entry.callSID)
    return switch entry.kind {
    case .joined: "\(who) joins"
    case .left: "\(who) hangs up"
    case .muted: "\(who) is muted"
    case .unmuted: "\(who) is unmuted"
    case .held: "\(who) is put on hold"
    case .unheld: "\(who) is taken off hold"
    case .coachingStarted: "\(who) begins to coach \(name(entry.target ?? ""))"
    case .coachingStopped: "\(who) ends coaching \(name(entry.target ?? ""))"
    case .updated: "\(who) may leave without ending the conference"
    case .ended: "the conference ends"
    }
  }

  private func name(_ callSID: String) -> String {
    space.name(of: callSID, in: conference).map { "the \($0)" } ?? callSID
  }
}
