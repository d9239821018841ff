import RollcallCore
import Testing

struct HMACSHA256Tests {
  /// RFC 4231 sections 4.2–4.8, without 4.6, which is about truncation.
  @Test(arguments: [
    (repeated(0x0b, 20), Array("Hi There".utf8), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (
      Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    (repeated(0xaa, 20), repeated(0xdd, 50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (Array(1...25), repeated(0xcd, 50), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    (
      repeated(0xaa, 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
    (
      repeated(0xaa, 131),
      Array(
        ("This is a test using a larger than block-size key and a larger than block-size data. "
          + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
    ),
  ])
  func `the examples of the RFC give its codes`(key: [UInt8], message: [UInt8], code: String) {
    #expect(Hex.encode(HMACSHA256.code(of: message, key: key)) == code)
  }

  /// Compares the digest of all codes with the one from Python's hmac.
  @Test func `every length of key and message gives the same code as another implementation`() {
    var all = SHA256()
    for length in 0...300 {
      all.update(HMACSHA256.code(of: SHA256Tests.pattern(300 - length), key: SHA256Tests.pattern(length)))
    }
    #expect(Hex.encode(all.finish()) == "829697780116da2255f34107a2102b155f638d2596fb23f56e11baff5c2f01b4")
  }

  static func repeated(_ byte: UInt8, _ count: Int) -> [UInt8] {
    Array(repeating: byte, count: count)
  }
}
