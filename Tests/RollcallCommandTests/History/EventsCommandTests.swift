import RollcallCore
import RollcallSimulator
import Testing

@testable import rollcall

@Suite(.runsCommands) struct `The history of a state file` {
  @Test func `is what the watch wrote, byte for byte`() throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 5)
    defer { space.stop() }
    let state = try StateFixture()
    let written = try state.watch(space, "--for", StateFixture.watchTime)
    let run = try state.run("events")
    #expect(run.status == 0 && run.errors == "")
    #expect(run.output.split(separator: "\n") == written)
    let part = try state.run("events", "--type", "watch.*", "--conference", space.conferences[0].sid)
    #expect(
      part.output.split(separator: "\n")
        == written.filter { $0.contains(#""type":"watch."#) && $0.contains(#""conference_sid""#) })
    let other = try state.run("events", "--conference", "other")
    #expect(other.status == 0 && other.output == "")
    #expect(other.errors == "rollcall: no events to show in \(InputFile.name(state.path))\n")
  }

  @Test func `continues after a batch, and begins at a given time`() throws {
    let state = try StateFixture()
    let start = Timestamp(milliseconds: 1_800_000_000_000)
    try state.fill(heartbeats: 700, from: start)
    let all = try state.run("events").output.split(separator: "\n")
    #expect(all.count == 700)
    let since = try state.run("events", "--since", (start + .seconds(600)).rfc3339)
    #expect(since.output.split(separator: "\n") == all.suffix(100))
    let until = try state.run("events", "--until", (start + .milliseconds(99_999)).rfc3339)
    #expect(until.output.split(separator: "\n") == Array(all.prefix(100)))
    let between = try state.run("events", "--since", "1800000600", "--until", "1800000609")
    #expect(between.output.split(separator: "\n") == Array(all[600...609]))
    #expect(try state.run("events", "--since", "2100-01-01T00:00:00Z").output == "")
    #expect(try state.run("events", "--since", "999999h").output.split(separator: "\n") == all)
  }

  @Test func `is a table on request`() throws {
    let state = try StateFixture()
    try state.fill(heartbeats: 1, from: Timestamp(milliseconds: 1_800_000_000_000))
    let lines = try state.run("events", "--format", "text").output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.first == "TIME      PEOPLE  CONFERENCE   WHO               WHAT")
    let zone = LocalZone.system
    let start = Timestamp(milliseconds: 1_800_000_000_000)
    #expect(lines[1] == zone.heading(start))
    #expect(
      lines[2].hasPrefix("\(zone.time(start))                       –                 conferences: 1, people: 0, "))
  }

  @Test func `is read from the file in the environment variable if no other is given`() throws {
    let state = try StateFixture()
    try state.fill(heartbeats: 2, from: Timestamp(milliseconds: 1_800_000_000_000))
    let run = try CommandRun(["events"], environment: ["ROLLCALL_STATE": state.path])
    #expect(run.output.count { $0 == "\n" } == 2)
  }

  @Test func `finds a call by its sid with the key from a file`() throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 5)
    defer { space.stop() }
    let plain = try StateFixture()
    let redacted = try StateFixture()
    let joined = try plain.watch(space, "--once").first { $0.contains(#""type":"participant.present""#) }
    let call = try #require(joined?.split(separator: #""call_sid":""#).dropFirst().first?.prefix { $0 != "\"" })
    try TemporaryFile.with("a key that others do not know\n", mode: 0o600) { key in
      let lines = try redacted.watch(space, "--once", "--redact", "call_sid", "--redact-key-file", key)
      let found = try redacted.run("events", "--call", String(call), "--type", "*.present", "--redact-key-file", key)
      #expect(found.status == 0 && found.errors == "" && found.output.count { $0 == "\n" } == 1)
      #expect(lines.contains { found.output == $0 + "\n" })
      let token = try #require(found.output.split(separator: #""call_sid":""#).dropFirst().first?.prefix { $0 != "\"" })
      #expect(try redacted.run("events", "--call", String(token), "--type", "*.present").output == found.output)
      let without = try redacted.run("events", "--call", String(call))
      #expect(without.status == ExitStatus.usage.code && without.output == "")
      #expect(
        without.errors == "rollcall: the state file \"\(redacted.path)\" redacts call_sid and does not hold the key; "
          + "give --redact-key-file FILE, or tokens instead of sids in --call\n")
      let needless = try plain.run("events", "--call", String(call), "--redact-key-file", key)
      #expect(needless.status == ExitStatus.usage.code && needless.errors.contains("has no effect"))
      #expect(
        try redacted.run("events", "--redact-key-file", key).errors.contains("has no effect without a sid in --call"))
    }
    try TemporaryFile.with("another key, which is as long\n", mode: 0o600) { key in
      let other = try redacted.run("events", "--call", String(call), "--redact-key-file", key)
      #expect(other.status == ExitStatus.configuration.code && other.errors.contains("made with another key"))
    }
  }

  @Test(arguments: ["events", "room"])
  func `an unreadable file is reported in one line`(command: String) throws {
    let state = try StateFixture()
    let absent = try state.run(command)
    #expect(absent.status == ExitStatus.noInput.code)
    #expect(absent.errors.hasPrefix("rollcall: the state file \"\(state.path)\": no such file or directory; "))
    for text in ["", "a photo", String(repeating: "x", count: 9000)] {
      try TemporaryFile.with(text, mode: 0o600) { path in
        let run = try CommandRun([command, "--state", path], environment: [:])
        #expect(run.status == ExitStatus.damagedData.code)
        #expect(run.errors.count { $0 == "\n" } == 1 && run.output == "")
      }
    }
    let folder = try CommandRun([command, "--state", state.directory], environment: [:])
    #expect(folder.status == ExitStatus.noInput.code && folder.errors.contains("it is not a regular file"))
  }

  @Test(arguments: [
    Mistake("events", "x", line: "events does not take \"x\"; give --conference SID or --state FILE"),
    Mistake("events", line: "events needs a state file; give --state FILE or set ROLLCALL_STATE, as for watch"),
    Mistake(
      "events", "--type", "joined", line: #"--type "joined" matches no event; did you mean participant.joined?"#),
    Mistake(
      "events", "--since", "noon",
      line: "invalid value \"noon\" for --since: expected \(Moment.expected)"),
    Mistake("events", "--format", "table", line: #"invalid value "table" for --format: expected text or ndjson"#),
    Mistake(
      "events", "--conference", "a/b",
      line: #"invalid value "a/b" for --conference: expected a conference sid, 1 to 128 of A-Z a-z 0-9 : _ . -"#),
  ]) func `a usage error says what to do`(mistake: Mistake) { mistake.check() }
}
