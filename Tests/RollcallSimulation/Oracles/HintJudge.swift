@testable import RollcallCore

/// Holds polls against hints: a conference is polled soon after a hint, unless something keeps all polls waiting.
struct HintJudge {
  /// The minimum time between the start of a poll and a look, and what timers and a poll that has just ended add.
  private static let usualTime: Int64 = 300
  /// So many other requests may go first.
  private static let requestsBefore: Int64 = 60

  /// When each conference was first hinted at since its last poll began.
  private var hintedAt: [String: Moment] = [:]

  /// When each conference was last polled, and when the origin was last known to throttle.
  private var polledAt: [String: Moment] = [:]
  private var throttledAt: Moment = -1

  /// The origin throttles, or has just stopped. The time of requests that were sent meanwhile is taken before any other.
  mutating func throttled(at now: Moment) { throttledAt = now }

  mutating func hinted(_ conference: String, at now: Moment) {
    hintedAt[conference] = hintedAt[conference] ?? now
  }

  /// A poll begins.
  ///
  /// - Returns: what is wrong; nil if nothing is.
  mutating func pollBegins(_ conference: String, at now: Moment, _ budget: RequestBudget) -> String? {
    let last = polledAt.updateValue(now, forKey: conference) ?? 0
    guard let hinted = hintedAt.removeValue(forKey: conference), !budget.isExceeded, throttledAt < last else {
      return nil
    }
    let allowed = Self.usualTime + budget.currentSpacing * Self.requestsBefore / 1000
    return now - hinted > allowed ? "the hint of \(hinted) leads to a poll only after \(now - hinted) ms" : nil
  }

  /// A poll is over. One that was under way when a hint came did not hear of it.
  mutating func pollEnded(_ conference: String, isComplete: Bool, at now: Moment) {
    guard hintedAt[conference] != nil else { return }
    hintedAt[conference] = isComplete ? now : nil
  }

  /// Something keeps polls from beginning.
  mutating func excuseAll() { hintedAt = [:] }

  mutating func excuse(_ conference: String) { hintedAt[conference] = nil }
}
