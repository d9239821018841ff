import RollcallCore
import Testing

struct EncodingTests {
  /// RFC 4648 section 10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ])
  func `the examples of the RFC are encoded and decoded, padded or not`(text: String, encoded: String) {
    #expect(Base64.encode(Array(text.utf8)) == encoded)
    #expect(Base64.decode(encoded.utf8) == Array(text.utf8))
    #expect(Base64.decode(encoded.filter { $0 != "=" }.utf8) == Array(text.utf8))
  }

  @Test func `bytes of every length and value survive a round trip`() {
    for length in 0...300 {
      let bytes = SHA256Tests.pattern(length)
      #expect(Base64.decode(Base64.encode(bytes).utf8) == bytes)
    }
    #expect(Base64.encode([0xfb, 0xff, 0xfe]) == "+//+")
  }

  @Test(arguments: [
    "Z", "Zg=", "Zg===", "Z===", "====", "=", "Zm8==", "Zm9v=", "Zm9v====", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "-__-",
    "Zg==Zg==", "Zm9vY", "Zm9\u{e9}",
  ])
  func `text that is not base64 is rejected`(text: String) {
    #expect(Base64.decode(text.utf8) == nil)
  }

  @Test func `hexadecimal is lower case with two digits per byte`() {
    #expect(Hex.encode([0x00, 0x0f, 0xa0, 0xff]) == "000fa0ff")
    #expect(Hex.encode([]) == "")
  }

  @Test func `a comparison detects every single changed bit`() {
    let bytes = SHA256Tests.pattern(32)
    #expect(ConstantTime.equals(bytes, bytes))
    #expect(!ConstantTime.equals(bytes, Array(bytes.dropLast())))
    for bit in 0..<256 {
      var changed = bytes
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(!ConstantTime.equals(bytes, changed))
    }
  }
}
