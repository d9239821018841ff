import RollcallCore

extension Delivery: ExpressibleByIntegerLiteral {
  /// The event of this sequence alone.
  public init(integerLiteral sequence: UInt64) { self.init(sequence) }
}
