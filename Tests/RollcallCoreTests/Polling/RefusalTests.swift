import RollcallCore
import Testing

@Suite struct `The reason for rejecting a link` {
  private static let all: [LinkRefusal] = [
    .tooLong, .character, .percentEncoding, .fragment, .otherOrigin, .otherList, .noQuery,
  ]

  @Test func `names the key, and differs from every other`() {
    let texts = Self.all.map(\.text)
    #expect(Set(texts).count == Self.all.count)
    for text in texts { #expect(text.hasPrefix("next_page_uri ")) }
  }
}
