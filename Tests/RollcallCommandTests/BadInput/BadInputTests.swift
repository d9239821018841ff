import Libc
import RollcallCore
import RollcallServer
import RollcallSimulator
import Testing

@testable import rollcall

/// A command line that cannot work, and everything that the built command writes about it.
struct BadInput: Sendable, CustomTestStringConvertible {
  let arguments: [String]
  private(set) var environment: [String: String]
  /// The error line without `rollcall: `.
  let line: String
  let exit: ExitStatus

  init(
    _ arguments: String..., in environment: [String: String] = CommandLineProbe.account,
    without variable: String? = nil, line: String, exit: ExitStatus = .usage
  ) {
    self.arguments = arguments
    self.environment = environment
    if let variable { self.environment[variable] = nil }
    self.line = line
    self.exit = exit
  }

  var testDescription: String { arguments.joined(separator: " ") }

  func check() throws {
    let run = try CommandRun(arguments, environment: environment)
    #expect(run.errors == "rollcall: \(line)\n")
    #expect(run.output == "")
    #expect(run.status == exit.code)
  }
}

@Suite(.runsCommands) struct `Bad input gets one line and an exit code` {
  private static let tokenRight = "set SIGNALWIRE_API_TOKEN or give --token-file FILE"

  @Test(arguments: [
    BadInput(
      "watch", "c", without: "SIGNALWIRE_SPACE",
      line: "there is no space; set SIGNALWIRE_SPACE or give --space example", exit: .configuration),
    BadInput(
      "list", "c", without: "SIGNALWIRE_PROJECT_ID",
      line: "there is no project; set SIGNALWIRE_PROJECT_ID or give --project ID", exit: .configuration),
    BadInput(
      "watch", "c", without: "SIGNALWIRE_API_TOKEN", line: "there is no API token; \(tokenRight)", exit: .configuration),
    BadInput(
      "watch", "c", "--token", "hush",
      line: "a secret in an argument can be read by every user of this machine; \(tokenRight)"),
    BadInput(
      "watch", "c", "--space", "http://example.signalwire.com",
      line: "--space would send the token unencrypted; give https://, or http:// on 127.0.0.1, localhost or [::1]",
      exit: .configuration),
    BadInput(
      "watch", "c", "--provider", "telnix",
      line: #"invalid value "telnix" for --provider: expected signalwire, twilio or telnyx"#),
    BadInput(
      "check", "--provider", "twillio",
      line: #"invalid value "twillio" for --provider: expected signalwire, twilio or telnyx"#),
    BadInput(
      "simulate", "--provider", "tvilio",
      line: #"invalid value "tvilio" for --provider: expected signalwire, twilio or telnyx"#),
    BadInput(
      "list", "c", "--space", "example.signalwire.com", "--provider", "twilio",
      line: "--space belongs to SignalWire, which contradicts --provider twilio; leave the space out for"
        + " https://api.twilio.com, or give --provider signalwire", exit: .configuration),
    BadInput(
      "list", "c", "--ca-file", "/nowhere/ca.pem",
      line:
        "the file of --ca-file, \"/nowhere/ca.pem\", cannot be opened (No such file or directory); give a file that exists",
      exit: .configuration),
  ])
  func `an unusable account is reported`(input: BadInput) throws { try input.check() }

  @Test(arguments: [
    BadInput(
      "watch", "a/b",
      line: #"invalid conference sid "a/b": expected 1 to 128 of A-Z a-z 0-9 : _ . -; rollcall conferences shows them"#),
    BadInput(
      "list", "c", "--page-size", "0",
      line: #"invalid value "0" for --page-size: expected a whole number from 1 to 1000"#),
    BadInput(
      "list", "c", "--page-size=1001",
      line: #"invalid value "1001" for --page-size: expected a whole number from 1 to 1000"#),
    BadInput(
      "list", "c", "--page-token", "12",
      line:
        #"invalid value "12" for --page-token: expected a token of up to 512 printable ASCII characters that starts with PA or PB"#
    ),
    BadInput(
      "watch", "c", "--interval", "99ms",
      line: #"invalid value "99ms" for --interval: expected a duration from 100ms to 1h, such as 2s"#),
    BadInput(
      "watch", "c", "--interval", "61m",
      line: #"invalid value "61m" for --interval: expected a duration from 100ms to 1h, such as 2s"#),
    BadInput("watch", "c", "--intervall", "2s", line: #"watch has no option "--intervall"; did you mean --interval?"#),
    BadInput("wacth", "c", line: #"there is no command "wacth"; did you mean watch?"#),
    BadInput(
      "watch", "c", "--events", "joined",
      line: #"--events "joined" matches no event; did you mean participant.joined?"#),
    BadInput(
      "watch", "c", "--webhook", "example.com/hook",
      line: "--webhook is not a URL; begin it with https:// or http://, such as http://127.0.0.1:8787"),
  ])
  func `an invalid argument is reported`(input: BadInput) throws { try input.check() }

  private static func withTwilio(_ name: String, _ value: String) -> [String: String] {
    ["TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "hush", name: value]
  }

  @Test(arguments: [
    BadInput(
      "watch", "c", "--provider", "twilio", "--space", "http://127.0.0.1:1", in: withTwilio("TWILIO_REGION", "ie1"),
      line: "TWILIO_REGION contradicts --space; unset it, or leave --space out", exit: .configuration),
    BadInput(
      "watch", "c", "--provider", "twilio", in: withTwilio("TWILIO_REGION", "a.b"),
      line: "TWILIO_REGION is not part of a host name; set it to a value such as ie1", exit: .configuration),
    BadInput(
      "list", "c", "--provider", "twilio", in: ["TWILIO_API_KEY": "SK1"],
      line:
        "there is no project and no API token; set TWILIO_ACCOUNT_SID and TWILIO_API_SECRET, or give --project ID and"
        + " --token-file FILE", exit: .configuration),
    BadInput(
      "watch", "c", in: [:],
      line: "there is no space, no project and no API token; set SIGNALWIRE_SPACE, SIGNALWIRE_PROJECT_ID and"
        + " SIGNALWIRE_API_TOKEN, or give --space example, --project ID and --token-file FILE", exit: .configuration),
    BadInput(
      "watch", "c", "--token-file", "/nowhere/token",
      line:
        #"the file of --token-file, "/nowhere/token", cannot be opened (No such file or directory); give a file that"#
        + " exists", exit: .configuration),
    BadInput(
      "watch", "c", "--token-file", "/",
      line: #"the file of --token-file, "/", is a directory; give a regular file"#, exit: .configuration),
    BadInput(
      "watch", "c", "--names", "/nowhere/names", "--format", "text",
      line: #"the file of --names, "/nowhere/names", cannot be opened (No such file or directory); give a file that"#
        + " exists", exit: .noInput),
  ])
  func `unusable variables and files of the account are reported`(input: BadInput) throws { try input.check() }

  @Test(arguments: [
    ("", "is empty; put the secret into it"), ("\u{FEFF}", "is empty; put the secret into it"),
    ("\u{FEFF}\r\n", "is empty; put the secret into it"),
    ("\"PT0\"\r\n", "has quotes around the secret; leave them out"),
    ("PT0\nPT1\n", "is not a single line of text; put the secret alone into it"),
  ])
  func `a token file without a token is reported`(text: String, problem: String) throws {
    try TemporaryFile.with(text, mode: 0o600) { path in
      try BadInput(
        "watch", "c", "--token-file", path, line: "the file of --token-file \(problem)", exit: .configuration
      ).check()
    }
  }

  @Test func `a token file that is a FIFO without a writer is reported`() throws {
    try TemporaryFile.with("", mode: 0o600) { path in
      let fifo = path + ".fifo"
      try #require(unsafe mkfifo(fifo, 0o600) == 0)
      defer { unsafe unlink(fifo) }
      try BadInput(
        "watch", "c", "--token-file", fifo,
        line: "the file of --token-file, \"\(fifo)\", is an empty pipe without a writer; give a regular file",
        exit: .configuration
      ).check()
    }
  }

  @Test(arguments: [
    BadInput(
      "watch", "c", "--discovery-interval", "5s",
      line: "--discovery-interval has no effect with conference sids; use it with --all or --name NAME"),
    BadInput(
      "events", "--state", "f", "--since", "2026-11-30", "--until", "2026-11-29",
      in: CommandLineProbe.account.merging(["TZ": "UTC"]) { $1 },
      line: "--until 2026-11-29T00:00:00.000Z is before --since 2026-11-30T00:00:00.000Z; give a later --until, or swap"
        + " them"),
    BadInput(
      "report", "f", "--since", "2026-11-30T10:00:00Z", "--until", "1",
      line: "--until 1970-01-01T00:00:01.000Z is before --since 2026-11-30T10:00:00.000Z; give a later --until, or swap"
        + " them"),
    BadInput(
      "timeline", "f", "--since", "2026-11-30T10:00:00Z", "--until", "2026-11-30T09:59:59.999Z",
      line: "--until 2026-11-30T09:59:59.999Z is before --since 2026-11-30T10:00:00.000Z; give a later --until, or swap"
        + " them"),
    BadInput("watch", "c", "--once", "--for=2s", line: "--once and --for contradict each other; give one of them"),
    BadInput("help", "foo", line: #"there is no command "foo"; rollcall help shows all"#),
  ])
  func `options that contradict each other or have no effect are reported`(input: BadInput) throws { try input.check() }

  @Test(arguments: ["--log-format=json", "--log-format json"])
  func `an error before logging starts has the format of the log`(option: String) throws {
    let json = option.split(separator: " ").map(String.init)
    for (arguments, exit, message) in [
      (["watch", "c"], ExitStatus.configuration, "there is no space, no project and no API token; "),
      (["watch", "c", "--interval", "1"], .usage, #"invalid value \"1\" for --interval: "#),
      (["watch", "c", "--token-file", "/nowhere"], .configuration, "there is no space and no project; "),
    ] {
      let run = try CommandRun(arguments + json, environment: [:])
      let line = try JSONReader.read(Array(run.errors.utf8))
      #expect(run.errors.count { $0 == "\n" } == 1 && run.status == exit.code)
      #expect(line["time"]?.asText.flatMap(Timestamp.init(rfc3339:)) != nil && line["level"]?.asText == "error")
      #expect(run.errors.contains(bytesOf: "\"message\":\"\(message)"))
    }
  }

  private static let right =
    "give saved replies of one conference's participant list, or saved output of rollcall list"

  @Test func `a missing file is reported`() throws {
    try BadInput(
      "diff", "/nowhere/a.json", "/nowhere/b.json",
      line: #""/nowhere/a.json" cannot be opened (No such file or directory); give a file that exists"#,
      exit: .noInput
    ).check()
  }

  @Test(arguments: [
    ("", 0, "there is no JSON in it"), ("hello", 0, "expected a value"),
    (#"{"participants":["#, 17, "expected a value"), (#"{"rows":[]}"#, 0, "the reply has no participants array"),
    (#"{"participants":[{"call_sid":"a","muted":1}]}"#, 41, "a boolean field is neither true, false nor null"),
  ])
  func `a file that is not a reply is reported with the place of the error`(text: String, offset: Int, reason: String)
    throws
  {
    try TemporaryFile.with(text, mode: 0o600) { path in
      try BadInput(
        "diff", path, path, line: #""\#(path)" is damaged at byte \#(offset): \#(reason); \#(Self.right)"#,
        exit: .damagedData
      ).check()
    }
  }

  @Test func `a port in use is reported`() throws {
    let server = try HTTPServer { _ in .text("", status: 200) }
    defer { server.stop() }
    try BadInput(
      "simulate", "--port", "\(server.port)",
      line: "port \(server.port) is in use on 127.0.0.1; choose another --port, or 0 for any free one",
      exit: .configuration
    ).check()
  }

  @Test(arguments: ["watch", "list"])
  func `an unknown conference and a wrong token are reported`(command: String) throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 1)
    defer { space.stop() }
    var account = [
      "SIGNALWIRE_SPACE": space.origin, "SIGNALWIRE_PROJECT_ID": space.project, "SIGNALWIRE_API_TOKEN": space.token,
    ]
    try Self.check([command, "nobody-knows"], account, at: space, says: "there is no", exit: .unavailable)
    account["SIGNALWIRE_API_TOKEN"] = "hush"
    let words = [command, space.conferences[0].sid]
    let refused = try Self.check(words, account, at: space, says: "refused the token", exit: .unauthorised)
    #expect(!refused.errors.contains("hush"))
  }

  @Test func `a name that no conference has is reported, and so is a wrong token for discovery`() throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 1)
    defer { space.stop() }
    var account = StateFixture.account(space)
    let words = ["watch", "--name", "nobody knows"]
    try Self.check(words, account, at: space, says: "no conferences named", exit: .unavailable)
    account["SIGNALWIRE_API_TOKEN"] = "hush"
    try Self.check(words, account, at: space, says: "refused the token", exit: .unauthorised)
  }

  @Test(arguments: [
    (["watch", "--name", "n"], "check the project id and the space"),
    (["watch", "--all"], "check the project id and the space"),
    (["conferences"], "check the project id and the space"),
    (["check"], "check the project id and the space"),
    (["watch", "c"], "check the conference sid and the project id"),
    (["list", "c"], "check the conference sid and the project id"),
    (["list", "c", "--muted", "true"], "check the page and its token, and the filters"),
    (["list", "c", "--page-size", "5"], "check the page and its token, and the filters"),
  ])
  func `the error for a rejected request advises on what was requested`(
    words: [String], advice: String
  ) throws {
    let server = try HTTPServer { _ in
      .json(Array(#"{"code":20001,"message":"Unknown parameters"}"#.utf8), status: 400)
    }
    defer { server.stop() }
    let run = try CommandRun(
      words,
      environment: [
        "SIGNALWIRE_SPACE": "http://127.0.0.1:\(server.port)", "SIGNALWIRE_PROJECT_ID": "p",
        "SIGNALWIRE_API_TOKEN": "t",
      ])
    let findings = words == ["check"] ? run.output.prefix { $0 != "\n" } + "\n" : run.errors[...]
    #expect(findings.hasSuffix("the provider answered 400: 20001 Unknown parameters; \(advice)\n"))
    #expect(findings.count { $0 == "\n" } == 1 && run.status == ExitStatus.unavailable.code)
  }

  @Test(arguments: [
    (
      ["--page", "1"],
      "the provider answered 400: 20001 Page needs a PageToken; check the page and its token, and the filters"
    ),
    (
      ["--page-token", "PAold"],
      "the provider refused the page token: 21481 The page token supplied was invalid; start again from the first page"
    ),
  ])
  func `a page that the provider does not have is reported`(options: [String], line: String) throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 1)
    defer { space.stop() }
    let run = try CommandRun(
      ["list", space.conferences[0].sid] + options,
      environment: [
        "SIGNALWIRE_SPACE": space.origin, "SIGNALWIRE_PROJECT_ID": space.project, "SIGNALWIRE_API_TOKEN": space.token,
      ])
    #expect(run.errors == "rollcall: \(line)\n")
    #expect(run.output == "" && run.status == ExitStatus.unavailable.code)
  }

  #if os(Linux)
    @Test(arguments: ["help", "version", "diff", "list", "simulate"])
    func `a full disk behind standard output is an error`(command: String) throws {
      let space = try SimulatedSpace(scenario: .quiet, seed: 1)
      defer { space.stop() }
      let account = [
        "SIGNALWIRE_SPACE": space.origin, "SIGNALWIRE_PROJECT_ID": space.project, "SIGNALWIRE_API_TOKEN": space.token,
      ]
      let (before, after) = (#"{"participants":[]}"#, #"{"participants":[{"call_sid":"a","conference_sid":"c"}]}"#)
      try TemporaryFile.with(before, mode: 0o600) { before in
        try TemporaryFile.with(after, mode: 0o600) { after in
          let operands = ["diff": [before, after], "list": [space.conferences[0].sid]][command] ?? []
          let run = try CommandRun([command] + operands, environment: account, outputTo: "/dev/full")
          #expect(run.errors.hasPrefix("rollcall: standard output cannot be written (No space left on device); "))
          #expect(run.errors.count { $0 == "\n" } == 1)
          #expect(run.status == ExitStatus.inputOutput.code)
        }
      }
    }
  #endif

  /// The maximum number of requests of a run that gives up at once. One that tries for 30 s sends more.
  private static let fewRequests: UInt64 = 4

  @discardableResult
  private static func check(
    _ words: [String], _ environment: [String: String], at space: SimulatedSpace, says part: String, exit: ExitStatus
  ) throws -> CommandRun {
    let before = space.requests
    let run = try CommandRun(words, environment: environment)
    #expect((1...fewRequests).contains(space.requests - before))
    #expect(run.errors.hasPrefix("rollcall: ") && run.errors.contains(part))
    #expect(run.errors.count { $0 == "\n" } == 1 && run.errors.hasSuffix("\n"))
    #expect(run.status == exit.code)
    // A watch has begun by then, and reports that it ended.
    let lines = run.output.split(separator: "\n")
    #expect(lines.allSatisfy { $0.contains(#""type":"watch.stopped""#) && $0.hasSuffix(#""reason":"error"}"#) })
    #expect(lines.count <= 1)
    return run
  }
}
