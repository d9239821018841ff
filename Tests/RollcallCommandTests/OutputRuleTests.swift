import RollcallCore
import RollcallKit
import RollcallServer
import RollcallSimulator
import Synchronization
import Testing

@testable import rollcall

@Suite(.runsCommands) struct `The output of commands` {
  @Test(arguments: ["list c", "conferences", "room --state f", "events --state f", "listen", "demo"])
  func `is text on a terminal, lines of JSON elsewhere, and the requested format anywhere`(line: String) throws {
    func format(_ options: String, terminal: Bool) throws -> OutputFormat? {
      let command = try CommandLineProbe.read("\(line) \(options)", terminal: terminal)
      return switch command {
      case let list as ListCommand: list.display.format
      case let conferences as ConferencesCommand: conferences.format
      case let room as RoomCommand: room.display.format
      case let events as EventsCommand: events.display.format
      case let listen as ListenCommand: listen.format
      case let demo as DemoCommand: demo.format
      default: throw CommandLineProbe.Mismatch()
      }
    }
    #expect(try format("", terminal: true) == .text && format("", terminal: false) == .ndjson)
    #expect(try format("--format ndjson", terminal: true) == .ndjson)
    #expect(try format("--format text", terminal: false) == .text)
  }

  @Test func `of a report is text or one JSON object`() throws {
    func format(_ options: String, terminal: Bool) throws -> ReportCommand.Format {
      try CommandLineProbe.command(ReportCommand.self, "report f \(options)", terminal: terminal).format
    }
    #expect(try format("", terminal: true) == .text && format("", terminal: false) == .json)
    #expect(try format("--format csv", terminal: true) == .csv)
  }

  @Test(arguments: [
    ("watch c", true), ("watch c --format ndjson", false), ("watch c --format text", false), ("watch c --live", false),
    ("watch c --no-stdout --state f", false),
  ])
  func `of a watch is JSON, with a hint on a terminal`(line: String, hints: Bool) throws {
    #expect(try CommandLineProbe.command(WatchCommand.self, line, terminal: true).options.showsUnaskedJSON == hints)
    #expect(try !CommandLineProbe.command(WatchCommand.self, line).options.showsUnaskedJSON)
  }

  @Test func `of a list without participants is empty, and says why on standard error`() throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 1)
    defer { space.stop() }
    let list = ["list", space.conferences[0].sid, "--format", "ndjson"]
    let all = try CommandRun(list, environment: StateFixture.account(space))
    #expect(all.status == 0 && all.output != "" && all.errors == "")
    let none = try CommandRun(list + ["--hold", "true"], environment: StateFixture.account(space))
    #expect(none.status == 0 && none.output == "" && none.errors == "rollcall: no participants found\n")
  }

  @Test func `of rooms and lists lacks names by number if there are no addresses, and says so`() throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 1)
    defer { space.stop() }
    let state = try StateFixture()
    let account = StateFixture.account(space)
    _ = try state.watch(space, "--once")
    try TemporaryFile.with("+12025550101 Ana\n", mode: 0o600) { names in
      let asText = ["--format", "text", "--names", names]
      let room = try CommandRun(["room", "--state", state.path] + asText, environment: [:])
      let list = try CommandRun(["list", space.conferences[0].sid] + asText, environment: account)
      for run in [room, list] {
        #expect(run.status == 0 && run.output != "")
        #expect(run.errors.hasPrefix("rollcall: warning: names by number or other address are not shown: "))
      }
    }
  }

  @Test func `that nobody sees is said to go elsewhere`() throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 1)
    defer { space.stop() }
    let state = try StateFixture()
    let account = StateFixture.account(space)
    let watch = ["watch", space.conferences[0].sid, "--no-stdout", "--state", state.path]
    let run = try CommandRun(watch + ["--for", "300ms"], environment: account)
    #expect(run.status == 0 && run.output == "")
    #expect(run.errors == "rollcall: events go only to the state file; problems are shown here\n")
    // Cron would mail the line.
    #expect(try CommandRun(watch + ["--once"], environment: account).errors == "")
  }

  @Test func `of a watch begins with a hint, unless the first event is the last one too`() {
    func event(_ type: EventType) -> StoredEvent {
      StoredEvent(
        sequence: 1, id: "a", type: type, timestamp: Timestamp(milliseconds: 0), conference: nil, call: nil,
        line: Array(type.rawValue.utf8))
    }
    let told = Mutex(0)
    var lines = NotedLines(FrozenLines()) { told.withLock { $0 += 1 } }
    #expect(lines.bytes(of: event(.watchStopped)) == event(.watchStopped).line)
    #expect(told.withLock { $0 } == 0)
    for _ in 0..<2 { #expect(lines.bytes(of: event(.watchStarted)) == event(.watchStarted).line) }
    #expect(told.withLock { $0 } == 1)
  }

  @Test func `of a receiver has a row for each event, in a CloudEvent too, and JSON for anything else`() throws {
    let body = Array(
      (#"{"id":"evt_0123456789abcdef_000000000007","type":"participant.joined","timestamp":"2026-11-23T09:43:00.000Z","#
        + #""sequence":7,"conference_sid":"c","call_sid":"call-bbbb","participant_count":2}"#).utf8)
    let cloudEvent = Array(#"{"specversion":"1.0","type":"rollcall.participant.joined","data":"#.utf8) + body + [0x7D]
    for bytes in [body, body + [0x0A], cloudEvent] {
      let line = try #require(EventLine(delivered: bytes))
      #expect(line.type == .participantJoined && line.call == "call-bbbb" && line.count == 2)
    }
    for text in ["{}", #"{"id":"evt_0123456789abcdef_000000000000","type":"watch.test"}"#, "[]", ""] {
      #expect(EventLine(delivered: Array(text.utf8)) == nil)
    }
  }

  @Test(
    arguments: [
      (.signalWire, ["SIGNALWIRE_SPACE", "SIGNALWIRE_PROJECT_ID", "SIGNALWIRE_API_TOKEN"], []),
      (.twilio, ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"], ["--provider", "--space"]),
      (.telnyx, ["TELNYX_API_KEY"], ["--provider", "--space", "--project"]),
    ] as [(Provider, [String], [String])])
  func `of a simulation can be the variables of an account at the simulated provider`(
    provider: Provider, variables: [String], options: [String]
  ) throws {
    let simulated = try #require(SimulatedProvider(rawValue: provider.rawValue))
    let space = try SimulatedSpace(scenario: .quiet, seed: 1, provider: simulated)
    defer { space.stop() }
    let lines = provider.exports(of: space).split(separator: "\n")
    var environment: [String: String] = [:]
    for line in lines where line.hasPrefix("export ") {
      let parts = line.dropFirst("export ".count).split(separator: "=", maxSplits: 1)
      environment[String(parts[0])] = String(parts[1])
    }
    #expect(environment.keys.sorted() == variables.sorted())
    let words = lines.last.map { $0.split(separator: " ").map(String.init) } ?? []
    let given = words.first == "#" ? Array(words.dropFirst(3)) : []
    #expect(given.filter { $0.hasPrefix("--") } == options)
    let account = try #require(
      try CommandLineProbe.read(["watch", "c"] + given, environment: environment) as? WatchCommand
    ).options.account
    #expect(account.origin.text == space.origin && account.project == space.project)
    #expect(account.token.reveal() == space.token && account.provider == provider)
  }

  @Test func `of a demo also goes to a given webhook, signed if there is a secret, but never to the environment's`()
    throws
  {
    let receiver = try ScriptedReceiver()
    defer { receiver.stop() }
    let secret = ["ROLLCALL_WEBHOOK_SECRET": ScriptedReceiver.secret]
    let run = try CommandRun(["demo", "--seconds", "2", "--webhook", receiver.url], environment: secret)
    #expect(run.status == 0)
    let lines = run.output.split(separator: "\n").map { Array($0.utf8) }
    #expect(lines.count > 3 && Set(receiver.deliveries.map(\.body)) == Set(lines))
    #expect(receiver.deliveries.allSatisfy { $0.isSigned })
    let other = try CommandLineProbe.command(
      DemoCommand.self, "demo", environment: ["ROLLCALL_WEBHOOK_URL": "https://h/"])
    #expect(other.webhook == nil)
  }

  @Test(arguments: [
    Mistake(
      "demo", "--webhook", "h",
      line: "--webhook is not a URL; begin it with https:// or http://, such as http://127.0.0.1:8787"),
    Mistake("simulate", "--format", "text", line: #"invalid value "text" for --format: expected json or env"#),
    Mistake("listen", "--format", "json", line: #"invalid value "json" for --format: expected text or ndjson"#),
  ]) func `a usage error says what to do`(mistake: Mistake) { mistake.check() }
}
