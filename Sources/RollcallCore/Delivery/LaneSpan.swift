/// A stretch of one lane: the events of a conference that come after one sequence and not after another.
package struct LaneSpan: Hashable, Sendable {
  /// The conference; nil for the events without one.
  package var lane: ConferenceSID?
  package var after: UInt64
  package var through: UInt64

  package init(lane: ConferenceSID?, after: UInt64, through: UInt64) {
    self.lane = lane
    self.after = after
    self.through = through
  }
}
