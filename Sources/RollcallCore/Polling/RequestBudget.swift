/// How many requests an origin is sent, and how long a round of polls takes with so many.
///
/// Requests are spaced evenly; a few may come early. A poll waits for its turn, other requests (further pages, questions
/// about who is gone, the list of conferences) are sent at once, and polls wait the longer for them.
package struct RequestBudget: Sendable {
  /// Requests per second that can be asked for.
  package static let bounds = 1...10_000
  /// Requests per second where nothing is said.
  package static let standard = 50
  /// So much earlier than its time may a request be sent, so that some come together.
  static let burst: Duration = .milliseconds(100)
  /// Requests are never further apart, however often the origin throttles.
  static let longestSpacing: Duration = .seconds(10)
  /// Complete polls, one after the other, after which a throttled origin gets all of its requests again.
  static let goodPolls = 10
  /// Where so many requests wait for their replies, no further poll begins.
  package static let maximumInFlight = 512
  /// The refusals of requests that were under way together count as one.
  static let throttlingTime: Duration = .seconds(1)

  /// Of the time that requests take the list of conferences has one part in so many at most, where there are polls.
  static let listShare = 8

  /// Between two polls of one conference, as asked for.
  package let interval: Duration
  /// Between two requests, in microseconds: as asked for, and as it is while the origin throttles.
  private let spacing: Int64
  private(set) var currentSpacing: Int64
  /// The time of the next request where none comes early, in microseconds.
  private var next: Int64 = 0
  /// Requests that have been sent.
  package private(set) var requests = 0
  private var inFlight = 0
  /// Requests whose time has been taken before they are sent, and that time.
  private var prepaid = 0
  private var prepaidTime: Int64 = 0
  private var goodPollsSince = 0
  private var throttledAt: Timestamp?
  /// Requests of a round: one for each page of each conference.
  private var pages = 0

  /// - Parameter requestsPerSecond: clamped to ``bounds``.
  package init(requestsPerSecond: Int, interval: Duration) {
    let rate = min(max(requestsPerSecond, Self.bounds.lowerBound), Self.bounds.upperBound)
    spacing = 1_000_000 / Int64(rate)
    currentSpacing = spacing
    self.interval = interval
  }

  // MARK: Requests

  /// Whether a poll may begin.
  package func isOpen(at now: Timestamp) -> Bool { now >= opensAt && !isFull }

  /// Whether as many requests wait for their replies as may.
  package var isFull: Bool { inFlight >= Self.maximumInFlight }

  /// When the next poll may begin.
  package var opensAt: Timestamp {
    let moment = next - Self.burst.wholeMicroseconds
    return Timestamp(milliseconds: moment > 0 ? (moment + 999) / 1000 : 0)
  }

  /// Has a poll begin: takes the time of its first request.
  package mutating func begin(at now: Timestamp) {
    prepaid += 1
    prepaidTime += currentSpacing
    next = max(next, now.milliseconds * 1000) + currentSpacing
  }

  /// Takes note that a poll that has begun sends nothing: others may have its time.
  package mutating func waive() {
    // Where another request has used that time, there is nothing to give back.
    if let time = takePrepaid() { next -= time }
  }

  /// Takes the time of one request out that has been taken before, by an origin that may have throttled since.
  private mutating func takePrepaid() -> Int64? {
    guard prepaid > 0 else { return nil }
    let time = prepaidTime / Int64(prepaid)
    prepaid -= 1
    prepaidTime -= time
    return time
  }

  /// Takes note of a request that is sent now, whether its turn has come or not.
  package mutating func send(at now: Timestamp) {
    requests += 1
    inFlight += 1
    if takePrepaid() == nil { next = max(next, now.milliseconds * 1000) + currentSpacing }
  }

  /// Takes note that a request has had its reply, or will have none.
  package mutating func received() { inFlight -= 1 }

  /// How long the list of conferences is to be left alone after it took so many requests: it does not wait for its turn,
  /// and would leave few or no polls theirs.
  package func pause(afterListing requests: Int) -> Duration { pause(afterListing: requests, spacing: currentSpacing) }

  /// The same where the origin does not throttle: a longer pause is an outage.
  package func usualPause(afterListing requests: Int) -> Duration { pause(afterListing: requests, spacing: spacing) }

  private func pause(afterListing requests: Int, spacing: Int64) -> Duration {
    pages == 0 ? .zero : .microseconds(spacing * Int64(requests * Self.listShare))
  }

  // MARK: Throttling

  /// Takes note that the origin has throttled: from now on it gets half of the requests that it got.
  package mutating func throttled(at now: Timestamp) {
    goodPollsSince = 0
    if let throttledAt, now - throttledAt < Self.throttlingTime { return }
    throttledAt = now
    let actual = max(currentSpacing, interval.wholeMicroseconds / Int64(max(pages, 1)))
    currentSpacing = min(actual * 2, Self.longestSpacing.wholeMicroseconds)
  }

  /// Takes note of a complete poll.
  package mutating func succeeded() {
    guard isThrottled else { return }
    goodPollsSince += 1
    if goodPollsSince >= Self.goodPolls { currentSpacing = spacing }
  }

  package var isThrottled: Bool { currentSpacing > spacing }

  // MARK: Rounds

  /// Takes note that a round has so many requests more.
  package mutating func add(pages count: Int) { pages = max(0, pages + count) }

  /// How long a round takes: every conference once, and a quarter more for questions.
  private var round: Duration { .microseconds(currentSpacing * Int64(pages) / 4 * 5) }

  /// Whether a round takes longer than the interval.
  package var isExceeded: Bool { round > interval }

  /// The longest time between two polls of a conference: the interval where the budget allows it. Else a round, and
  /// another for those that others are preferred to.
  package var worstCase: Duration { isExceeded ? round * 2 : interval }

  /// By how much those are preferred whose rooms are busy. Whoever has waited for longer than that goes first.
  package var preference: Duration { isExceeded ? round - interval : .zero }

  /// Requests per second that polls of every conference at its interval would need.
  package var needed: Int {
    let milliseconds = max(interval.wholeMilliseconds, 1)
    return Int((Int64(pages) * 1250 + milliseconds - 1) / milliseconds)
  }
}
