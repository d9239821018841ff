import RollcallCore

/// New keys, from the system's own source of randomness.
package enum RandomKey {
  /// As many bytes as the digest that a key is used with.
  private static let byteCount = 32

  package static func bytes() -> [UInt8] {
    var random = SystemRandomNumberGenerator()
    return (0..<byteCount).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }
}

extension EventStream {
  /// An epoch for a run that starts now.
  static func newEpoch(startedAt start: Timestamp) -> UInt64 {
    epoch(startedAt: start, random: .random(in: .min ... .max))
  }
}
