@testable import RollcallCore

/// Checks that a hint leads to a poll of its conference soon, unless something delays all polls.
struct HintJudge {
  /// The delay allowed without other requests: the minimum time between the start of a poll and a look, plus delays by
  /// timers and by a poll that has just ended.
  private static let usualTime: Int64 = 300
  /// The maximum number of other requests that may go first.
  private static let requestsBefore: Int64 = 60

  /// The time of the first hint for each conference since its last poll began.
  private var hintedAt: [String: Moment] = [:]

  /// When each conference was last polled, and when the origin was last known to throttle.
  private var polledAt: [String: Moment] = [:]
  private var throttledAt: Moment = -1

  /// Records that the origin throttles, or has just stopped. Time used by requests sent meanwhile comes before all
  /// others.
  mutating func throttled(at now: Moment) { throttledAt = now }

  mutating func hinted(_ conference: String, at now: Moment) {
    hintedAt[conference] = hintedAt[conference] ?? now
  }

  /// Checks a poll that begins.
  ///
  /// - Returns: the fault; nil if there is none.
  mutating func pollBegins(_ conference: String, at now: Moment, _ budget: RequestBudget) -> String? {
    let last = polledAt.updateValue(now, forKey: conference) ?? 0
    guard let hinted = hintedAt.removeValue(forKey: conference), !budget.isExceeded, throttledAt < last else {
      return nil
    }
    let allowed = Self.usualTime + budget.currentSpacing * Self.requestsBefore / 1000
    return now - hinted > allowed
      ? "the hint of \(hinted) led to a poll after \(now - hinted) ms, expected at most \(allowed) ms" : nil
  }

  /// Records that a poll is over. A poll under way when a hint arrives does not take it into account.
  mutating func pollEnded(_ conference: String, isComplete: Bool, at now: Moment) {
    guard hintedAt[conference] != nil else { return }
    hintedAt[conference] = isComplete ? now : nil
  }

  /// Records that something keeps polls from beginning.
  mutating func excuseAll() { hintedAt = [:] }

  mutating func excuse(_ conference: String) { hintedAt[conference] = nil }
}
