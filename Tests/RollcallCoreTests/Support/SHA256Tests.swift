import RollcallCore
import Testing

struct SHA256Tests {
  /// FIPS 180-4 examples and the NIST long message.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
  ])
  func `the published examples give the published digests`(text: String, digest: String) {
    #expect(Hex.encode(SHA256.hash(text.utf8)) == digest)
  }

  @Test func `a million letters give the published digest`() {
    let digest = SHA256.hash(repeatElement(UInt8(ascii: "a"), count: 1_000_000))
    #expect(Hex.encode(digest) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  /// Compares the digest of all digests with the one from Python's hashlib.
  @Test func `every length from 0 to 300 gives the same digest as another implementation`() {
    var all = SHA256()
    for length in 0...300 { all.update(SHA256.hash(Self.pattern(length))) }
    #expect(Hex.encode(all.finish()) == "60d63ff40b5558727a9b786ac0be9300f7ca58fd9ddd3b2f3681b369018a87dc")
  }

  @Test func `the digest does not depend on how the bytes are divided`() {
    for length in stride(from: 0, through: 300, by: 13) {
      let bytes = Self.pattern(length)
      let whole = SHA256.hash(bytes)
      for cut in 0...length {
        var hash = SHA256()
        hash.update(bytes[..<cut])
        _ = hash.finish()
        hash.update(bytes[cut...])
        #expect(hash.finish() == whole)
      }
    }
  }

  static func pattern(_ length: Int) -> [UInt8] {
    (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7 + length) }
  }
}
