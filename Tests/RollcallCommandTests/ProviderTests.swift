import RollcallCore
import RollcallKit
import RollcallSimulator
import Testing

@testable import rollcall

@Suite(.runsCommands) struct `The provider` {
  private static let twilio = ["TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "hush"]
  private static let telnyx = ["TELNYX_API_KEY": "KEY1"]

  private static func account(_ options: String, _ environment: [String: String]) throws -> Account {
    try CommandLineProbe.watch("watch c \(options)", environment: environment).account
  }

  @Test(
    arguments: [
      ("--space example", .signalWire), ("--space example.signalwire.com", .signalWire),
      ("--space http://127.0.0.1:1", .signalWire), ("--space https://proxy.internal", .signalWire),
      ("--space api.twilio.com --project AC1", .twilio), ("--space https://api.ie1.twilio.com/ --project AC1", .twilio),
      ("--space api.telnyx.com", .telnyx), ("--provider telnyx --space http://127.0.0.1:1", .telnyx),
      ("--provider twilio --space https://proxy.internal --project AC1", .twilio),
      ("--provider SignalWire", .signalWire),
    ] as [(String, Provider)])
  func `is derived from the space, unless it is named`(options: String, provider: Provider) throws {
    #expect(try Self.account(options, CommandLineProbe.account).provider == provider)
  }

  @Test func `with one origin needs no space`() throws {
    let account = try Self.account("--provider twilio", Self.twilio)
    #expect(account.origin.text == "https://api.twilio.com")
    #expect(account.project == "AC1")
    #expect(account.token.reveal() == "hush")
    let other = try Self.account("--provider telnyx --project a-1", Self.telnyx)
    #expect(other.origin.text == "https://api.telnyx.com")
    #expect(other.token.reveal() == "KEY1")
  }

  @Test func `never uses another provider's variables`() throws {
    let signalWire = ["SIGNALWIRE_SPACE": "example", "SIGNALWIRE_PROJECT_ID": "AC2", "SIGNALWIRE_API_TOKEN": "PT"]
    let both = Self.twilio.merging(signalWire) { $1 }
    let account = try Self.account("--provider twilio", both)
    #expect(account.origin.text == "https://api.twilio.com" && account.project == "AC1")
    #expect(account.token.reveal() == "hush")
    let usual = try Self.account("", both)
    #expect(usual.provider == .signalWire && usual.project == "AC2" && usual.token.reveal() == "PT")
    let half = signalWire.merging(["TWILIO_ACCOUNT_SID": "AC1"]) { $1 }
    #expect(
      CommandLineProbe.error(["watch", "c", "--provider=twilio"], environment: half)?.line
        == "rollcall: there is no API token; set TWILIO_AUTH_TOKEN or give --token-file FILE")
  }

  @Test func `uses SignalWire's variables if it has none of its own`() throws {
    let environment = [
      "SIGNALWIRE_SPACE": "http://127.0.0.1:1", "SIGNALWIRE_PROJECT_ID": "AC2", "SIGNALWIRE_API_TOKEN": "PT",
    ]
    let account = try Self.account("--provider twilio", environment)
    #expect(account.origin.text == "http://127.0.0.1:1" && account.project == "AC2")
    #expect(account.token.reveal() == "PT")
    let theirs = CommandLineProbe.error(["watch", "c", "--space=example"], environment: Self.twilio)
    #expect(
      theirs?.line
        == "rollcall: there is no project and no API token; set SIGNALWIRE_PROJECT_ID and SIGNALWIRE_API_TOKEN, or give"
        + " --project ID and --token-file FILE")
  }

  @Test(arguments: [
    (["TWILIO_API_KEY": "SK1", "TWILIO_API_SECRET": "s:1"], "SK1:s:1"),
    // A complete key takes precedence over a token, and half a key does not.
    (["TWILIO_API_KEY": "SK1\r", "TWILIO_API_SECRET": "s\r", "TWILIO_AUTH_TOKEN": "hush"], "SK1:s"),
    (["TWILIO_API_KEY": "SK1", "TWILIO_AUTH_TOKEN": "hush"], "hush"),
    (["TWILIO_AUTH_TOKEN": "ACparent:hush"], "ACparent:hush"),
  ])
  func `the token at Twilio is an API key or an account's token`(environment: [String: String], token: String) throws {
    let account = try Self.account("--provider twilio", environment.merging(["TWILIO_ACCOUNT_SID": "AC1"]) { $1 })
    #expect(account.project == "AC1" && account.token.reveal() == token)
  }

  @Test(arguments: [
    (["TWILIO_REGION": "ie1"], "https://api.ie1.twilio.com"),
    (["TWILIO_EDGE": "Dublin"], "https://api.dublin.us1.twilio.com"),
    (["TWILIO_REGION": "ie1", "TWILIO_EDGE": "dublin"], "https://api.dublin.ie1.twilio.com"),
    (["TWILIO_REGION": ""], "https://api.twilio.com"),
  ])
  func `Twilio's region and edge choose its host`(environment: [String: String], origin: String) throws {
    let account = try Self.account("--provider twilio", Self.twilio.merging(environment) { $1 })
    #expect(account.origin.text == origin && account.provider == .twilio)
  }

  private static func refused(_ environment: [String: String], _ options: String...) -> String? {
    let error = CommandLineProbe.error(
      ["watch", "c", "--provider", "twilio"] + options, environment: twilio.merging(environment) { $1 })
    #expect(error?.exit == .configuration)
    return error?.message
  }

  @Test func `the error names Twilio's unusable variables`() {
    #expect(
      Self.refused(["TWILIO_REGION": "ie1"], "--space", "http://127.0.0.1:1")
        == "TWILIO_REGION contradicts --space; unset it, or leave --space out")
    #expect(
      Self.refused(["TWILIO_REGION": "ie1", "TWILIO_EDGE": "dublin"], "--space", "api.twilio.com")
        == "TWILIO_REGION and TWILIO_EDGE contradict --space; unset them, or leave --space out")
    #expect(
      Self.refused(["TWILIO_EDGE": "evil.example/"])
        == "TWILIO_EDGE is not part of a host name; set it to a value such as dublin")
    #expect(
      Self.refused(["TWILIO_API_KEY": "hush", "TWILIO_API_SECRET": "hush"])
        == "TWILIO_API_KEY is not an API key; set it to the key's sid, SK…")
    #expect(
      Self.refused(["TWILIO_AUTH_TOKEN": "", "TWILIO_API_KEY": "SK1"])
        == "there is no API token; set TWILIO_API_SECRET or give --token-file FILE")
  }

  @Test func `an API key of Twilio comes from the token's file`() throws {
    try TemporaryFile.with("SK1:secret\n", mode: 0o600) { path in
      let account = try Self.account("--provider twilio --project AC1 --token-file \(path)", [:])
      #expect(account.token.reveal() == "SK1:secret")
    }
  }

  @Test(arguments: [
    (
      ["--provider", "twillio"], CommandLineProbe.account,
      #"invalid value "twillio" for --provider: expected signalwire, twilio or telnyx"#,
      ExitStatus.usage
    ),
    (
      ["--provider", "twilio", "--space", "example.signalwire.com"], twilio,
      "--space belongs to SignalWire, which contradicts --provider twilio; leave the space out for"
        + " https://api.twilio.com, or give --provider signalwire",
      .configuration
    ),
    (
      ["--provider", "telnyx"], CommandLineProbe.account,
      "SIGNALWIRE_SPACE belongs to SignalWire, which contradicts --provider telnyx; leave the space out for"
        + " https://api.telnyx.com, or give --provider signalwire",
      .configuration
    ),
    (
      ["--provider", "signalwire", "--space", "api.twilio.com"], CommandLineProbe.account,
      "--space belongs to Twilio, which contradicts --provider signalwire; give a space of this provider, or give --provider twilio",
      .configuration
    ),
    (
      ["--provider", "twilio", "--project", "SK1"], twilio,
      "--project is not a project id; give the account sid, AC…; an API key goes into the token, as SK…:SECRET",
      .usage
    ),
    (
      ["--provider", "twilio"], ["TWILIO_AUTH_TOKEN": "hush"],
      "there is no project; set TWILIO_ACCOUNT_SID or give --project ID", .configuration
    ),
    (["--provider", "telnyx"], telnyx, "there is no project; give --project ID", .configuration),
    (
      ["--provider", "telnyx", "--project", "a-1"], [:],
      "there is no API token; set TELNYX_API_KEY or give --token-file FILE", .configuration
    ),
  ])
  func `an unknown provider is reported in one line`(
    options: [String], environment: [String: String], line: String, exit: ExitStatus
  ) {
    for command in ["watch", "list"] {
      let error = CommandLineProbe.error([command, "c"] + options, environment: environment)
      #expect(error?.line == "rollcall: \(line)")
      #expect(error?.exit == exit)
    }
  }

  private static func environment(_ space: SimulatedSpace) -> [String: String] {
    [
      "SIGNALWIRE_SPACE": space.origin, "SIGNALWIRE_PROJECT_ID": space.project, "SIGNALWIRE_API_TOKEN": space.token,
    ]
  }

  @Test(arguments: SimulatedProvider.allCases)
  func `the built command watches and lists every provider's space`(provider: SimulatedProvider) throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 1, provider: provider)
    defer { space.stop() }
    let environment = Self.environment(space)
    let sid = space.conferences[0].sid
    for subject in [[sid], ["--name", space.conferences[0].friendlyName]] {
      let watch = try CommandRun(
        ["watch", "--once", "--provider", provider.rawValue] + subject, environment: environment)
      #expect(watch.output.split(separator: "\n").count { $0.contains("\"type\":\"participant.present\"") } == 3)
      #expect(watch.errors == "" && watch.status == 0)
    }
    let list = try CommandRun(["list", sid, "--provider", provider.rawValue], environment: environment)
    #expect(list.output.split(separator: "\n").count == 3)
    let check = try CommandRun(["check", sid, "--provider", provider.rawValue], environment: environment)
    #expect(check.status == 0 && check.output.contains("is in-progress"))
  }

  @Test(arguments: SimulatedProvider.allCases)
  func `the built command lists all participants, or a page and how to get the next`(provider: SimulatedProvider) throws
  {
    let space = try SimulatedSpace(scenario: .quiet, seed: 1, provider: provider)
    defer { space.stop() }
    let command = ["list", space.conferences[0].sid, "--provider", provider.rawValue]
    func run(_ options: [String]) throws -> (lines: [Substring], errors: String) {
      let run = try CommandRun(command + options, environment: Self.environment(space))
      #expect(run.status == 0)
      return (run.output.split(separator: "\n"), run.errors)
    }
    let all = try run([])
    #expect(all.lines.count == 3 && all.errors == "")
    let first = try run(["--page-size", "2"])
    #expect(
      first.lines.count == 2 && first.errors.hasPrefix("rollcall: the next page: --page 1 --page-size 2 --page-token "))
    let words = try #require(first.errors.split(separator: ": ").last).split(whereSeparator: \.isWhitespace)
    let second = try run(words.map(String.init))
    #expect(second.lines.count == 1 && second.errors == "")
    #expect(first.lines + second.lines == all.lines)
    let coaches = try CommandRun(command + ["--coaching", "true"], environment: Self.environment(space))
    #expect((coaches.status == 0) == (provider == .twilio))
  }

  @Test func `the built command compares two of its own lists`() throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 1)
    defer { space.stop() }
    let list = try CommandRun(["list", space.conferences[0].sid], environment: Self.environment(space))
    let lines = list.output.split(separator: "\n")
    try TemporaryFile.with(list.output, mode: 0o600) { before in
      try TemporaryFile.with(lines.dropLast().joined(separator: "\n"), mode: 0o600) { after in
        #expect(try CommandRun(["diff", before, before], environment: [:]).output == "")
        let events = try CommandRun(["diff", before, after], environment: [:])
        #expect(events.output.split(separator: "\n").count == 1 && events.output.contains("participant.left"))
        #expect(events.errors == "" && events.status == 0)
      }
    }
  }

  @Test func `the sid of a call at Twilio is explained by list and watch`() throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 1, provider: .twilio)
    defer { space.stop() }
    let call = "CA" + String(repeating: "0", count: 32)
    for arguments in [["list", call], ["watch", call, "--for", "2s"]] {
      let run = try CommandRun(arguments + ["--provider", "twilio"], environment: Self.environment(space))
      let advice = "give the conference's sid, CF…; CA… is a call"
      #expect(run.errors.contains("answered 405: 20004 Method not allowed; \(advice)"))
    }
  }

  @Test func `the query of a list follows the provider`() {
    let base = ["list", "c", "--provider=telnyx", "--project=a-1"]
    let filtered = CommandLineProbe.error(base + ["--muted=true"], environment: Self.telnyx)
    #expect(
      filtered?.line == "rollcall: Telnyx does not filter participants by --muted;"
        + " leave it out, and filter the output of --format ndjson")
    #expect(CommandLineProbe.error(base + ["--page-token=MTY4"], environment: Self.telnyx) == nil)
    let empty = CommandLineProbe.error(base + ["--page-token=a b"], environment: Self.telnyx)
    #expect(empty?.line.contains(bytesOf: ": expected the PageToken of a next_page_uri, up to 512 printable") == true)
  }
}
