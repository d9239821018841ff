import RollcallCore
import RollcallServer
import RollcallSimulator
import Testing

@testable import rollcall

@Suite(.runsCommands) struct `A check before watching` {
  @Test func `reports success, with one line for each item`() throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 1)
    let state = try StateFixture()
    let receiver = try ScriptedReceiver()
    defer {
      receiver.stop()
      space.stop()
    }
    _ = try state.watch(space, "--once")
    var environment = StateFixture.account(space)
    environment.merge(receiver.environment) { $1 }
    let conference = space.conferences[0]
    let run = try state.run("check", conference.sid, environment: environment)
    #expect(run.status == 0 && run.errors == "")
    let lines = run.output.split(separator: "\n")
    #expect(lines.count == 5 && lines.allSatisfy { $0.hasPrefix("ok: ") })
    #expect(lines.first == "ok: \(space.origin) accepts the token of the project \(space.project)")
    #expect(run.output.contains("the webhook ") && run.output.contains(" answered 204 to a signed watch.test\n"))
    let test = try #require(receiver.deliveries.first)
    #expect(test.isSigned && receiver.deliveries.count == 1)
    let body = try JSONReader.read(test.body)
    #expect(body["type"]?.asText == "watch.test" && body["sequence"]?.asInteger == 0)
    #expect(body["id"]?.asText == test.id)
  }

  @Test(arguments: [
    (400, "rollcall", "an unsigned watch.test: no; if it is a chat service, give its format"),
    (400, "slack", "a greeting: no"),
    (401, "rollcall", "an unsigned watch.test: no; check the secret, or give the --webhook-header that it requires"),
    (404, "rollcall", "an unsigned watch.test: no; check its URL"),
    (500, "rollcall", "an unsigned watch.test: no"),
    (404, "slack", "a greeting: no; create a new webhook in the chat service, and give its URL"),
  ])
  func `says what to do about a webhook that rejects the request`(status: Int, format: String, told: String) throws {
    let server = try HTTPServer { _ in .text("no\n", status: status) }
    defer { server.stop() }
    let hook = ["--webhook", "http://127.0.0.1:\(server.port)/hook", "--webhook-format", format]
    let run = try CommandRun(["check"] + hook, environment: [:])
    #expect(run.output.contains(bytesOf: " answered \(status) to \(told)\n"))
  }

  @Test func `reports a missing account before anything else`() throws {
    let run = try CommandRun(["check", "--webhook", "http://127.0.0.1:1/", "--state", "/nowhere/x"], environment: [:])
    #expect(run.status == ExitStatus.configuration.code)
    #expect(run.output.split(separator: "\n").map { $0.prefix(8) } == ["failed: ", "failed: ", "failed: "])
    #expect(run.output.hasPrefix("failed: there is no space, no project and no API token; set SIGNALWIRE_SPACE, "))
  }

  @Test func `lets a refused token decide the exit code before an unknown conference, and that before a file`() throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 1)
    defer { space.stop() }
    var environment = StateFixture.account(space)
    let unknown = try CommandRun(["check", "nobody", "--state", "/nowhere/x"], environment: environment)
    #expect(unknown.status == ExitStatus.unavailable.code)
    environment["SIGNALWIRE_API_TOKEN"] = "wrong"
    let refused = try CommandRun(["check", "nobody", "--state", "/nowhere/x"], environment: environment)
    #expect(refused.status == ExitStatus.unauthorised.code)
    #expect(refused.output.contains("failed: the provider refused the token"))
    let file = try CommandRun(["check", "--state", "/nowhere/x"], environment: StateFixture.account(space))
    #expect(file.status == ExitStatus.inputOutput.code)
  }

  @Test func `fails with 74 if the state file is no state file, and says what to give`() throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 1)
    defer { space.stop() }
    try TemporaryFile.with("+12025550101 Ana\n", mode: 0o600) { path in
      let run = try CommandRun(["check", "--state", path], environment: StateFixture.account(space))
      #expect(run.status == ExitStatus.inputOutput.code)
      #expect(run.output.contains(bytesOf: "; give a file that rollcall watch --state has written"))
    }
  }

  @Test func `rejects the state file of another account`() throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 1)
    defer { space.stop() }
    let state = try StateFixture()
    try state.fill(heartbeats: 1, from: Timestamp(milliseconds: 1_800_000_000_000))
    let run = try state.run("check", environment: StateFixture.account(space))
    #expect(run.status == ExitStatus.configuration.code)
    #expect(run.output.contains("belongs to https://h and the project project-1\n"))
  }

  @Test(arguments: [
    (0, "ok: the clock agrees"), (30_999, "ok: the clock agrees"), (31_000, "warning: the clock is 31 s ahead of "),
    (-31_000, "warning: the clock is 31 s behind "),
  ]) func `warns of a clock that is more than 30 s off`(milliseconds: Int, line: String) {
    let date = Timestamp(milliseconds: 1_800_000_000_000)
    let finding = CheckCommand.clock(date, now: date + .milliseconds(milliseconds))
    #expect(finding.line.hasPrefix(line))
    #expect(CheckCommand.clock(nil, now: date).line.hasPrefix("warning: "))
  }

  @Test(
    arguments: [
      ([.inputOutput, .unavailable, .unauthorised, .configuration], .configuration),
      ([.inputOutput, .unavailable, .unauthorised], .unauthorised), ([.inputOutput, .unavailable], .unavailable),
      ([.inputOutput], .inputOutput), ([], .done),
    ] as [([ExitStatus], ExitStatus)])
  func `the exit code of the highest rank counts`(failures: [ExitStatus], exit: ExitStatus) {
    var report = CheckReport()
    for failure in failures { report.note(.failed("", failure)) }
    report.note(.warning(""))
    #expect(report.exit == exit)
  }
}
