import RollcallCore
import RollcallKit
import RollcallSimulator
import Testing

@testable import rollcall

@Suite(.runsCommands) struct `Resent events` {
  private static let start = Timestamp(milliseconds: 1_800_000_000_000)
  private static let epoch = "0000000000000007"

  private static func lines(_ state: borrowing StateFixture) throws -> [[UInt8]] {
    try state.run("events").output.split(separator: "\n").map { Array($0.utf8) }
  }

  /// Makes dead letters of these events, as a watch would.
  private static func addDeadLetter(
    _ sequences: [UInt64], of receiver: ScriptedReceiver, in state: borrowing StateFixture
  ) throws {
    let target = WebhookTarget.name(of: Secret(receiver.url))
    try state.withStore { store in
      for sequence in sequences {
        store.addDeadLetter(DeadLetter(target: target, sequence: sequence, reason: .tooOld, at: start))
      }
      try await store.sync()
    }
  }

  private static func letters(_ state: borrowing StateFixture) throws -> Int {
    try StateReader(path: state.path).deadLetterCounts().reduce(0) { $0 + $1.count }
  }

  @Test func `dead letters are posted in order, byte for byte and signed, and removed from the file`() throws {
    let state = try StateFixture()
    let receiver = try ScriptedReceiver()
    defer { receiver.stop() }
    try state.fill(heartbeats: 20, from: Self.start)
    try Self.addDeadLetter([7, 3, 19], of: receiver, in: state)
    let run = try state.run("resend", "--dead-letters", environment: receiver.environment)
    #expect(run.status == 0 && run.output == "")
    #expect(run.errors.hasSuffix("3 events were delivered\n"))
    let lines = try Self.lines(state)
    #expect(receiver.deliveries.map(\.body) == [lines[2], lines[6], lines[18]])
    #expect(
      receiver.deliveries.map(\.id) == [3, 7, 19].map { "evt_\(Self.epoch)_\($0 < 10 ? "0" : "")0000000000\($0)" })
    #expect(receiver.deliveries.allSatisfy { $0.isSigned && $0.previous == nil })
    #expect(try Self.letters(state) == 0)
    let again = try state.run("resend", "--dead-letters", environment: receiver.environment)
    #expect(again.status == 0 && again.errors.contains("there are no dead letters for webhook-"))
    #expect(receiver.deliveries.count == 3)
  }

  @Test func `a rejected event stays a dead letter, and a failed attempt is retried`() throws {
    let state = try StateFixture()
    let receiver = try ScriptedReceiver { [503, 204, 422, 204][$0] }
    defer { receiver.stop() }
    try state.fill(heartbeats: 3, from: Self.start)
    try Self.addDeadLetter([1, 2, 3], of: receiver, in: state)
    let run = try state.run("resend", "--dead-letters", environment: receiver.environment)
    #expect(run.status == ExitStatus.tryLater.code)
    #expect(run.errors.contains("answered 503; retrying in 1 s\n") || run.errors.contains("retrying in"))
    #expect(run.errors.contains("was refused: answered 422\n"))
    #expect(run.errors.hasSuffix("2 events were delivered, 1 was not\n"))
    #expect(receiver.deliveries.map { $0.id?.last } == ["1", "1", "2", "3"])
    #expect(try Self.letters(state) == 1)
  }

  @Test func `a webhook that answered 410 gets no more events`() throws {
    let state = try StateFixture()
    let receiver = try ScriptedReceiver { $0 == 0 ? 204 : 410 }
    defer { receiver.stop() }
    try state.fill(heartbeats: 5, from: Self.start)
    let run = try state.run("resend", "--since", Self.start.rfc3339, environment: receiver.environment)
    #expect(run.status == ExitStatus.tryLater.code)
    #expect(receiver.deliveries.count == 2)
    #expect(run.errors.hasSuffix("1 event was delivered, 4 were not\n"))
  }

  @Test func `one id, or all events since a time, are sent without touching dead letters`() throws {
    let state = try StateFixture()
    let receiver = try ScriptedReceiver()
    defer { receiver.stop() }
    try state.fill(heartbeats: 10, from: Self.start)
    try Self.addDeadLetter([4], of: receiver, in: state)
    let lines = try Self.lines(state)
    let one = try state.run("resend", "--id", "evt_\(Self.epoch)_000000000004", environment: receiver.environment)
    #expect(one.status == 0)
    let since = (Self.start + .seconds(7)).rfc3339
    let three = try state.run("resend", "--since", since, environment: receiver.environment)
    #expect(three.status == 0)
    #expect(receiver.deliveries.map(\.body) == [lines[3], lines[7], lines[8], lines[9]])
    #expect(try Self.letters(state) == 1)
    let foreign = try state.run(
      "resend", "--id", "evt_0000000000000008_000000000004", environment: receiver.environment)
    #expect(foreign.status == ExitStatus.noInput.code && foreign.errors.contains("does not hold evt_0000000000000008_"))
  }

  @Test func `a target of a file is selected by name, and gets the events that pass its filter`() throws {
    let state = try StateFixture()
    let receiver = try ScriptedReceiver()
    defer { receiver.stop() }
    try state.fill(heartbeats: 3, from: Self.start)
    try state.withStore { store in
      try await store.commit(PollCommit([.stopped(.signal, at: Self.start + .seconds(9))]))
      store.addDeadLetter(DeadLetter(target: "ops", sequence: 2, reason: .tooOld, at: Self.start))
      try await store.sync()
    }
    let lines = try Self.lines(state)
    let path = state.path
    let targets = """
      [{"name":"ops","url":"\(receiver.url)","events":["watch.stopped"]},{"name":"other","url":"http://127.0.0.1:1/"}]
      """
    try TemporaryFile.with(targets, mode: 0o600) { file in
      let options = ["resend", "--state", path, "--targets", file]
      let vague = try CommandRun(options + ["--dead-letters"], environment: [:])
      #expect(vague.status == ExitStatus.usage.code)
      #expect(vague.errors.hasSuffix("; give --target with one of \"ops\", \"other\"\n"))
      let letters = try CommandRun(options + ["--target", "ops", "--dead-letters"], environment: [:])
      #expect(letters.status == 0 && letters.errors.hasSuffix("webhook ops: 1 event was delivered\n"))
      let since = try CommandRun(options + ["--target", "ops", "--since", Self.start.rfc3339], environment: [:])
      #expect(since.status == 0)
    }
    #expect(receiver.deliveries.map(\.body) == [lines[1], lines[3]])
    #expect(try Self.letters(state) == 0)
  }

  @Test func `resending works while a watch writes the file`() throws {
    let space = try SimulatedSpace(scenario: .busy, seed: 9)
    defer { space.stop() }
    let state = try StateFixture()
    let refusing = try ScriptedReceiver { $0 < 5 ? 400 : 204 }
    defer { refusing.stop() }
    _ = try state.watch(space, "--for", StateFixture.watchTime, "--webhook", refusing.url)
    try #require(try Self.letters(state) == 5)
    let owner = try #require(try StateReader(path: state.path).owner())
    let environment = refusing.environment
    let path = state.path
    try state.withStore(of: owner) { store in
      let run = try CommandRun(["resend", "--dead-letters", "--state", path], environment: environment)
      #expect(run.status == 0)
      try await store.commit(PollCommit([.stopped(.signal, at: Self.start)]))
    }
    #expect(try Self.letters(state) == 0)
  }

  @Test(arguments: [
    Mistake("resend", line: "resend needs to know which events to send; give --dead-letters, --id ID or --since TIME"),
    Mistake(
      "resend", "--dead-letters", "--since", "1h",
      line: "resend takes only one way to choose events; give --dead-letters, --id ID or --since TIME"),
    Mistake(
      "resend", "--dead-letters",
      line:
        "resend needs a webhook; give --webhook URL, --webhook-file FILE or --targets FILE, or set ROLLCALL_WEBHOOK_URL"
    ),
    Mistake(
      "resend", "--dead-letters", "--webhook", "https://h/", "--webhook-file", "f",
      line: "resend posts to one webhook; give one of --webhook, --webhook-file and --targets"),
    Mistake(
      "resend", "--dead-letters", "--webhook", "https://h/",
      line: "resend needs a state file; give --state FILE or set ROLLCALL_STATE, as for watch"),
    Mistake(
      "resend", "--id", "evt_1_2",
      line:
        #"invalid value "evt_1_2" for --id: expected an event's id, such as evt_0123456789abcdef_000000000042"#),
  ]) func `a usage error says what to do`(mistake: Mistake) { mistake.check() }
}
