/// A time in which nobody looked: what happened in it is told later, if at all.
package struct Interruption: Equatable, Sendable {
  package internal(set) var start: Timestamp
  package internal(set) var end: Timestamp
  /// The event's word; nil between two runs of which the second began anew.
  package internal(set) var reason: String?
  /// Whether it goes on past the end of the history.
  package internal(set) var isOpen: Bool

  package init(start: Timestamp, end: Timestamp, reason: String?, isOpen: Bool) {
    self.start = start
    self.end = end
    self.reason = reason
    self.isOpen = isOpen
  }

  package var milliseconds: Int64 { (end - start).wholeMilliseconds }

  /// Whether nothing at all is known of that time, not even who was there.
  package var isBetweenRuns: Bool { reason == nil }

  func clipped(to window: ClosedRange<Timestamp>) -> Interruption? {
    guard end > window.lowerBound || start >= window.lowerBound, start <= window.upperBound else { return nil }
    return Interruption(
      start: max(start, window.lowerBound), end: min(end, window.upperBound), reason: reason,
      isOpen: isOpen || end > window.upperBound)
  }
}
