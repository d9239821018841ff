/// A small random number generator, not for secrets: the same seed gives the same numbers on every machine.
///
/// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  /// The amount by which the state grows with each number.
  private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  package mutating func next() -> UInt64 {
    defer { state &+= Self.increment }
    return Self.number(0, seed: state)
  }

  /// Returns the number that ``next()`` gives after `index` others.
  package static func number(_ index: UInt64, seed: UInt64) -> UInt64 {
    var word = seed &+ (index &+ 1) &* increment
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}

/// FNV-1a with 64 bits: a fast digest that changes with any single byte. It does not protect against forgery.
///
/// Source: https://datatracker.ietf.org/doc/html/rfc9923.
package enum FNV1a {
  package static func digest(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }
}
