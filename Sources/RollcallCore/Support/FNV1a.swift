/// FNV-1a, 64 bits: a quick digest that no change of a single byte leaves as it was. It keeps nobody from forging one.
///
/// Source: https://datatracker.ietf.org/doc/html/rfc9923.
package enum FNV1a {
  package static func digest(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }
}
