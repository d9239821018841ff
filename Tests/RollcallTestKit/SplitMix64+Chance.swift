package import RollcallCore

extension SplitMix64 {
  /// Returns true with a probability of 1 in `chances`.
  package mutating func happens(onceIn chances: Int) -> Bool {
    Int.random(in: 0..<chances, using: &self) == 0
  }
}
