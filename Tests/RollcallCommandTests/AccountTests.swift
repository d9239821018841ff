import RollcallCore
import Testing

@testable import rollcall

@Suite(.runsCommands) struct AccountTests {
  @Test(arguments: [
    ("example", "https://example.signalwire.com"),
    ("Example.SignalWire.com", "https://example.signalwire.com"),
    ("https://example.signalwire.com/", "https://example.signalwire.com"),
    ("https://proxy.internal:8443", "https://proxy.internal:8443"),
    ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ("http://127.255.0.9", "http://127.255.0.9"),
    ("HTTP://localhost:1", "http://localhost:1"),
    ("http://[::1]:8080/", "http://[::1]:8080"),
  ]) func `a space is given by name, by a host of the provider, or by origin`(text: String, origin: String) throws {
    #expect(try SpaceOrigin(text).text == origin)
  }

  @Test(arguments: [
    "", "a b", "-a", "example:443", "example.com", "signalwire.com", "evil.com/.signalwire.com", "x@y.signalwire.com",
    "https://", "https://h/path", "https://h?q", "https://h#f", "https://u:p@h", "https://h:", "https://h:0",
    "https://h:65536", "https://h:+1", "https://h//", "https://[::1", "https://[::1]x", "https://h..i", "https://hé",
    "\u{212A}",
  ]) func `a text that is not a space is rejected`(text: String) {
    #expect(throws: SpaceOrigin.Refusal.malformed) { try SpaceOrigin(text) }
  }

  @Test(arguments: [
    "http://example.signalwire.com", "http://127.0.0.1.example.com", "http://127.1", "http://0177.0.0.1",
    "http://128.0.0.1", "http://127.0.0.256", "http://[::2]", "ftp://localhost", "http://0.0.0.0", "http://127.0.0.01",
  ]) func `the token is sent to other machines only over https`(text: String) {
    #expect(throws: SpaceOrigin.Refusal.insecure) { try SpaceOrigin(text) }
  }

  @Test(arguments: [
    ("SIGNALWIRE_SPACE", "there is no space; set SIGNALWIRE_SPACE or give --space example"),
    ("SIGNALWIRE_PROJECT_ID", "there is no project; set SIGNALWIRE_PROJECT_ID or give --project ID"),
    ("SIGNALWIRE_API_TOKEN", "there is no API token; set SIGNALWIRE_API_TOKEN or give --token-file FILE"),
  ]) func `the error names the missing part of the account`(variable: String, line: String) {
    for text in [nil, ""] {
      var environment = CommandLineProbe.account
      environment[variable] = text
      let error = CommandLineProbe.error(["watch", "c"], environment: environment)
      #expect(error == UsageError(line, exit: .configuration))
    }
  }

  @Test(
    arguments: [
      (
        [], [:],
        "there is no space, no project and no API token; set SIGNALWIRE_SPACE, SIGNALWIRE_PROJECT_ID and"
          + " SIGNALWIRE_API_TOKEN, or give --space example, --project ID and --token-file FILE"
      ),
      (
        [], ["SIGNALWIRE_SPACE": "example"],
        "there is no project and no API token; set SIGNALWIRE_PROJECT_ID and SIGNALWIRE_API_TOKEN, or give --project ID"
          + " and --token-file FILE"
      ),
      (
        ["--provider", "telnyx"], [:],
        "there is no project and no API token; give --project ID, and set TELNYX_API_KEY or give --token-file FILE"
      ),
      (
        [], ["TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "hush"],
        "there is no space and no provider; give --provider twilio, since variables of Twilio are set"
      ),
      (
        [], ["TWILIO_ACCOUNT_SID": "AC1"],
        "there is no space, no provider and no API token; give --provider twilio, since variables of Twilio are set, and"
          + " set TWILIO_AUTH_TOKEN or give --token-file FILE"
      ),
      (
        [], ["TELNYX_API_KEY": "hush"],
        "there is no space, no provider and no project; give --provider telnyx, since variables of Telnyx are set, and"
          + " give --project ID"
      ),
    ] as [([String], [String: String], String)])
  func `one error names all missing parts`(
    options: [String], environment: [String: String], line: String
  ) throws {
    for command in [["watch", "c"], ["list", "c"]] {
      let error = CommandLineProbe.error(command + options, environment: environment)
      #expect(error?.line == "rollcall: " + line)
      #expect(error?.exit == .configuration)
    }
    let check = try CommandRun(["check"] + options, environment: environment)
    #expect(check.output.hasPrefix("failed: \(line)\n") && check.status == ExitStatus.configuration.code)
  }

  @Test func `Windows line ends around a variable's value are removed`() throws {
    let environment = CommandLineProbe.account.mapValues { $0 + "\r" }
    let account = try CommandLineProbe.watch("watch c", environment: environment).account
    #expect(account.origin.text == "https://example.signalwire.com" && account.project == "project-1")
    #expect(account.token.reveal() == "hush")
    let options = ["watch", "c", "--space", "other\r\n", "--project", "p2\r"]
    let watch = try #require(try CommandLineProbe.read(options) as? WatchCommand).options
    #expect(watch.account.origin.text == "https://other.signalwire.com" && watch.account.project == "p2")
  }

  @Test(arguments: ["SIGNALWIRE_SPACE", "SIGNALWIRE_PROJECT_ID", "SIGNALWIRE_API_TOKEN", "ROLLCALL_WEBHOOK_URL"])
  func `the error points out quotes around a variable's value`(variable: String) {
    var environment = CommandLineProbe.account
    environment[variable] = "\"hush\"\r"
    let error = CommandLineProbe.error(["watch", "c"], environment: environment)
    #expect(error?.line.hasPrefix("rollcall: \(variable) has quotes around ") == true)
    #expect(error?.line.hasSuffix("; leave them out") == true && error?.exit == .configuration)
  }

  @Test(arguments: [
    (
      ["--space", "a b"], "--space is not a space; give example, example.signalwire.com or https://host",
      ExitStatus.usage
    ),
    (
      ["--space=http://example.com"],
      "--space would send the token unencrypted; give https://, or http:// on 127.0.0.1, localhost or [::1]",
      ExitStatus.configuration
    ),
    (["--project", "a/b"], "--project is not a project id; give 1 to 128 of A-Z a-z 0-9 : _ . -", ExitStatus.usage),
  ]) func `the error names the invalid part of the account`(options: [String], line: String, exit: ExitStatus) {
    #expect(CommandLineProbe.error(["list", "c"] + options) == UsageError(line, exit: exit))
  }

  @Test func `an invalid variable is a configuration error`() {
    var environment = CommandLineProbe.account
    environment["SIGNALWIRE_PROJECT_ID"] = "hush/hush"
    let line = "SIGNALWIRE_PROJECT_ID is not a project id; give 1 to 128 of A-Z a-z 0-9 : _ . -"
    #expect(
      CommandLineProbe.error(["list", "c"], environment: environment) == UsageError(line, exit: .configuration))
  }

  @Test func `an invalid argument is reported before missing parts of the account`() {
    #expect(CommandLineProbe.error(["watch", "c", "--interval=0s"], environment: [:])?.exit == .usage)
    #expect(CommandLineProbe.error(["watch", "c"], environment: [:])?.exit == .configuration)
  }

  @Test func `options take precedence over the environment`() throws {
    try TemporaryFile.with("PT1\n", mode: 0o600) { path in
      let account = try CommandLineProbe.watch(
        "watch c --space other --project=p2 --token-file \(path)"
      ).account
      #expect(account.origin.text == "https://other.signalwire.com")
      #expect(account.project == "p2")
      #expect(account.token.reveal() == "PT1")
      #expect(account.tokenSource == .file(path))
      #expect(account.warning == nil)
    }
    let fallback = ["SIGNALWIRE_SPACE_URL": "example.signalwire.com"]
    var environment = CommandLineProbe.account.merging(fallback) { $1 }
    environment["SIGNALWIRE_SPACE"] = nil
    let account = try CommandLineProbe.watch("watch c", environment: environment).account
    #expect(account.origin.text == "https://example.signalwire.com")
    #expect(account.token.reveal() == "hush")
    #expect(account.tokenSource == .environment(.token, Secret("hush")))
  }
}

extension UsageError {
  /// Creates the error from its whole line.
  init(_ line: String, exit: ExitStatus) {
    let parts = line.split(separator: "; ", maxSplits: 1).map(String.init)
    self.init(parts[0], right: parts[1], exit: exit)
  }
}
