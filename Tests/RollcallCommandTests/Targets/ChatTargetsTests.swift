import RollcallCore
import RollcallKit
import Testing

@testable import rollcall

@Suite(.runsCommands) struct `A chat target` {
  private static let source = EventSource(account: "https://example/account")

  private static func members(_ line: String, environment: [String: String] = [:]) throws -> [WebhookTarget] {
    let environment = CommandLineProbe.account.merging(environment) { $1 }
    let options = try CommandLineProbe.watch("watch c \(line)", environment: environment)
    let list = try options.webhooks.read(pipes: .refused)
    let names = try options.webhooks.readNames()
    return list.targets.map {
      $0.target(source: source, selection: options.selection, names: names, keepsState: true)
    }
  }

  @Test(arguments: ChatService.allCases)
  func `gets names, no signature, and no old events`(service: ChatService) throws {
    try TemporaryFile.with("call-1 Anna\n", mode: 0o644) { names in
      let line = "--webhook https://h/x --webhook-format \(service.rawValue) --names \(names)"
      let environment = ["ROLLCALL_WEBHOOK_SECRET": TargetsFolder.key]
      let member = try #require(try Self.members(line, environment: environment).first)
      #expect(member.format == .chat(service, try SIDNames(text: Array("call-1 Anna".utf8))))
      #expect(member.maximumAge == .seconds(600) && !member.isSigned)
      #expect(try Self.members(line + " --webhook-max-age 2h").first?.maximumAge == .seconds(7200))
    }
  }

  @Test func `gets only outages of the watch itself, whatever its filter says`() throws {
    let member = try #require(try Self.members("--webhook https://h/x --webhook-format slack --events watch.*").first)
    #expect(member.wanted.types == [.watchInterrupted, .watchResumed])
    let plain = try #require(try Self.members("--webhook https://h/x --events watch.*").first)
    #expect(plain.wanted.types.contains(.watchStarted) && !plain.wanted.types.contains(.participantLeft))
  }

  @Test func `may be in a file of targets beside others`() throws {
    let text = #"[{"name":"a","url":"https://h/a","format":"teams"},{"name":"b","url":"https://h/b"}]"#
    try TargetsFolder.with(text) { folder in
      try folder.write("# nobody\n", to: "names")
      let members = try Self.members("--targets \(folder.targets) --names \(folder.path)/names")
      #expect(members.map(\.format) == [.chat(.teams, .none), .rollcall])
      #expect(members.map(\.maximumAge) == [.seconds(600), .seconds(72 * 3600)])
    }
  }

  @Test func `rejects a signing secret`() throws {
    for key in [#""secret_files":["secret"]"#, #""hub_secret_file":"secret""#] {
      try TargetsFolder.with(#"[{"name":"a","url":"https://h/a","format":"slack",\#(key)}]"#) { folder in
        let error = #expect(throws: UsageError.self) { try Self.members("--targets \(folder.targets)") }
        #expect(
          error?.line.hasSuffix(#"of target "a" has no effect: slack messages are not signed; leave it out"#) == true)
        #expect(error?.exit == .configuration)
      }
    }
  }

  @Test(arguments: [
    ("aaaa A\nbbbb\n", "line 2 of the file of --names has no name; give a key, a space and a name"),
    ("abc A\n", "line 1 of the file of --names begins with only 3 characters of a sid; give at least 4"),
    ("aaaa A\naaaa B", "line 2 of the file of --names repeats a key; give each sid and address once"),
    (
      "# nobody\n+1202abc A",
      "line 2 of the file of --names begins with an invalid telephone number; give + and 7 to 15 digits, a space and"
        + " the name, such as +12025550101 Anna"
    ),
    (
      #"{"aaaa": 1}"#,
      "the file of --names has a name that is not a string; give {\"KEY\": \"name\"}, or one KEY and name a line"
    ),
  ])
  func `invalid names are reported with their line`(text: String, line: String) throws {
    try TemporaryFile.with(text, mode: 0o644) { names in
      let error = #expect(throws: UsageError.self) { try NamesFile.read(names, pipes: .refused) }
      #expect(error?.line == "rollcall: \(line)" && error?.exit == .configuration)
    }
  }

  @Test func `a file of names that is too long is reported, and check treats any error in it as a configuration error`()
    throws
  {
    try TemporaryFile.with(String(repeating: "#", count: SIDNames.maximumBytes + 1), mode: 0o644) { names in
      let error = #expect(throws: UsageError.self) { try NamesFile.read(names, pipes: .refused) }
      #expect(error?.line == "rollcall: the file of --names, \"\(names)\", is longer than 1 MiB; give a smaller file")
      #expect(error?.exit == .configuration)
      for path in [names, "/nowhere"] {
        let hook = ["--webhook", "https://127.0.0.1:9/x", "--webhook-format", "slack"]
        let run = try CommandRun(["check"] + hook + ["--names", path], environment: [:])
        #expect(run.status == ExitStatus.configuration.code)
        #expect(run.output.contains(bytesOf: "failed: the file of --names, \"\(path)\", "))
      }
    }
  }

  @Test func `a missing file of names exits with 66`() {
    #expect(#expect(throws: UsageError.self) { try NamesFile.read("/nowhere", pipes: .refused) }?.exit == .noInput)
    #expect(#expect(throws: UsageError.self) { try NamesFile.read("/", pipes: .refused) }?.exit == .noInput)
  }
}
