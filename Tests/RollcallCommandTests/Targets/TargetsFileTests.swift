import RollcallCore
import RollcallKit
import Testing

@testable import rollcall

@Suite struct `A targets file` {
  private static let source = EventSource(account: "https://example/account")

  private static func members(
    _ folder: TargetsFolder, _ options: String = "", keepsState: Bool = false
  ) throws -> [WebhookTarget] {
    let options = try CommandLineProbe.watch("watch c --targets \(folder.targets) \(options)")
    let list = try options.webhooks.read(pipes: .refused)
    return list.targets.map {
      $0.target(source: source, selection: options.selection, names: .none, keepsState: keepsState)
    }
  }

  @Test func `gives each target its own settings`() throws {
    let text = """
      [ {"name": "ops-1", "url": "https://a.example/x", "format": "cloudevents", "events": ["conference.*", "watch.stopped"],
         "secret_files": ["new-secret", "secret"], "hub_secret_file": "secret",
         "headers": {"Authorization": "Bearer b", "X-A": "1"}, "max_age": "2h", "timeout": "40s"},
        {"url_file": "url"} ]
      """
    try TargetsFolder.with(text) { folder in
      let members = try Self.members(folder, "--events participant.*")
      try #require(members.count == 2)
      let (first, second) = (members[0], members[1])
      #expect(first.name == "ops-1" && first.label == "ops-1" && first.url.reveal() == "https://a.example/x")
      #expect(first.format == .cloudEvents(Self.source))
      #expect(first.secrets == [try WebhookSecret(TargetsFolder.newKey), try WebhookSecret(TargetsFolder.key)])
      #expect(first.hubSecret?.reveal() == TargetsFolder.key)
      #expect(first.headers.map { "\($0.name): \($0.value.reveal())" } == ["Authorization: Bearer b", "X-A: 1"])
      #expect(first.maximumAge == .seconds(7200) && first.timeout == .seconds(40))
      #expect(
        members[0].filter.types.contains(.conferenceEnded) && !members[0].filter.types.contains(.participantLeft))
      #expect(second.name == WebhookTarget.name(of: Secret("https://filed.example/hush")))
      #expect(second.label == "filed.example" && second.format == .rollcall && second.secrets.isEmpty)
      #expect(second.maximumAge == .seconds(3600) && second.timeout == .seconds(15))
      #expect(
        members[1].filter.types.contains(.participantLeft) && !members[1].filter.types.contains(.conferenceEnded))
      #expect(try Self.members(folder, keepsState: true)[1].maximumAge == .seconds(72 * 3600))
    }
  }

  @Test func `gives a target a filter of its own, which replaces that of the options`() throws {
    let text = """
      [ {"name": "a", "url": "https://h/a", "calls": ["c-1", "c-2"]},
        {"name": "b", "url": "https://h/b", "only_changes_of": ["hold", "label"], "events": ["!watch.*"]},
        {"name": "c", "url": "https://h/c", "events": ["*"]}, {"name": "d", "url": "https://h/d"} ]
      """
    try TargetsFolder.with(text) { folder in
      let members = try Self.members(folder, "--call c-9 --events participant.* --only-changes-of muted")
      let withoutWatch = EventFilter.all.narrowed { !$0.rawValue.hasPrefix("watch.") }.types
      #expect(
        members.map(\.filter) == [
          EventFilter(calls: Set(["c-1", "c-2"].compactMap(CallSID.init))),
          EventFilter(types: withoutWatch, fields: [.hold, .label]),
          .all,
          EventFilter(
            types: EventFilter.all.narrowed(to: \.isAboutPerson).types, calls: [try #require(CallSID("c-9"))],
            fields: [.muted]),
        ])
    }
  }

  @Test func `is used beside webhooks of the command line, whose options do not apply to it`() throws {
    try TargetsFolder.with(#"[{"name":"ops","url":"https://h/1"}]"#) { folder in
      let line = "--webhook https://h/2 --webhook-format cloudevents --webhook-secret-file \(folder.path)/secret"
      let members = try Self.members(folder, line)
      #expect(members.map(\.format) == [.cloudEvents(Self.source), .rollcall])
      #expect(members.map(\.secrets.count) == [1, 0])
      let twice = try CommandLineProbe.watch("watch c --targets \(folder.targets) --webhook https://h/1").webhooks
      let error = UsageError(
        #"url of target "ops" is also that of another webhook"#, right: "give each URL once", exit: .configuration)
      #expect(throws: error) { try twice.read(pipes: .refused) }
    }
  }

  @Test func `that others can read causes a warning, and so does a secret`() throws {
    try TargetsFolder.with(#"[{"name":"ops","url":"https://h/","secret_files":["secret"]}]"#, mode: 0o644) { folder in
      try folder.write(TargetsFolder.key, to: "secret", mode: 0o640)
      let list = try CommandLineProbe.watch("watch c --targets \(folder.targets)").webhooks.read(pipes: .refused)
      #expect(
        list.warnings == [
          "the file of --targets can be read by other users; make it yours alone with chmod 600",
          #"the file of secret_files[0] of target "ops" can be read by other users; make it yours alone with chmod 600"#,
        ])
    }
  }

  @Test func `causes a warning for a chat service that would get events`() throws {
    let entries =
      #"[{"name":"ops","url":"https://hooks.slack.com/services/1"},{"url":"https://hooks.slack.com/services/2","format":"slack"}]"#
    try TargetsFolder.with(entries) { folder in
      let list = try CommandLineProbe.watch("watch c --targets \(folder.targets)").webhooks.read(pipes: .refused)
      #expect(
        list.warnings == [
          #"target "ops": this service accepts only messages in its own format; give "format": "slack""#
        ])
    }
  }

  @Test func `that the documentation shows is valid`() throws {
    let article = "Sources/RollcallKit/Documentation.docc/Webhooks.md"
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
    let bytes = try InputFile.bytes(of: "\(root)/\(article)", named: article, maximum: 1 << 20)
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex(of: "```json")) + 1
    let end = try #require(lines[start...].firstIndex(of: "```"))
    try TargetsFolder.with(lines[start..<end].joined(separator: "\n")) { folder in
      try folder.write("https://archive.example/", to: "archive-url")
      for name in ["archive-secret", "archive-secret-new", "supervisors-secret"] {
        try folder.write(TargetsFolder.key, to: name)
      }
      let members = try Self.members(folder)
      #expect(members.map(\.name) == ["archive", "supervisors"])
      #expect(members.map(\.secrets.count) == [2, 0])
      #expect(members.map(\.host) == ["archive.example", "hooks.example.com"])
      #expect(members[1].filter.types.contains(.participantCoachingStarted))
    }
  }

  @Test func `that is truncated or changed anywhere causes no error that reveals a secret`() throws {
    let text = #"[{"name":"ops","url":"https://h/hush","headers":{"A":"hush"},"events":["*"],"max_age":"1h"}]"#
    try TargetsFolder.with(text) { folder in
      let webhooks = try CommandLineProbe.watch("watch c --targets \(folder.targets)").webhooks
      #expect(try webhooks.read(pipes: .refused).targets.count == 1)
      for place in 0..<text.utf8.count {
        let cut = String(decoding: text.utf8.prefix(place), as: UTF8.self)
        try folder.write(cut, to: "targets.json")
        let error = #expect(throws: UsageError.self) { try webhooks.read(pipes: .refused) }
        #expect(error?.exit == .configuration && error?.line.contains("hush") == false, "\(cut)")
        for byte in #""{[,:0 "#.utf8 {
          var changed = Array(text.utf8)
          changed[place] = byte
          try folder.write(String(decoding: changed, as: UTF8.self), to: "targets.json")
          do throws(UsageError) {
            _ = try webhooks.read(pipes: .refused)
          } catch {
            #expect(error.exit == .configuration && !error.line.contains("hush"), "byte \(place)")
          }
        }
      }
    }
  }

  @Test func `may replace standard output`() throws {
    #expect(try !CommandLineProbe.watch("watch c --no-stdout --targets f").writesStandardOutput)
  }
}
