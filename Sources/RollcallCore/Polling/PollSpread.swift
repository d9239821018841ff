/// Which part of the interval the polls of one conference fall into, so that those of many do not come at once.
///
/// Shares are multiples of the golden ratio: however many conferences there are, and however many come later, they lie
/// about evenly in the interval.
package struct PollSpread: Equatable, Sendable {
  /// First polls come within this time even where the interval is longer: somebody waits for them.
  package static let longestStart = Duration.seconds(2)

  private static let goldenRatio: UInt32 = 2_654_435_769

  /// The conference's number, from 0.
  let index: Int
  /// Its number among those that begin with it, from 0.
  let startIndex: Int

  package init(index: Int, startIndex: Int) {
    self.index = index
    self.startIndex = startIndex
  }

  /// How long polls wait that would otherwise come with all others: the first ones, and those after a pause.
  package func delay(interval: Duration) -> Duration {
    Self.share(startIndex, of: min(interval, Self.longestStart))
  }

  /// The ticks of a conference whose first poll is due ``delay(interval:)`` after the start.
  package func schedule(start: Timestamp, interval: Duration) -> PollSchedule {
    let offset = Self.share(index, of: interval)
    let isLaterThanFirst = offset > delay(interval: interval)
    return PollSchedule(start: start + (isLaterThanFirst ? offset - interval : offset), interval: interval)
  }

  private static func share(_ index: Int, of duration: Duration) -> Duration {
    let fraction = UInt32(truncatingIfNeeded: index) &* goldenRatio
    let milliseconds = duration.wholeMilliseconds
    // At most an hour: the product has room.
    return .milliseconds((milliseconds * Int64(fraction)) >> 32)
  }
}
