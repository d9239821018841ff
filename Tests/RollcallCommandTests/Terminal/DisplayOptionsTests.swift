import Testing

@testable import rollcall

@Suite struct `The format of standard output` {
  private static func display(_ line: String, terminal: Bool, kind: String? = "xterm") throws -> String {
    var environment = CommandLineProbe.account
    environment["TERM"] = kind
    let options = try CommandLineProbe.command(
      WatchCommand.self, line, environment: environment, terminal: terminal
    ).options
    let shown =
      switch options.display {
      case .ndjson: "ndjson"
      case .text: "text"
      case .board: "board"
      case nil: "none"
      }
    return shown + (options.lacksTerminal ? " with a note" : "")
  }

  @Test(
    arguments: [
      ("watch c", "ndjson", "ndjson"), ("watch c --format ndjson", "ndjson", "ndjson"),
      ("watch c --format text", "text", "text"), ("watch c --live", "board", "text with a note"),
      ("watch c --no-stdout --state s", "none", "none"),
    ])
  func `depends on the options, and on whether there is a terminal`(line: String, onTerminal: String, piped: String)
    throws
  {
    #expect(try Self.display(line, terminal: true) == onTerminal)
    #expect(try Self.display(line, terminal: false) == piped)
  }

  @Test(arguments: ["dumb", nil])
  func `is text if a board cannot be drawn`(kind: String?) throws {
    #expect(try Self.display("watch c --live", terminal: true, kind: kind) == "text with a note")
    let demo = try CommandLineProbe.command(
      DemoCommand.self, "demo", environment: kind.map { ["TERM": $0] } ?? [:], terminal: true)
    #expect(demo.format == .text)
  }

  @Test func `of a demo is a board on a terminal and lines elsewhere`() throws {
    for (line, terminal, format) in [
      ("demo", true, nil), ("demo", false, .ndjson), ("demo --format text", false, .text),
      ("demo --format ndjson", true, .ndjson),
    ] as [(String, Bool, OutputFormat?)] {
      let demo = try CommandLineProbe.command(
        DemoCommand.self, line, environment: ["TERM": "xterm"], terminal: terminal)
      #expect(demo.format == format)
    }
  }

  @Test func `is not both a board and rows`() {
    #expect(throws: UsageError("--live and --format contradict each other", right: "give one of them")) {
      try Self.display("watch c --live --format text", terminal: true)
    }
  }

  @Test(arguments: [
    Mistake(
      "watch", "c", "--live", "--format", "ndjson",
      line: "--live and --format ndjson contradict each other; give one of them; --state FILE keeps the events"),
    Mistake(
      "watch", "c", "--live", "--no-stdout", line: "--no-stdout and --live contradict each other; give one of them"),
    Mistake(
      "watch", "c", "--format=text", "--no-stdout", "--state", "s",
      line: "--no-stdout and --format contradict each other; give one of them"),
    Mistake("watch", "c", "--format", "table", line: #"invalid value "table" for --format: expected text or ndjson"#),
    Mistake("watch", "c", "--live=1", line: "--live takes no value; give --live alone"),
    Mistake("demo", "--format", "live", line: #"invalid value "live" for --format: expected text or ndjson"#),
  ]) func `a usage error says what to do`(mistake: Mistake) { mistake.check() }
}
