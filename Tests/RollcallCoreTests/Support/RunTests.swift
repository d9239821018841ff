import RollcallCore
import Testing

@Suite struct `A run of elements` {
  @Test(
    arguments: [
      ("", "", 0), ("a", "", 0), ("", "a", nil), ("abc", "abc", 0), ("abc", "c", 2), ("abc", "cd", nil),
      ("aab", "ab", 1),
      ("ababac", "abac", 2), ("abc", "abcd", nil),
    ] as [(String, String, Int?)])
  func `is found at its first occurrence`(text: String, run: String, start: Int?) {
    let found = Array(text.utf8).range(ofRun: run.utf8)
    #expect(found == start.map { $0..<($0 + run.utf8.count) })
    #expect(text.contains(bytesOf: run) == (start != nil))
  }
}
