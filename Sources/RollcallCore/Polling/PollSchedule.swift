/// When to poll next: at ticks that are whole intervals from the start, so that slow replies do not make polling drift.
///
/// A tick that passes while a poll is still running is skipped, not made up for. After a failure the back-off decides
/// instead of the ticks.
package struct PollSchedule: Sendable {
  /// Intervals outside these bounds become the nearer one.
  package static let intervals = Duration.milliseconds(100)...Duration.seconds(3600)

  package let start: Timestamp
  package let interval: Duration
  /// When to poll next. Stays what it is while a poll is running.
  package var due: Timestamp { max(scheduled, pausedUntil) }
  private var scheduled: Timestamp
  private var pausedUntil: Timestamp
  private var backoff = Backoff()

  /// The first poll is due at the start itself.
  package init(start: Timestamp, interval: Duration) {
    self.start = start
    self.interval = min(max(interval, Self.intervals.lowerBound), Self.intervals.upperBound)
    scheduled = start
    pausedUntil = start
  }

  /// How many polls have failed since the last one that did not.
  package var failures: Int { backoff.failures }

  /// A poll is over and was complete.
  /// - Returns: when the next one is due: the first tick after the one that this poll belonged to which has not passed.
  @discardableResult
  package mutating func succeeded(at now: Timestamp) -> Timestamp {
    backoff.succeeded()
    scheduled = max(tick(after: scheduled), tick(notBefore: now))
    return due
  }

  /// A poll is over and failed.
  /// - Returns: when to try again, by the back-off; this may be well before the next tick.
  @discardableResult
  package mutating func failed(at now: Timestamp, using random: inout some RandomNumberGenerator) -> Timestamp {
    scheduled = now + backoff.failed(interval: interval, using: &random)
    return due
  }

  /// Polls not before this moment, as `Retry-After` asks. Never brings a poll forward.
  package mutating func pause(until moment: Timestamp) {
    pausedUntil = max(pausedUntil, moment)
  }

  /// How many ticks lie after the first moment and not after the second.
  package func ticks(after earlier: Timestamp, through later: Timestamp) -> Int {
    max(0, Int(clamping: index(notAfter: later) - index(notAfter: earlier)))
  }

  private func tick(after moment: Timestamp) -> Timestamp {
    start + interval * max(0, index(notAfter: moment) + 1)
  }

  private func tick(notBefore moment: Timestamp) -> Timestamp {
    let index = index(notAfter: moment)
    let tick = start + interval * max(0, index)
    return tick < moment ? tick + interval : tick
  }

  /// The number of the last tick at or before the moment; -1 stands for all before the start.
  private func index(notAfter moment: Timestamp) -> Int64 {
    guard moment >= start else { return -1 }
    return (moment - start).wholeMilliseconds / interval.wholeMilliseconds
  }
}
