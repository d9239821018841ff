import Testing

@testable import rollcall

@Suite struct SmallPartsTests {
  @Test(
    arguments: [
      ("500ms", .milliseconds(500)), ("2s", .seconds(2)), ("5m", .seconds(300)), ("1h", .seconds(3600)),
      ("0s", .zero), ("007ms", .milliseconds(7)),
      ("", nil), ("s", nil), ("2", nil), ("2 s", nil), ("-2s", nil), ("+2s", nil), ("1.5s", nil), ("2S", nil),
      ("2sec", nil), ("٢s", nil), ("9223372036854775807h", nil), ("99999999999999999999s", nil),
    ] as [(String, Duration?)])
  func `a duration is digits and a unit`(text: String, duration: Duration?) {
    #expect(DurationArgument.parse(text) == duration)
  }

  @Test(arguments: ["0ms", "1ms", "100ms", "1s", "1001ms", "90s", "2m", "24h", "720h"])
  func `a duration that is written is read again`(text: String) {
    #expect(DurationArgument.parse(text).map(DurationArgument.text) == text)
  }

  @Test(arguments: [
    ("participant.left", "participant.left", true), ("participant.left", "*", true), ("", "*", true),
    ("participant.left", "participant.*", true), ("participant.left", "*.left", true), ("abc", "a?c", true),
    ("participant.left", "*a*t*t", true), ("aab", "a*ab", true), ("abcabd", "*abd", true),
    ("participant.left", "participant", false), ("participant.left", "*.leftover", false), ("", "?", false),
    ("participant.left", "", false), ("ac", "a?c", false), ("abc", "ABC", false), ("abx", "a*c", false),
  ]) func `a glob matches the whole text`(text: String, pattern: String, matches: Bool) {
    #expect(EventGlob.matches(text, pattern: pattern) == matches)
  }

  @Test(arguments: [
    ("", "abc", 3), ("abc", "abc", 0), ("acb", "abc", 1), ("ca", "abc", 3), ("kitten", "sitting", 3),
    ("interval", "intervall", 1), ("wacth", "watch", 1),
  ]) func `a distance counts edits and swaps, the same both ways`(left: String, right: String, distance: Int) {
    #expect(NearestName.distance(Array(left), Array(right)) == distance)
    #expect(NearestName.distance(Array(right), Array(left)) == distance)
  }

  @Test func `nothing is nearest to nothing`() {
    #expect(NearestName.of("x", among: []) == nil)
    #expect(NearestName.of(String(repeating: "x", count: 1_000_000), among: ["a", "x"]) == "x")
  }

  @Test func `every type of event is listed once and matched by itself`() throws {
    #expect(EventTypeNames.all.count == 17)
    #expect(Set(EventTypeNames.all).count == 17)
    for type in EventTypeNames.all { #expect(try EventFilter(argument: type).types == [type]) }
    #expect(try EventFilter(argument: "*") == .all)
  }

  @Test func `options of a command have distinct names and letters`() {
    for command in CommandName.allCases {
      let options = CommandSpec.of(command).options
      #expect(Set(options.map(\.name)).count == options.count)
      #expect(Set(options.compactMap(\.short)).count == options.compactMap(\.short).count)
    }
  }

  @Test func `every option belongs to a command`() {
    let used = Set(CommandName.allCases.flatMap { CommandSpec.of($0).options.map(\.name) })
    #expect(used == Set(OptionName.allCases))
  }

  @Test func `long texts are cut where they are repeated`() {
    #expect(Quotation.of(String(repeating: "x", count: 49)) == "\"" + String(repeating: "x", count: 48) + "…\"")
    #expect(Quotation.of("PT0123") == "the text given")
  }
}
