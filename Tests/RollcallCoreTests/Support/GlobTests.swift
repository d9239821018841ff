import RollcallCore
import Testing

struct GlobTests {
  @Test(arguments: [
    ("", ""), ("*", ""), ("*", "anything"), ("a?c", "abc"), ("participant.*", "participant.joined"),
    ("*.joined", "participant.joined"), ("*a*b*", "xxaxxbxx"), ("**", "x"), ("?", "é"), ("a*", "a"),
    ("*ab", "aaab"), ("a*b?d*", "axxbbcd"), ("conference.ended", "conference.ended"),
  ])
  func `a pattern matches`(pattern: String, text: String) {
    #expect(Glob(pattern).matches(text))
  }

  @Test(arguments: [
    ("", "a"), ("?", ""), ("?", "ab"), ("a", "A"), ("a*b", "abc"), ("participant.*", "conference.ended"),
    ("*ab", "abb"), ("a?c", "ac"), ("abc", "ab"), ("ab", "abc"), ("[a]", "a"),
  ])
  func `a pattern does not match`(pattern: String, text: String) {
    #expect(!Glob(pattern).matches(text))
  }

  @Test func `a pattern with many stars is matched quickly`() {
    let pattern = Glob(String(repeating: "a*", count: 200) + "b")
    let text = String(repeating: "a", count: 5000)
    #expect(!pattern.matches(text))
    #expect(pattern.matches(text + "b"))
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `every pattern matches what an independent definition says`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    for _ in 0..<3000 {
      let pattern = (0..<Int.random(in: 0...7, using: &random)).map { _ in "ab*?".randomElement(using: &random) ?? "a" }
      let text = (0..<Int.random(in: 0...8, using: &random)).map { _ in "ab".randomElement(using: &random) ?? "a" }
      let expected = Self.matches(pattern[...], text[...])
      #expect(Glob(String(pattern)).matches(String(text)) == expected, "\(String(pattern)) \(String(text))")
    }
  }

  private static func matches(_ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    if first == "*" {
      return matches(pattern.dropFirst(), text) || (!text.isEmpty && matches(pattern, text.dropFirst()))
    }
    guard let character = text.first, first == "?" || first == character else { return false }
    return matches(pattern.dropFirst(), text.dropFirst())
  }

  @Test func `only a pattern without wildcards is exact`() {
    #expect(Glob("Daily stand-up").isExact)
    #expect(!Glob("Daily*").isExact)
    #expect(!Glob("?").isExact)
  }
}
