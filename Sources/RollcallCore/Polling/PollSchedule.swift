/// Schedules polls at ticks that are whole intervals from the start, so that slow replies do not make polling drift.
///
/// A tick that passes while a poll is running is skipped, not made up for. After a failure the caller decides.
package struct PollSchedule: Sendable {
  /// The bounds that intervals are clamped to.
  package static let intervals = Duration.milliseconds(100)...Duration.seconds(3600)

  package let start: Timestamp
  package let interval: Duration
  /// When to poll next. Unchanged while a poll is running.
  package private(set) var due: Timestamp

  /// Creates a schedule whose first poll is due at the start.
  package init(start: Timestamp, interval: Duration) {
    self.start = start
    self.interval = min(max(interval, Self.intervals.lowerBound), Self.intervals.upperBound)
    due = start
  }

  /// Records that a poll was complete.
  ///
  /// - Parameter pause: the minimum time between this poll and the next; if it exceeds the interval, it replaces the
  ///   interval, counted from when this poll was due.
  /// - Returns: when the next poll is due: the first tick after this poll's own that has not passed.
  @discardableResult
  package mutating func succeeded(at now: Timestamp, minimumPause pause: Duration = .zero) -> Timestamp {
    // The poll may have been brought forward.
    let last = min(due, now)
    due =
      pause > interval
      ? Self.next(after: last, every: pause, notBefore: now) : max(tick(after: last), tick(notBefore: now))
    return due
  }

  /// Returns the first moment a whole number of pauses after `last` that has not passed.
  private static func next(after last: Timestamp, every pause: Duration, notBefore now: Timestamp) -> Timestamp {
    let passed = (now - last).wholeMilliseconds / pause.wholeMilliseconds
    let moment = last + pause * max(1, passed)
    return moment < now ? moment + pause : moment
  }

  /// Records that a poll failed.
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

  /// Returns the number of the last tick at or before the moment; -1 for any moment before the start.
  private func index(notAfter moment: Timestamp) -> Int64 {
    guard moment >= start else { return -1 }
    return (moment - start).wholeMilliseconds / interval.wholeMilliseconds
  }
}

/// Spreads the polls of many conferences over the interval, so that they do not all come at once.
///
/// Offsets are multiples of the golden ratio: however many conferences there are, and however many are added later, the
/// offsets lie about evenly in the interval.
package struct PollSpread: Equatable, Sendable {
  /// The maximum delay of a first poll, however long the interval: the user is waiting for it.
  package static let longestStart = Duration.seconds(2)

  /// 2³² divided by the golden ratio.
  private static let goldenRatioStep: UInt32 = 2_654_435_769

  /// The conference's number, from 0.
  let index: Int
  /// Its number among the conferences that start together, from 0.
  let startIndex: Int

  package init(index: Int, startIndex: Int) {
    self.index = index
    self.startIndex = startIndex
  }

  /// Returns the delay of polls that would otherwise all come at once: the first ones, and those after a pause.
  package func delay(interval: Duration) -> Duration {
    Self.share(startIndex, of: min(interval, Self.longestStart))
  }

  /// Returns the schedule of a conference whose first poll is due ``delay(interval:)`` after the start.
  package func schedule(start: Timestamp, interval: Duration) -> PollSchedule {
    let offset = Self.share(index, of: interval)
    let isLaterThanFirst = offset > delay(interval: interval)
    return PollSchedule(start: start + (isLaterThanFirst ? offset - interval : offset), interval: interval)
  }

  private static func share(_ index: Int, of duration: Duration) -> Duration {
    let fraction = UInt32(truncatingIfNeeded: index) &* goldenRatioStep
    let milliseconds = duration.wholeMilliseconds
    // The product does not overflow, because an interval is at most an hour.
    return .milliseconds((milliseconds * Int64(fraction)) >> 32)
  }
}
