import RollcallCore

extension Delivery: ExpressibleByIntegerLiteral {
  /// Creates a delivery of only the event with this sequence.
  public init(integerLiteral sequence: UInt64) { self.init(sequence) }
}
