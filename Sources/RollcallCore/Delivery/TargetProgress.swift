/// How far a target has come in the stream.
package struct TargetProgress: Equatable, Sendable {
  /// Nothing before this event was ever for the target.
  package var first: UInt64
  /// Every event up to this one is done with, but for what ``behind`` says.
  package var taken: UInt64
  /// Lanes with an event up to ``taken`` that is not done with. In each, every event up to this sequence is done with; nil is
  /// the lane of the events without conference.
  package var behind: [ConferenceSID?: UInt64]

  package init(first: UInt64, taken: UInt64? = nil, behind: [ConferenceSID?: UInt64] = [:]) {
    self.first = first
    self.taken = taken ?? first - 1
    self.behind = behind
  }

  /// Everything up to this event is done with in every lane.
  package var done: UInt64 { min(taken, behind.values.min() ?? taken) }
}

/// An event that a target did not get.
package struct DeadLetter: Equatable, Sendable {
  package var target: String
  package var sequence: UInt64
  package var reason: DeadLetterReason
  package var at: Timestamp

  package init(target: String, sequence: UInt64, reason: DeadLetterReason, at: Timestamp) {
    self.target = target
    self.sequence = sequence
    self.reason = reason
    self.at = at
  }
}
