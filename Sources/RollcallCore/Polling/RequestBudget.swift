/// Limits the rate of requests to an origin, and computes how long a round of polls takes. ``OriginGovernor`` owns it.
///
/// Requests are spaced evenly; a few may be early. A poll waits for its turn. Other requests (further pages,
/// confirmations, the list of conferences) are sent at once, and polls wait longer because of them.
package struct RequestBudget: Sendable {
  /// The bounds of the request rate, per second.
  package static let bounds = 1...10_000
  /// The default request rate, per second.
  package static let standard = 50
  /// How much earlier than its time a request may be sent, so that a few can be sent together.
  static let burst: Duration = .milliseconds(100)
  /// The maximum time between two requests, however often the origin throttles.
  static let longestSpacing: Duration = .seconds(10)
  /// Each second with a complete poll and without a 429 restores 1/10 of the full rate.
  static let recoveryShare = 10
  /// The maximum number of requests in flight when a poll begins.
  package static let maximumInFlight = 512
  /// Several 429s within this time count as one.
  static let throttlingTime: Duration = .seconds(1)

  /// Discovery may use at most 1/8 of the request budget while polling.
  static let listShare = 8

  /// The requested time between two polls of one conference.
  package let interval: Duration
  /// The time between two requests in microseconds: first as configured, then as it is while the origin throttles.
  private let spacing: Int64
  private(set) var currentSpacing: Int64
  /// The time of the next request if none is early, in microseconds.
  private var next: Int64 = 0
  /// The number of requests sent.
  package private(set) var requests = 0
  private var inFlight = 0
  /// Requests whose time was reserved before they are sent, and that time in microseconds.
  private var prepaid = 0
  private var prepaidTime: Int64 = 0
  private var throttledAt: Timestamp?
  /// The last 429, and how many seconds after it the rate last rose.
  private var recovery: (since: Timestamp, seconds: Int64)?
  /// The requests of one round: one for each page of each conference.
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

  /// Whether the maximum number of requests is in flight.
  package var isFull: Bool { inFlight >= Self.maximumInFlight }

  /// When the next poll may begin.
  package var opensAt: Timestamp {
    let moment = next - Self.burst.wholeMicroseconds
    return Timestamp(milliseconds: moment > 0 ? (moment + 999) / 1000 : 0)
  }

  /// Begins a poll: reserves the time of its first request.
  package mutating func begin(at now: Timestamp) {
    prepaid += 1
    prepaidTime += currentSpacing
    next = max(next, now.milliseconds * 1000) + currentSpacing
  }

  /// Records that a poll that began sends nothing, so that others may use its time.
  package mutating func waive() {
    // If another request has used that time, there is nothing to give back.
    if let time = takePrepaid() { next -= time }
  }

  /// Takes back the time reserved for one request, which the origin's throttling may have changed since.
  private mutating func takePrepaid() -> Int64? {
    guard prepaid > 0 else { return nil }
    let time = prepaidTime / Int64(prepaid)
    prepaid -= 1
    prepaidTime -= time
    return time
  }

  /// Records a request that is sent now, whether or not its turn has come.
  package mutating func send(at now: Timestamp) {
    requests += 1
    inFlight += 1
    if takePrepaid() == nil { next = max(next, now.milliseconds * 1000) + currentSpacing }
  }

  /// Records that a request has its reply, or will get none.
  package mutating func received() { inFlight -= 1 }

  /// Returns how long to pause discovery after it took this many requests: they do not wait for their turn, and would
  /// leave too little of the budget for polls.
  package func pause(afterListing requests: Int) -> Duration { pause(afterListing: requests, spacing: currentSpacing) }

  /// Returns the same for an origin that does not throttle: a longer pause is an outage.
  package func usualPause(afterListing requests: Int) -> Duration { pause(afterListing: requests, spacing: spacing) }

  private func pause(afterListing requests: Int, spacing: Int64) -> Duration {
    load == Load() ? .zero : .microseconds(spacing * Int64(requests * Self.listShare))
  }

  // MARK: Throttling

  /// Records that the origin throttled: halves the rate of requests.
  package mutating func throttled(at now: Timestamp) {
    recovery = (now, 0)
    if let throttledAt, now - throttledAt < Self.throttlingTime { return }
    throttledAt = now
    let actual = max(currentSpacing, load.spacing(every: interval))
    currentSpacing = min(actual * 2, Self.longestSpacing.wholeMicroseconds)
  }

  /// Records a complete poll.
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

  /// Adds requests to each round.
  package mutating func add(_ more: Load) { load = max(Load(), load + more) }

  /// Returns how long a round takes: every conference once, and a quarter more for look-ups.
  private func round(_ spacing: Int64) -> Duration { load.time(spacing: spacing) }

  private var round: Duration { round(currentSpacing) }

  /// Whether a round takes longer than the interval.
  package var isExceeded: Bool { round > interval }

  /// The longest time between two polls of a conference: the interval if the budget allows it, otherwise one round plus
  /// another for conferences that others are preferred to.
  package var worstCase: Duration { isExceeded ? round * 2 : interval }

  /// The same for an origin that does not throttle: polls further apart than this are an outage.
  package var usualWorstCase: Duration {
    let round = round(spacing)
    return round > interval ? round * 2 : interval
  }

  /// How much earlier busy conferences count as due. A conference that has waited longer than this goes first.
  package var preference: Duration { isExceeded ? round - interval : .zero }

  /// The request rate per second needed to poll every conference at its interval.
  package var needed: Int {
    load.rate(every: interval)
  }
}

extension RequestBudget {
  /// The requests per interval that polls need, in thousandths, so that a conference polled less often counts less.
  package struct Load: Comparable, Sendable {
    private var thousandths: Int64 = 0

    package init(pages: Int = 0) { thousandths = Int64(pages) * 1000 }

    /// Creates the load of requests that are sent once every `time`.
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

    /// Returns the microseconds between two evenly spaced requests.
    fileprivate func spacing(every interval: Duration) -> Int64 {
      interval.wholeMicroseconds * 1000 / max(thousandths, 1000)
    }

    /// Returns how long the requests take at this spacing in microseconds, with a quarter more for look-ups.
    fileprivate func time(spacing: Int64) -> Duration { .microseconds(spacing * thousandths / 4000 * 5) }

    /// Returns the requests per second, with a quarter more for look-ups.
    fileprivate func rate(every interval: Duration) -> Int {
      let time = max(interval.wholeMilliseconds, 1) * 1000
      return Int((thousandths * 1250 + time - 1) / time)
    }
  }
}
