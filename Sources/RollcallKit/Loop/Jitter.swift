/// Random numbers that keep clients from acting in step; not for secrets.
///
/// Begun from the system's. It has a state of its own: the system's generator has none, and where an empty value stands is
/// nothing that the thread sanitizer can look at. Steps: SplitMix64 by Steele, Lea and Flood, 2014.
struct Jitter: RandomNumberGenerator {
  private var state = UInt64.random(in: .min ... .max)

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
