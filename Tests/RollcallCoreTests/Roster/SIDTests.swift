import RollcallCore
import Testing

@Suite struct `A sid` {
  @Test(arguments: ["a", "CA0", "0-_.:Z", "...", String(repeating: "x", count: 128)])
  func `is text of a few characters`(text: String) {
    #expect(CallSID(text)?.description == text)
    #expect(ConferenceSID(text)?.description == text)
  }

  @Test(arguments: ["", ".", "..", "a b", "a/b", "é", "a%41", String(repeating: "x", count: 129)])
  func `is nothing that could be more than a segment of a path`(text: String) {
    #expect(CallSID(text) == nil)
    #expect(ConferenceSID(text) == nil)
  }

  @Test func `has an order`() {
    #expect(["b", "a", "B"].compactMap(ConferenceSID.init).sorted().map(\.text) == ["B", "a", "b"])
    #expect(["b", "a", "B"].compactMap(CallSID.init).sorted().map(\.text) == ["B", "a", "b"])
  }
}
