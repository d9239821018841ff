@testable import RollcallCore

/// Holds polls against hints: a conference is polled soon after a hint, unless something keeps all polls waiting.
struct HintJudge {
  /// The minimum time between the start of a poll and a look, and what timers and a poll that has just ended add.
  private static let usualTime: Int64 = 300
  /// So many other requests may go first.
  private static let requestsBefore: Int64 = 60

  /// When each conference was first hinted at since its last poll began.
  private var hintedAt: [String: Moment] = [:]

  mutating func hinted(_ conference: String, at now: Moment) {
    hintedAt[conference] = hintedAt[conference] ?? now
  }

  /// A poll begins.
  ///
  /// - Returns: what is wrong; nil if nothing is.
  mutating func pollBegins(_ conference: String, at now: Moment, _ budget: RequestBudget) -> String? {
    guard let hinted = hintedAt.removeValue(forKey: conference), !budget.isExceeded, !budget.isThrottled else {
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
