import Testing

@testable import rollcall

/// A targets file that cannot work, and the error line about it.
struct BadTargets: Sendable, CustomTestStringConvertible {
  let text: String
  var mode: UInt32 = 0o600
  /// The error line without `rollcall: `.
  let line: String

  init(_ text: String, mode: UInt32 = 0o600, line: String) {
    self.text = text
    self.mode = mode
    self.line = line
  }

  /// Creates a file with one target, named ops, that has a URL and this member.
  init(with member: String, line: String) {
    self.init(#"[{"name":"ops","url":"https://h.example/hush",\#(member)}]"#, line: line)
  }

  var testDescription: String { text.count > 100 ? "\(text.prefix(100))…" : text }

  func check() throws {
    try TargetsFolder.with(text, mode: .init(mode)) { folder in
      let run = try CommandRun(["watch", "c", "--targets", folder.targets], environment: CommandLineProbe.account)
      // `%` stands for the folder.
      let line = line.split(separator: "%", omittingEmptySubsequences: false).joined(separator: folder.path)
      #expect(run.errors == "rollcall: \(line)\n")
      #expect(run.output == "")
      #expect(run.status == ExitStatus.configuration.code)
      #expect(!run.errors.contains("hush"))
    }
  }
}

@Suite(.runsCommands) struct `A bad targets file gets one line and exit code 78` {
  private static let entry = #"give [{"name": "ops", "url": "https://host/path"}]"#
  private static let secretRight = "give whsec_ and the base64 of 24 to 64 random bytes"
  private static let missing = "cannot be opened (No such file or directory); give a file that exists"

  @Test(arguments: [
    BadTargets("", line: "the file of --targets is not JSON at line 1, column 1: expected a value; \(entry)"),
    BadTargets(
      "[{]", line: "the file of --targets is not JSON at line 1, column 3: expected a key in quotes; \(entry)"),
    BadTargets("{}", line: "the file of --targets is not an array of targets; \(entry)"),
    BadTargets("[]", line: "the file of --targets is not an array of targets; \(entry)"),
    BadTargets(
      "[" + String(repeating: "0,", count: 64) + "0]", line: "the file of --targets has 65 targets; give at most 64"),
    BadTargets(
      String(repeating: " ", count: (1 << 20) + 1),
      line: #"the file of --targets, "%/targets.json", is longer than 1 MiB; give a smaller file"#),
    BadTargets(
      "[]", mode: 0o620, line: "the file of --targets can be written by other users; make it yours alone with chmod 600"
    ),
    BadTargets("[1]", line: #"target 1 is not an object; give {"name": "ops", "url": "https://host/path"}"#),
  ])
  func `a file that is not an array of targets is reported`(input: BadTargets) throws { try input.check() }

  @Test func `an address to choose calls by is refused if addresses are redacted`() throws {
    try TargetsFolder.with(#"[{"name":"ops","url":"https://h.example/hush","calls":["+12025550101"]}]"#) { folder in
      let words = ["watch", "c", "--targets", folder.targets, "--enrich", "--redact", "from"]
      let run = try CommandRun(words, environment: CommandLineProbe.account)
      #expect(
        run.errors
          == #"rollcall: calls of target "ops" has an address, but --redact hides addresses; give sids, or redact"#
          + " neither from, to nor direction\n")
      #expect(run.status == ExitStatus.configuration.code)
    }
  }

  @Test func `a missing file is reported`() throws {
    try BadInput(
      "watch", "c", "--targets", "/nowhere/targets.json",
      line: #"the file of --targets, "/nowhere/targets.json", \#(Self.missing)"#, exit: .configuration
    ).check()
  }

  @Test(arguments: [
    BadTargets(#"[{"name":"ops"}]"#, line: #"target "ops" has no url; give url or url_file"#),
    BadTargets(
      with: #""url_file":"url""#, line: #"target "ops" has both url and url_file; give one of them"#),
    BadTargets(
      with: #""evnts":["*"]"#, line: #"target "ops" has an unknown key, "evnts"; did you mean events?"#),
    BadTargets(with: #""url":"https://i.example/""#, line: #"url of target "ops" is given twice; give it once"#),
    BadTargets(
      #"[{"url":"https://h/1"},{"url":"hush"}]"#,
      line: "url of target 2 is not a URL; begin it with https:// or http://, such as http://127.0.0.1:8787"),
    BadTargets(
      #"[{"url":"https://u:hush@h/"}]"#,
      line: "url of target 1 has a user in it; give headers with an Authorization instead"),
    BadTargets(#"[{"name":"PThush"}]"#, line: "target 1 has no url; give url or url_file"),
    BadTargets(#"[{"url":7}]"#, line: "url of target 1 is not a string; give https://host/path"),
    BadTargets(
      #"[{"url_file":"none"}]"#, line: #"the file of url_file of target 1, "%/none", \#(missing)"#),
    BadTargets(
      #"[{"name":"a","url_file":"secret"}]"#,
      line:
        #"the file of url_file of target "a" is not a URL; begin it with https:// or http://, such as http://127.0.0.1:8787"#
    ),
  ])
  func `a target with no URL, or with two, is reported`(input: BadTargets) throws { try input.check() }

  @Test(arguments: [
    BadTargets(
      with: #""events":["*","!wach.*"]"#,
      line: #""!wach.*" in events of target "ops" matches no event; did you mean !watch.*?"#),
    BadTargets(
      with: #""events":["*","!"]"#,
      line: #"events of target "ops" has an empty pattern; give a pattern such as 'participant.*' or '!watch.*'"#),
    BadTargets(
      with: #""events":["!*"]"#,
      line: #""!*" in events of target "ops" excludes all events; give a pattern such as 'participant.*' or '!watch.*'"#
    ),
    BadTargets(
      with: #""calls":["a","b c"]"#,
      line: #"invalid value "b c" for calls[1] of target "ops": expected a call sid or an address such as +12025550101"#
    ),
    BadTargets(
      with: #""calls":"a""#, line: #"calls of target "ops" is not an array; give an array of call sids and addresses"#),
    BadTargets(with: #""calls":[]"#, line: #"calls of target "ops" has 0 elements; give 1 to 256, or leave it out"#),
    BadTargets(
      with: #""calls":[1]"#, line: #"calls[0] of target "ops" is not a string; give a call sid or an address"#),
    BadTargets(
      with: #""only_changes_of":["hold","held"]"#,
      line: #"invalid value "held" for only_changes_of[1] of target "ops": expected muted, hold, coaching, status, "#
        + "start_conference_on_enter, end_conference_on_exit or label"),
    BadTargets(
      with: #""only_changes_of":"hold""#,
      line: #"only_changes_of of target "ops" is not an array; give an array of fields such as ["hold", "coaching"]"#),
    BadTargets(
      with: #""only_changes_of":[]"#,
      line: #"only_changes_of of target "ops" has 0 elements; give 1 to 7, or leave it out"#),
    BadTargets(
      with: #""only_changes_of":["hold"],"events":["participant.joined"]"#,
      line: #"events and only_changes_of of target "ops" together exclude all events; leave one of them out"#),
    BadTargets(with: #""call":["a"]"#, line: #"target "ops" has an unknown key, "call"; did you mean calls?"#),
  ])
  func `an invalid filter is reported`(input: BadTargets) throws { try input.check() }

  @Test(arguments: [
    BadTargets(
      #"[{"name":"stdout","url":"https://h/"}]"#,
      line: "name of target 1 is reserved for standard output; give another name"),
    BadTargets(
      #"[{"name":"a b","url":"https://h/"}]"#,
      line: "name of target 1 is not a valid name; give 1 to 64 of A-Z a-z 0-9 _ . -"),
    BadTargets(
      #"[{"name":null,"url":"https://h/"}]"#,
      line: "name of target 1 is not a string; give 1 to 64 of A-Z a-z 0-9 _ . -"),
    BadTargets(
      #"[{"name":"a","url":"https://h/1"},{"name":"a","url":"https://h/2"}]"#,
      line: #"name of target "a" is also that of another target; give each a name of its own"#),
    BadTargets(
      #"[{"name":"a","url":"https://h/hush"},{"name":"b","url":"https://h/hush"}]"#,
      line: #"url of target "b" is also that of target "a"; give each URL once"#),
  ])
  func `two targets with the same name or URL are reported`(input: BadTargets) throws { try input.check() }

  @Test(arguments: [
    BadTargets(
      with: #""secret_files":["secret","none"]"#,
      line: #"the file of secret_files[1] of target "ops", "%/none", \#(missing)"#),
    BadTargets(
      with: #""secret_files":["open"]"#,
      line: #"the file of secret_files[0] of target "ops" can be written by other users; "#
        + "make it yours alone with chmod 600"),
    BadTargets(
      with: #""secret_files":["no-base64"]"#,
      line: #"the file of secret_files[0] of target "ops" contains no signing secret; \#(secretRight)"#),
    BadTargets(
      with: #""secret_files":"secret""#,
      line: #"secret_files of target "ops" is not an array; give an array of paths"#),
    BadTargets(
      with: #""secret_files":[]"#,
      line: #"secret_files of target "ops" has 0 elements; give 1 to 8, or leave it out"#),
    BadTargets(
      with: #""secret_files":[true]"#,
      line: #"secret_files[0] of target "ops" is not a string; give the path of a file"#),
    BadTargets(
      with: #""secret_files":["secret\u0000"]"#,
      line: #"secret_files[0] of target "ops" is not a path; give the path of a file"#),
    BadTargets(
      with: #""hub_secret_file":"/dev/null""#,
      line: #"the file of hub_secret_file of target "ops", "/dev/null", is a device; give a regular file"#),
  ])
  func `an unusable secret is reported`(input: BadTargets) throws { try input.check() }

  @Test(arguments: [
    BadTargets(
      with: #""format":"slackk""#,
      line:
        #"invalid value "slackk" for format of target "ops": expected rollcall, cloudevents, slack, discord, mattermost or teams"#
    ),
    BadTargets(
      with: #""format":1"#,
      line: #"format of target "ops" is not a string; give rollcall, cloudevents or a chat service"#),
    BadTargets(
      with: #""events":["participant.*","joined"]"#,
      line: #""joined" in events of target "ops" matches no event; did you mean participant.joined?"#),
    BadTargets(
      with: #""events":"participant.*""#,
      line: #"events of target "ops" is not an array; give an array of globs such as ["participant.*"]"#),
    BadTargets(
      with: #""events":[{}]"#,
      line: #"events[0] of target "ops" is not a string; give a glob such as "participant.*""#),
    BadTargets(
      with: #""max_age":"721h""#,
      line: #"invalid value "721h" for max_age of target "ops": expected a duration from 1s to 720h, such as 2s"#),
    BadTargets(
      with: #""max_age":60"#, line: #"max_age of target "ops" is not a string; give a duration such as "72h""#),
    BadTargets(
      with: #""timeout":"0s""#,
      line: #"invalid value "0s" for timeout of target "ops": expected a duration from 1s to 1m, such as 2s"#),
    BadTargets(
      with: #""headers":["A: b"]"#, line: #"headers of target "ops" is not an object; give {"Name": "value"}"#),
    BadTargets(
      with: #""headers":{"A":1}"#,
      line: #"headers of target "ops" has a value that is not a string; give {"Name": "value"}"#),
    BadTargets(
      with: #""headers":{"Webhook-Id":"hush"}"#,
      line: #"headers of target "ops" has a name that rollcall sets itself; give another name"#),
    BadTargets(
      with: #""headers":{"A":"hush\r\nB: c"}"#,
      line: #"headers of target "ops" has a line end or control character in its value; give {"Name": "value"}"#),
    BadTargets(
      with: #""headers":{"A":"1","a":"2"}"#, line: #"headers of target "ops" has one header twice; give each once"#),
  ])
  func `an invalid value is reported`(input: BadTargets) throws { try input.check() }
}
