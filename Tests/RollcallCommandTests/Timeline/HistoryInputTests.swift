import Libc
import RollcallCore
import RollcallKit
import RollcallSimulator
import Testing

@testable import rollcall

@Suite(.runsCommands) struct `The input of timelines and reports` {
  private static let right = "give the output of rollcall watch or rollcall events"

  private static func event(_ sequence: Int) -> String {
    let head = #"{"id":"evt_0000000000000007_00000000000\#(sequence)","type":"watch.started""#
    return #"\#(head),"timestamp":"2026-11-23T09:43:00.000Z","sequence":\#(sequence),"conference_sid":"c"}"#
  }

  @Test(arguments: ["timeline", "report"])
  func `is rejected, with the line's number, if a line is not an event`(command: String) throws {
    let cases = [
      (
        "\(Self.event(1))\n\n{\"level\":\"info\"}\n",
        "line 3 of % is not a rollcall event: missing or invalid id; \(Self.right)"
      ),
      ("hello\n\(Self.event(1))\n", "line 1 of % is not JSON at byte 1: expected a value; \(Self.right)"),
      (
        "\(Self.event(1))\n\(Self.event(2).dropLast(9))",
        "line 2 of %, the last one, is truncated; leave it out, or get the whole file"
      ),
      (
        "\(Self.event(1))\n\(Self.event(2).dropLast(40))\n\(Self.event(3))\n",
        "line 2 of % is not JSON at byte 99: a control character or the end of the text inside a string; \(Self.right)"
      ),
      ("", "there is no event in %; \(Self.right)"), (" \n\n", "there is no event in %; \(Self.right)"),
      (String(repeating: "x", count: 70_000), "line 1 of % is longer than any event; \(Self.right)"),
      ("SQLite format 3\0\u{1}\u{1}", "% is a state file; give --state %"),
      ("SQLite format 3\0\u{1}\nmore\n", "% is a state file; give --state %"),
    ]
    for (text, expected) in cases {
      try TemporaryFile.with(text, mode: 0o600) { path in
        let run = try CommandRun([command, path], environment: [:])
        #expect(Self.masked(run.errors, path) == "rollcall: \(expected)\n" && run.output == "")
        #expect(run.status == ExitStatus.damagedData.code)
      }
    }
  }

  /// Returns the error with `%` in place of the file.
  private static func masked(_ text: String, _ path: String) -> String {
    var bytes = Array(text.utf8)
    let name = Array("\"\(path)\"".utf8)
    while let range = bytes.range(ofRun: name) { bytes.replaceSubrange(range, with: "%".utf8) }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: ["timeline", "report"])
  func `may be cut after a whole line, and end without a newline`(command: String) throws {
    for text in ["\(Self.event(1))\n\(Self.event(2))", "\r\n\(Self.event(1))\r\n", "\u{FEFF}\(Self.event(1))\n"] {
      try TemporaryFile.with(text, mode: 0o600) { path in
        let run = try CommandRun([command, path], environment: [:])
        #expect(run.status == 0 && run.errors == "" && !run.output.isEmpty)
      }
    }
  }

  @Test func `is reported if the file is missing or does not contain the conference`() throws {
    for command in ["timeline", "report"] {
      let run = try CommandRun([command, "/nowhere/events"], environment: [:])
      let reason = "cannot be opened (No such file or directory); give a file that exists"
      #expect(run.status == 66 && run.errors == "rollcall: \"/nowhere/events\" \(reason)\n")
      let below = try CommandRun([command, "/dev/null/events"], environment: [:])
      let otherReason = "cannot be opened (Not a directory); give a readable file"
      #expect(below.status == 66 && below.errors == "rollcall: \"/dev/null/events\" \(otherReason)\n")
      let folder = try CommandRun([command, "/"], environment: [:])
      #expect(folder.status == 66)
      #expect(folder.errors == "rollcall: \"/\" cannot be read (Is a directory); give a readable file\n")
      try TemporaryFile.with(Self.event(1) + "\n", mode: 0o600) { path in
        let run = try CommandRun([command, path, "--conference", "d"], environment: [:])
        #expect(
          run.status == 69
            && run.errors
              == "rollcall: there are no events of a conference with the sid d; leave --conference out for all\n"
        )
        let late = try CommandRun(
          [command, path, "--conference", "c", "--since", "2100-01-01T00:00:00Z"], environment: [:])
        #expect(late.status == 69)
        #expect(
          late.errors
            == "rollcall: there are no events of a conference with the sid c in that time; leave --conference out for all\n"
        )
        for bound in [["--since", "2100-01-01T00:00:00Z"], ["--until", "2000-01-01T00:00:00Z"]] {
          let none = try CommandRun([command, path] + bound, environment: [:])
          #expect(none.status == 69 && none.output == "")
          #expect(none.errors == "rollcall: there are no events in that time; leave --since and --until out for all\n")
        }
      }
    }
  }

  @Test func `is never replaced by the timeline of it`() throws {
    try TemporaryFolder.with { folder in
      let (events, other, names) = ("\(folder)/events", "\(folder)/link", "\(folder)/names")
      try OutputFile.write(Array((Self.event(1) + "\n").utf8), to: events)
      try OutputFile.write(Array("c Ana\n".utf8), to: names)
      #expect(unsafe symlink(events, other) == 0)
      for (arguments, output) in [([events], events), ([events], other), ([events, "--names", names], names)] {
        let run = try CommandRun(["timeline", "-o", output] + arguments, environment: [:])
        let name = InputFile.name(output)
        #expect(run.errors == "rollcall: \(name) is a file that this command reads; write the page to another file\n")
        #expect(run.status == 64 && run.output == "")
      }
      let contents = try [events, names].map { path in
        String(decoding: try InputFile.bytes(of: path, named: path, maximum: 1 << 20), as: UTF8.self)
      }
      #expect(contents == [Self.event(1) + "\n", "c Ana\n"])
      #expect(try CommandRun(["timeline", "-o", "\(folder)/page", events], environment: [:]).status == 0)
    }
    let state = try StateFixture()
    try state.fill(heartbeats: 2, from: DrawnEvents.start)
    for ending in ["", "-wal"] {
      // A log is beside the file while a watch writes it.
      if !ending.isEmpty, !InputFile.exists(state.path + ending) { try OutputFile.write([], to: state.path + ending) }
      #expect(try state.run("timeline", "-o", state.path + ending).status == 64)
    }
    #expect(try state.run("events").status == 0)
  }

  @Test(arguments: ["timeline", "report"])
  func `says why names by number are not shown if nobody in it has an address`(command: String) throws {
    try TemporaryFile.with("+12025550101 Ana\n", mode: 0o600) { names in
      var events = DrawnEvents()
      events.add("joined", call: "c1", count: 1)
      let text = events.lines.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined()
      let warning =
        "rollcall: warning: names by number or other address are not shown: "
        + "nobody's address is known; watch --enrich records addresses, unless --redact hides them\n"
      try TemporaryFile.with(text, mode: 0o600) { path in
        let run = try CommandRun([command, path, "--names", names], environment: [:])
        #expect(run.status == 0 && run.errors == warning)
        #expect(try CommandRun([command, path], environment: [:]).errors == "")
      }
    }
  }

  @Test func `without a conference gives no timeline, and an empty report`() throws {
    let state = try StateFixture()
    try state.fill(heartbeats: 2, from: DrawnEvents.start)
    let page = try state.run("timeline")
    #expect(page.status == 69 && page.output == "")
    #expect(
      page.errors == "rollcall: there is no conference in these events; give the events of a watch that found one\n")
    #expect(try state.run("report").output == "{\"conferences\":[]}\n")
  }

  @Test func `extends to the last event of the state file, even if that event has no conference`() throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 5)
    defer { space.stop() }
    let state = try StateFixture()
    _ = try state.watch(space, "--once")
    let reader = try StateReader(path: state.path)
    let last = try #require(try reader.events(StateReader.Selection(), after: 0, limit: 1000).last).timestamp
    let heartbeat = Event.heartbeat(
      WatchDetail.Heartbeat(
        conferences: 1, participants: 1, polls: 1, failures: 0, pollDelayMedian: .zero, pollDelay99thPercentile: .zero,
        undelivered: 0), at: last + .seconds(7))
    try state.withStore(of: try #require(try reader.owner())) { try await $0.commit(PollCommit([heartbeat])) }
    for options in [[], ["--conference", space.conferences[0].sid]] {
      let run = try CommandRun(["report", "--state", state.path] + options, environment: [:])
      #expect(run.output.contains(bytesOf: #""length_ms":7000"#) && run.output.contains(bytesOf: #""room_open":true"#))
    }
  }

  @Test(arguments: [
    Mistake("timeline", line: "timeline needs events; give --state FILE, a file of events, or - for standard input"),
    Mistake(
      "report", "a", "b",
      line: "report reads one file of events; give --state FILE, a file of events, or - for standard input"),
    Mistake("report", "a", "--state", "b", line: #"both a state file and "a" are given; give one of them"#),
    Mistake(
      "report", "a", "--format", "table",
      line: #"invalid value "table" for --format: expected text, json or csv"#),
    Mistake("timeline", "a", "-o", line: "--output needs a value; give --output FILE"),
    Mistake("timeline", "a", "-o=b", line: "the value of -o is an argument of its own; give -o FILE"),
    Mistake("timeline", "a", "-o", "b", "-o", "c", line: "--output is given twice; give it once"),
    Mistake(
      "timeline", "a", "--until", "x",
      line: "invalid value \"x\" for --until: expected \(Moment.expected)"),
  ]) func `a usage error says what to do`(mistake: Mistake) { mistake.check() }

  @Test func `a page is not written to a terminal`() throws {
    let error = #expect(throws: UsageError.self) {
      try CommandLineProbe.read("timeline a", environment: [:], terminal: true)
    }
    #expect(
      error?.line
        == "rollcall: timeline writes HTML, not text for a terminal; give -o timeline.html, and open that file")
    for line in ["timeline a -o x", "timeline a --output=x", "timeline -o x a", "timeline a -o -"] {
      let command = try CommandLineProbe.command(TimelineCommand.self, line, environment: [:], terminal: true)
      #expect(command.output == (line.hasSuffix("-") ? nil : "x") && command.history.input == .file("a"))
    }
  }
}
