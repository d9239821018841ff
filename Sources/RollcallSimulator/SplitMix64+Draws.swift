import RollcallCore

/// Random draws of the simulated space.
extension SplitMix64 {
  /// Creates a separate stream for one purpose, so that draws from one do not affect another.
  init(seed: UInt64, purpose: UInt64) {
    self.init(seed: Self.number(0, seed: seed &+ purpose &* 0xD134_2543_DE82_EF95))
  }

  /// Returns true with the given probability (0–1).
  mutating func happens(_ probability: Double) -> Bool {
    Double(next() >> 11) * 0x1p-53 < probability
  }

  /// Returns a number less than `bound`, which must be at least 1.
  mutating func below(_ bound: Int) -> Int {
    Int(next() % UInt64(max(1, bound)))
  }

  /// Returns a version 4 UUID in lower case.
  mutating func uuid() -> String {
    let high = next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    let low = next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    let digits = Array((Self.hex(high) + Self.hex(low)).utf8)
    let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
    return groups.map { String(decoding: digits[$0], as: UTF8.self) }.joined(separator: "-")
  }

  /// Returns 32 hexadecimal digits.
  mutating func hex32() -> String { Self.hex(next()) + Self.hex(next()) }

  private static func hex(_ word: UInt64) -> String {
    let text = String(word, radix: 16)
    return String(repeating: "0", count: 16 - text.utf8.count) + text
  }
}
