import RollcallCore

/// Random numbers that keep clients from acting in step; not for secrets.
struct Jitter: RandomNumberGenerator {
  private var numbers: SplitMix64

  /// - Parameter seed: nil for one of the system's.
  init(seed: UInt64? = nil) { numbers = SplitMix64(seed: seed ?? .random(in: .min ... .max)) }

  mutating func next() -> UInt64 { numbers.next() }
}
