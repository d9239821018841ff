import RollcallCore
import Testing

@Suite struct `A sid` {
  @Test(arguments: ["a", "CA0", "0-_.:Z", "...", String(repeating: "x", count: 128)])
  func `accepts up to 128 allowed characters`(text: String) {
    #expect(CallSID(text)?.description == text)
    #expect(ConferenceSID(text)?.description == text)
  }

  @Test(arguments: ["", ".", "..", "a b", "a/b", "é", "a%41", String(repeating: "x", count: 129)])
  func `rejects anything that is not a single path segment`(text: String) {
    #expect(CallSID(text) == nil)
    #expect(ConferenceSID(text) == nil)
  }

  @Test func `is ordered by its text`() {
    #expect(["b", "a", "B"].compactMap(ConferenceSID.init).sorted().map(\.text) == ["B", "a", "b"])
    #expect(["b", "a", "B"].compactMap(CallSID.init).sorted().map(\.text) == ["B", "a", "b"])
  }
}
