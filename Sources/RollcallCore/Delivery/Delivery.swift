/// Events of one lane that go out in one request: one event, or all of a poll that the target wants.
///
/// Between its first and its last event the stream may have others, of other lanes or not wanted.
package struct Delivery: Hashable, Sendable {
  package let first: UInt64
  package private(set) var last: UInt64
  /// How many events, 1 or more.
  package private(set) var count: Int

  /// One event alone.
  package init(_ sequence: UInt64) {
    (first, last, count) = (sequence, sequence, 1)
  }

  /// Takes one more event, which follows those that are in it.
  mutating func take(_ sequence: UInt64) {
    last = sequence
    count += 1
  }
}
