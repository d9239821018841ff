/// When the list of conferences is requested next.
struct DiscoverySchedule: Sendable {
  /// The minimum time between two looks at the list.
  static let shortestPause: Duration = .seconds(1)

  /// When the last look ended, and how long to pause after it.
  private var end: Timestamp
  private var pause: Duration = .zero
  /// The number of requests of the last look that has ended, and of the current one.
  private(set) var requests = 0
  private var sent = 0
  private var hasFailed = false
  /// Whether a hint named a conference that the last look had not found.
  private var isHinted = false

  init(start: Timestamp) { end = start }

  /// Returns when the next look is due.
  ///
  /// - Parameter budget: which leaves most requests to polls.
  func due(_ budget: RequestBudget) -> Timestamp {
    let pause = isHinted && !hasFailed ? min(pause, Self.shortestPause) : pause
    return end + max(pause, budget.pause(afterListing: requests))
  }

  /// Records that a look begins.
  mutating func begin() {
    sent = 0
    isHinted = false
  }

  /// Records a request of the current look.
  mutating func send() { sent += 1 }

  /// Records that a look found the whole list.
  mutating func succeeded(at now: Timestamp, pause: Duration) {
    (end, self.pause, requests, hasFailed) = (now, pause, sent, false)
  }

  /// Records that a look failed, or could not begin. Hints do not shorten the pause that follows.
  mutating func failed(at now: Timestamp, pause: Duration) {
    (end, self.pause, requests, hasFailed) = (now, max(pause, Self.shortestPause), sent, true)
  }

  /// Brings the next look forward, unless the last one failed.
  ///
  /// - Returns: whether that is news.
  mutating func hint() -> Bool {
    defer { isHinted = true }
    return !isHinted
  }

  /// Makes a look that waits after a failure due now, because what made it fail may be over.
  mutating func hasten(to now: Timestamp) {
    if hasFailed { (end, pause) = (now, .zero) }
  }
}
