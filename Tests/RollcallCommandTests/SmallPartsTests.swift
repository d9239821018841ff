import RollcallCore
import Testing

@testable import rollcall

@Suite struct SmallPartsTests {
  @Test(arguments: [
    ("", "abc", 3), ("abc", "abc", 0), ("acb", "abc", 1), ("ca", "abc", 3), ("kitten", "sitting", 3),
    ("interval", "intervall", 1), ("wacth", "watch", 1),
  ]) func `the distance of two words counts edits and swaps, and is the same both ways`(
    left: String, right: String, distance: Int
  ) {
    #expect(NearestName.distance(Array(left), Array(right)) == distance)
    #expect(NearestName.distance(Array(right), Array(left)) == distance)
  }

  #if !canImport(Musl)
    /// The standard library gets the arguments from the system in another way.
    @Test func `the arguments of the process equal those of the standard library`() {
      #expect(ProcessArguments.all == CommandLine.arguments && !ProcessArguments.all.isEmpty)
    }
  #endif

  @Test func `without a near name there is no nearest one`() {
    #expect(NearestName.of("x", among: []) == nil)
    #expect(NearestName.of(String(repeating: "x", count: 1_000_000), among: ["a", "x"]) == nil)
  }

  @Test(
    arguments: [
      ("", nil), ("ls", "list"), ("quiet", "quit"), ("muted", nil), ("joind", "join"), ("zzzzzzzz", nil),
      ("mist", "list"), ("ajoin", "join"), ("doom", nil),
    ] as [(String, String?)])
  func `a name is near if at most half of the longer word differs, or a third if the first letters differ`(
    text: String, nearest: String?
  ) {
    #expect(NearestName.of(text, among: ["list", "quit", "join", "foot"]) == nearest)
  }

  @Test(arguments: EventType.allCases) func `every type of event can be selected alone`(type: EventType) throws {
    let filter = try EventTypePattern(argument: type.rawValue)
    #expect(EventType.allCases.filter { filter.accepts($0.rawValue) } == [type])
  }

  @Test func `options of a command have distinct names and letters`() {
    for command in Commands.all {
      let options = command.spec.options
      #expect(Set(options.map(\.name)).count == options.count)
      #expect(Set(options.compactMap(\.short)).count == options.compactMap(\.short).count)
    }
  }

  @Test func `long texts are cut in error messages`() {
    #expect(Quotation.of(String(repeating: "x", count: 49)) == "\"" + String(repeating: "x", count: 48) + "…\"")
    // This holds however many marks one letter has.
    #expect(Quotation.of("x" + String(repeating: "\u{301}", count: 99)).unicodeScalars.count == 51)
    #expect(Quotation.of("PT0123") == "the text given")
  }
}
