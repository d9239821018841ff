/// How many requests an origin is sent, and how long a round of polls takes with so many. Its ``OriginGovernor`` owns it.
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
  /// Each second with a complete poll and without a 429 gives this part of the full rate back.
  static let recoveryShare = 10
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
  private var throttledAt: Timestamp?
  /// The last 429, and how many seconds after it the rate last rose.
  private var recovery: (since: Timestamp, seconds: Int64)?
  /// Requests of a round: one for each page of each conference.
  private var load = Load()

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
    load == Load() ? .zero : .microseconds(spacing * Int64(requests * Self.listShare))
  }

  // MARK: Throttling

  /// Takes note that the origin has throttled: from now on it gets half of the requests that it got.
  package mutating func throttled(at now: Timestamp) {
    recovery = (now, 0)
    if let throttledAt, now - throttledAt < Self.throttlingTime { return }
    throttledAt = now
    let actual = max(currentSpacing, load.spacing(every: interval))
    currentSpacing = min(actual * 2, Self.longestSpacing.wholeMicroseconds)
  }

  /// Takes note of a complete poll.
  package mutating func succeeded(at now: Timestamp) {
    guard isThrottled, let recovery else { return }
    let seconds = (now - recovery.since).wholeMilliseconds / Self.throttlingTime.wholeMilliseconds
    guard seconds > recovery.seconds else { return }
    self.recovery?.seconds = seconds
    // The rate is the reciprocal of the spacing.
    let share = spacing * Int64(Self.recoveryShare)
    currentSpacing = max(spacing, currentSpacing * share / (currentSpacing + share))
  }

  package var isThrottled: Bool { currentSpacing > spacing }

  // MARK: Rounds

  /// Takes note that a round has so many requests more.
  package mutating func add(_ more: Load) { load = max(Load(), load + more) }

  /// How long a round takes: every conference once, and a quarter more for questions.
  private func round(_ spacing: Int64) -> Duration { load.time(spacing: spacing) }

  private var round: Duration { round(currentSpacing) }

  /// Whether a round takes longer than the interval.
  package var isExceeded: Bool { round > interval }

  /// The longest time between two polls of a conference: the interval where the budget allows it. Else a round, and
  /// another for those that others are preferred to.
  package var worstCase: Duration { isExceeded ? round * 2 : interval }

  /// The same while the origin does not throttle: where polls are further apart, that is an outage.
  package var usualWorstCase: Duration {
    let round = round(spacing)
    return round > interval ? round * 2 : interval
  }

  /// By how much those are preferred whose rooms are busy. Whoever has waited for longer than that goes first.
  package var preference: Duration { isExceeded ? round - interval : .zero }

  /// Requests per second that polls of every conference at its interval would need.
  package var needed: Int {
    load.rate(every: interval)
  }
}

extension RequestBudget {
  /// What polls take: requests of each interval, in thousandths, so that a conference that is polled less often counts less.
  package struct Load: Comparable, Sendable {
    private var thousandths: Int64 = 0

    package init(pages: Int = 0) { thousandths = Int64(pages) * 1000 }

    /// Requests that come once in so long.
    package init(requests: Int, every time: Duration, interval: Duration) {
      thousandths = Int64(requests) * 1000 * interval.wholeMilliseconds / max(time.wholeMilliseconds, 1)
    }

    package static func < (left: Load, right: Load) -> Bool { left.thousandths < right.thousandths }

    package static func + (left: Load, right: Load) -> Load {
      var sum = left
      sum.thousandths += right.thousandths
      return sum
    }

    package static func - (left: Load, right: Load) -> Load { left + -right }

    package static prefix func - (load: Load) -> Load {
      var negative = load
      negative.thousandths = -load.thousandths
      return negative
    }

    /// Microseconds between two requests that are evenly spread.
    fileprivate func spacing(every interval: Duration) -> Int64 {
      interval.wholeMicroseconds * 1000 / max(thousandths, 1000)
    }

    /// How long requests take that are so many microseconds apart, and a quarter more for questions.
    fileprivate func time(spacing: Int64) -> Duration { .microseconds(spacing * thousandths / 4000 * 5) }

    /// Requests per second.
    fileprivate func rate(every interval: Duration) -> Int {
      let time = max(interval.wholeMilliseconds, 1) * 1000
      return Int((thousandths * 1250 + time - 1) / time)
    }
  }
}
