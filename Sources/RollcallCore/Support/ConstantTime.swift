/// Comparison whose time tells nothing about where two texts differ.
package enum ConstantTime {
  /// Whether both are the same. The time depends on the lengths alone, which are no secret.
  package static func equals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for (one, other) in zip(left, right) { difference |= one ^ other }
    return difference == 0
  }
}
