import RollcallCore
import RollcallKit
import Testing

@testable import rollcall

@Suite struct WatchOptionsTests {
  @Test func `watch has sensible defaults`() throws {
    let options = try CommandLineProbe.watch("watch c-1")
    #expect(options.subject == .conferences([try #require(ConferenceSID("c-1"))]))
    #expect(options.interval == .seconds(2))
    #expect(options.limit == .unlimited)
    #expect(!options.waits)
    #expect(options.leaveConfirmation == .get)
    #expect(!options.enriches)
    #expect(options.selection == .all)
    #expect(options.heartbeat == nil)
    #expect(options.writesStandardOutput)
    #expect(options.webhooks.isEmpty)
    #expect(options.webhooks.maximumAge == nil)
    #expect(options.caFile == nil)
    #expect(options.log == LogOptions(format: .text, amount: .usual))
  }

  @Test func `watch takes every option in both spellings`() throws {
    let options = try CommandLineProbe.watch(
      "watch --name=room --interval 100ms --for=2h --wait --confirm-left none --enrich --events participant.*,watch.stopped"
        + " --heartbeat=30s --no-stdout --webhook-format cloudevents --targets=t.json --webhook https://a/1 --webhook=http://b/2 --webhook-header A:1"
        + " --webhook-header=B:2 --webhook-max-age 72h --ca-file ca.pem --log-format=json -v")
    #expect(options.subject == .found(.named("room")))
    #expect(options.interval == .milliseconds(100))
    #expect(options.limit == .duration(.seconds(7200)))
    #expect(options.waits)
    #expect(options.leaveConfirmation == .none)
    #expect(options.enriches)
    #expect(options.selection.types.contains(.participantLeft))
    #expect(options.selection.types.contains(.watchStopped))
    #expect(!options.selection.types.contains(.watchStarted))
    #expect(options.heartbeat == .seconds(30))
    #expect(!options.writesStandardOutput)
    #expect(options.webhooks.urls.map(\.host) == ["a", "b"])
    #expect(options.webhooks.urls.map(\.isExposed) == [false, true])
    #expect(options.webhooks.headers.map(\.name) == ["A", "B"])
    #expect(options.webhooks.maximumAge == .seconds(72 * 3600))
    #expect(options.webhooks.format == .cloudevents)
    #expect(options.webhooks.targetsFile == "t.json")
    #expect(options.caFile == "ca.pem")
    #expect(options.log == LogOptions(format: .json, amount: .verbose))
  }

  @Test func `alerts are conditions, in the order given, and at most sixteen`() throws {
    let options = try CommandLineProbe.watch("watch c --alert hold:2m --alert=people:10:1m --alert hold:10m")
    #expect(options.alerts.map(\.name) == ["hold:2m", "people:10:1m", "hold:10m"])
    #expect(try CommandLineProbe.watch("watch c").alerts.isEmpty)
    let many = (1...17).map { " --alert hold:\($0)m" }
    #expect(try CommandLineProbe.watch("watch c" + many.dropLast().joined()).alerts.count == 16)
    #expect(throws: UsageError("--alert is given 17 times", right: "give at most 16")) {
      try CommandLineProbe.watch("watch c" + many.joined())
    }
  }

  @Test(arguments: ["--state f", "--health 9090", "--targets t.json"])
  func `alerts may be excluded from standard output if another output shows them`(other: String) throws {
    let options = try CommandLineProbe.watch("watch c --alert hold:2m --events participant.* \(other)")
    #expect(options.alerts.count == 1)
  }

  @Test func `events are selected by type, call and field at once`() throws {
    let line = "watch c --events !watch.* --call a --call b --call a --only-changes-of hold,label"
    let selection = try CommandLineProbe.watch(line).selection
    #expect(
      selection
        == EventFilter(
          types: Set(EventType.allCases.filter { !$0.rawValue.hasPrefix("watch.") }),
          calls: Set(["a", "b"].compactMap(CallSID.init)), fields: [.hold, .label]))
    #expect(try CommandLineProbe.watch("watch c --call a").selection.types == EventFilter.all.types)
  }

  @Test func `the number of calls is limited`() throws {
    func line(_ count: Int) -> String { "watch c" + (0..<count).map { " --call a\($0)" }.joined() }
    #expect(try CommandLineProbe.watch(line(EventFilter.maximumCalls)).selection.calls?.count == 256)
    let error = UsageError("--call is given 257 times", right: "give at most 256")
    #expect(throws: error) { try CommandLineProbe.watch(line(257)) }
  }

  @Test func `conferences keep their order and are watched once each`() throws {
    let options = try CommandLineProbe.watch("watch b a -- b --once")
    guard case .conferences(let sids) = options.subject else { throw CommandLineProbe.Mismatch() }
    #expect(sids.map(\.text) == ["b", "a", "--once"])
    #expect(try CommandLineProbe.watch("watch c --once -q").limit == .once)
  }

  @Test func `a webhook of the environment is used only if no other is given`() throws {
    var environment = CommandLineProbe.account
    environment["ROLLCALL_WEBHOOK_URL"] = "https://env/"
    let alone = try CommandLineProbe.watch("watch c --no-stdout", environment: environment)
    #expect(alone.webhooks.urls.map(\.host) == ["env"])
    let other = try CommandLineProbe.watch("watch c --webhook https://arg/", environment: environment)
    #expect(other.webhooks.urls.map(\.host) == ["arg"])
    let file = try CommandLineProbe.watch("watch c --webhook-file f", environment: environment)
    #expect(file.webhooks.urls.isEmpty)
    #expect(file.webhooks.urlFiles == ["f"])
    let targets = try CommandLineProbe.watch("watch c --no-stdout --targets t", environment: environment)
    #expect(targets.webhooks.urls.isEmpty)
    #expect(targets.webhooks.targetsFile == "t")
  }

  @Test func `a state file is enough, without any other output`() throws {
    let options = try CommandLineProbe.watch("watch c --no-stdout --state s.db")
    #expect(!options.writesStandardOutput && options.state != nil && options.webhooks.isEmpty)
  }

  @Test func `a chat service's host without its format gets a warning`() throws {
    for (host, service) in [
      ("hooks.slack.com", "slack"), ("Discord.com", "discord"), ("ptb.discord.com", "discord"),
      ("x.webhook.office.com:443", "teams"),
    ] {
      let url = "--webhook https://\(host)/services/x"
      let plain = try CommandLineProbe.watch("watch c \(url)").webhooks.read(pipes: .refused)
      #expect(plain.warnings.count == 1)
      let advice = "own format; give --webhook-format \(service), or --targets FILE if only some webhooks need it"
      #expect(plain.warnings.first?.hasSuffix(advice) == true)
      let right = try CommandLineProbe.watch("watch c \(url) --webhook-format \(service)").webhooks
      #expect(try right.read(pipes: .refused).warnings.isEmpty)
    }
    // A workflow of Slack takes any JSON.
    for url in ["https://hooks.slack.com.example.com/services/x", "https://hooks.slack.com/triggers/x"] {
      let other = try CommandLineProbe.watch("watch c --webhook \(url)").webhooks
      #expect(try other.read(pipes: .refused).warnings.isEmpty)
    }
  }

  @Test func `a URL in place of a file is rejected without being repeated`() throws {
    for option in ["webhook-file", "targets", "webhook-secret-file"] {
      let line = "watch c --\(option) https://h/hush" + (option == "webhook-secret-file" ? " --webhook https://h/" : "")
      let right = "give the name of a file" + (option == "webhook-file" ? " that contains it" : "")
      let error = UsageError("the file of --\(option) is a URL", right: right, exit: .configuration)
      #expect(throws: error) { try CommandLineProbe.watch(line).webhooks.read(pipes: .refused) }
    }
  }

  @Test func `all files of webhooks are read together`() throws {
    let key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    try TemporaryFile.with("https://file/x\n", mode: 0o644) { url in
      try TemporaryFile.with(key + "\n", mode: 0o600) { secret in
        let line = "watch c --webhook-file \(url) --webhook-secret-file \(secret) --webhook-hub-secret-file \(secret)"
        let list = try CommandLineProbe.watch(line).webhooks.read(pipes: .refused)
        let target = try #require(list.targets.first)
        #expect(list.targets.count == 1 && target.url.host == "file")
        #expect(target.secrets.map(\.secret) == [try WebhookSecret(key)])
        #expect(target.hubSecret?.reveal() == key)
        #expect(
          list.warnings == [
            "the file of --webhook-file can be read by other users; make it yours alone with chmod 600"
          ])
        let twice = try CommandLineProbe.watch(line + " --webhook https://file/x").webhooks
        #expect(throws: UsageError("one webhook is given twice; give each URL once", exit: .usage)) {
          try twice.read(pipes: .refused)
        }
      }
      let wrong = try CommandLineProbe.watch("watch c --webhook https://h/ --webhook-secret-file \(url)").webhooks
      let line =
        "the file of --webhook-secret-file contains no signing secret; give whsec_ and the base64 of 24 to 64 random bytes"
      #expect(throws: UsageError(line, exit: .configuration)) { try wrong.read(pipes: .refused) }
    }
  }
}
