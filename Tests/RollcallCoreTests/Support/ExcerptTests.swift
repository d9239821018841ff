import RollcallCore
import Testing

struct `An excerpt` {
  @Test func `is a short, visible line`() {
    #expect(Excerpt.of("  a\r\n\tb\u{7F} \u{200B}c  ") == #"a b\u{7F} \u{200B}c"#)
    #expect(Excerpt.of("") == "")
    #expect(Excerpt.of([0xff, 0x61]) == "\u{FFFD}a")
    #expect(Excerpt.of(String(repeating: "a", count: 200)) == String(repeating: "a", count: 200))
    #expect(Excerpt.of(String(repeating: "a", count: 201)) == String(repeating: "a", count: 197) + "…")
    #expect(Excerpt.of(String(repeating: "\u{1B}", count: 4000)).utf8.count <= Excerpt.maximumBytes)
  }

  @Test(arguments: [
    "https://hooks.example/services/T0000000/B1111111", "/services/T0000000/B1111111", "T0000000", #"\/B1111111"#,
    "token=T0000000&x",
  ])
  func `hides secrets and parts of them`(_ text: String) {
    let secret = Secret("https://hooks.example/services/T0000000/B1111111")
    for padding in [0, 190, 4080, 4090] {
      let shown = Excerpt.of(String(repeating: " ", count: padding) + "a \(text) b", hiding: [secret])
      #expect(!shown.contains("T000000") && !shown.contains("B111111"))
    }
    #expect(Excerpt.of("a \(text)", hiding: [secret]).contains("[secret]"))
  }

  @Test func `does not hide short words that are part of a secret`() {
    #expect(Excerpt.of("Cannot POST /hook", hiding: [Secret("http://127.0.0.1/hook")]) == "Cannot POST /hook")
  }
}
