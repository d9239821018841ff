import RollcallCore
import Testing

@testable import rollcall

/// A command with options of every kind.
private enum Painting {
  enum Colour: String, CaseIterable, Sendable {
    case red
    case green
  }

  static let pause = Option(
    "pause", .duration(in: .seconds(1)...(.minutes(2))), default: .seconds(5), help: "time between strokes")
  static let strokes = Option("strokes", .integer(in: 0...UInt64.max), default: 7, help: "how many strokes")
  static let colour = Option(
    "colour", short: "c", .choice(of: Colour.self), fallback: "the wall's", help: "what to use")
  static let finish = Option("finish", .choice(of: Colour.self, "HOW"), default: .green, help: "the last coat")
  static let mixture = Option("mixture", .set(of: Colour.self, "COLOUR,…"), help: "what to mix")
  static let tag = Option(repeated: "tag", .text("TAG"), atMost: 2, fallback: "TAGS", help: "a tag")
  static let before = Option("before", .moment(showsExamples: false), help: "when to end")
  static let isDry = Option(flag: "dry", help: "without paint")

  static let spec = CommandSpec(
    name: "paint", summary: "", usage: [], details: [],
    groups: [OptionGroup("All", [pause, strokes, colour, finish, mixture, tag, before, isDry])])

  static func parse(_ line: String) throws(UsageError) -> ParsedArguments {
    let words = line.split(separator: " ").map(String.init)
    return try ArgumentParser.parse(words[...], of: spec, in: CommandContext(now: CommandLineProbe.now))
  }
}

@Suite struct `An option` {
  @Test func `has its default or its fallback if it is not given`() throws {
    let none = try Painting.parse("")
    #expect(try none[Painting.pause] == .seconds(5) && none[Painting.strokes] == 7 && none[Painting.colour] == nil)
    #expect(try none[Painting.finish] == .green && none[Painting.mixture] == nil && none[Painting.tag].isEmpty)
    #expect(try none[Painting.before] == nil && !none[Painting.isDry] && !none.has(Painting.pause))
  }

  @Test func `reads its value as the type that it declares`() throws {
    let all = try Painting.parse(
      "--pause 2m --strokes=18446744073709551615 -c red --finish red --mixture red,green --tag a --tag b --before 1h --dry"
    )
    #expect(try all[Painting.pause] == .minutes(2) && all[Painting.strokes] == .max && all[Painting.colour] == .red)
    #expect(try all[Painting.finish] == .red && all[Painting.mixture] == [.red, .green])
    #expect(try all[Painting.tag] == ["a", "b"] && all[Painting.before] == CommandLineProbe.now - .hours(1))
    #expect(try all[Painting.isDry] && all.first(of: [Painting.before, Painting.tag]) == Painting.before.name)
  }

  private static func error(_ line: String, _ read: (ParsedArguments) throws(UsageError) -> Void) -> String? {
    do throws(UsageError) {
      try read(try Painting.parse(line))
      return nil
    } catch {
      return String(error.line.dropFirst("rollcall: ".count))
    }
  }

  @Test func `says in errors what it accepts`() {
    let cases: [(String, (ParsedArguments) throws(UsageError) -> Void, String)] = [
      (
        "--pause 121s", { arguments throws(UsageError) in _ = try arguments[Painting.pause] },
        #"invalid value "121s" for --pause: expected a duration from 1s to 2m, such as 2s"#
      ),
      (
        "--strokes -1", { arguments throws(UsageError) in _ = try arguments[Painting.strokes] },
        #"invalid value "-1" for --strokes: expected a whole number from 0 to 18446744073709551615"#
      ),
      (
        "-c Red", { arguments throws(UsageError) in _ = try arguments[Painting.colour] },
        #"invalid value "Red" for --colour: expected red or green"#
      ),
      (
        "--mixture red,blue", { arguments throws(UsageError) in _ = try arguments[Painting.mixture] },
        #"invalid value "blue" for --mixture: expected red or green"#
      ),
      (
        "--tag a --tag b --tag c", { arguments throws(UsageError) in _ = try arguments[Painting.tag] },
        "--tag is given 3 times; give at most 2"
      ),
    ]
    for (line, read, expected) in cases { #expect(Self.error(line, read) == expected) }
    let unread = { (_: ParsedArguments) throws(UsageError) in }
    #expect(Self.error("--pauze 1s", unread) == #"paint has no option "--pauze"; did you mean --pause?"#)
    #expect(Self.error("--pause 1s --pause 2s", unread) == "--pause is given twice; give it once")
    #expect(Self.error("-c", unread) == "--colour needs a value; give --colour red|green")
    #expect(Self.error("x", unread) == "paint does not take \"x\"; rollcall help paint shows what it takes")
  }

  @Test func `says in help what it accepts, and its default`() {
    let lines = HelpText.text(for: Painting.spec, width: 100).split(separator: "\n").map(String.init)
    #expect(
      lines.suffix(10) == [
        "All:",
        "  --pause DURATION        time between strokes (1s to 2m; default 5s)",
        "  --strokes N             how many strokes (default 7)",
        "  -c, --colour red|green  what to use (default: the wall's)",
        "  --finish HOW            the last coat: red or green (default green)",
        "  --mixture COLOUR,…      what to mix: red, green",
        "  --tag TAG               a tag; repeatable (default: TAGS)",
        "  --before TIME           when to end",
        "  --dry                   without paint",
        "  -h, --help  show this text",
      ])
    #expect(!Painting.tag.spec.once.isRepeatable && Painting.tag.spec.once.help == "a tag (default: TAGS)")
  }

  @Test func `offers its values for completion`() {
    for option in [Painting.colour.spec, Painting.finish.spec, Painting.mixture.spec] {
      guard case .words(["red", "green"]) = option.completion else {
        Issue.record("\(option.name.argument) offers \(option.completion)")
        continue
      }
    }
  }
}
