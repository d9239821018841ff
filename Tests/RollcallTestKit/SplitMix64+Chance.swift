package import RollcallCore

extension SplitMix64 {
  /// Whether something happens that does so once in `chances` times.
  package mutating func happens(onceIn chances: Int) -> Bool {
    Int.random(in: 0..<chances, using: &self) == 0
  }
}
