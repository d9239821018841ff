/// When to poll next: at ticks that are whole intervals from the start, so that slow replies do not make polling drift.
///
/// A tick that passes while a poll is still running is skipped, not made up for. After a failure somebody else decides.
package struct PollSchedule: Sendable {
  /// Intervals outside these bounds become the nearer one.
  package static let intervals = Duration.milliseconds(100)...Duration.seconds(3600)

  package let start: Timestamp
  package let interval: Duration
  /// When to poll next. Stays what it is while a poll is running.
  package private(set) var due: Timestamp

  /// The first poll is due at the start itself.
  package init(start: Timestamp, interval: Duration) {
    self.start = start
    self.interval = min(max(interval, Self.intervals.lowerBound), Self.intervals.upperBound)
    due = start
  }

  /// A poll is over and was complete.
  ///
  /// - Parameter pause: the next one comes no sooner after this one; where that is more than the interval, ticks do not count.
  /// - Returns: when the next one is due: the first tick after the one that this poll belonged to which has not passed.
  @discardableResult
  package mutating func succeeded(at now: Timestamp, leastPause pause: Duration = .zero) -> Timestamp {
    // It may have been brought forward.
    let last = min(due, now)
    due = pause > interval ? max(last + pause, now) : max(tick(after: last), tick(notBefore: now))
    return due
  }

  /// A poll is over and failed.
  ///
  /// - Parameter moment: when to try again; this may be well before the next tick.
  package mutating func retry(at moment: Timestamp) { due = moment }

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
