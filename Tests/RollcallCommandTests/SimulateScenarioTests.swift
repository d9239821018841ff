import RollcallKit
import RollcallServer
import RollcallSimulator
import Testing

@testable import rollcall

@Suite struct SimulateScenarioTests {
  private static func error(_ name: String) -> UsageError? {
    do throws(UsageError) {
      _ = try SimulateCommand.scenario(name)
      return nil
    } catch {
      return error
    }
  }

  @Test func `a built-in name takes precedence over a file`() throws {
    let busy = try SimulateCommand.scenario("busy")
    #expect(busy == Scenario.builtIn("busy"))
    #expect(Scenario.builtIn(SimulateCommand.usualScenario) != nil)
  }

  @Test func `any other name is read as a file`() throws {
    let text = #"{"rooms":[{"friendly_name":"support","people":[{"name":"agent"}]}]}"#
    try TemporaryFile.with(text, mode: 0o600) { path in
      let scenario = try SimulateCommand.scenario(path)
      #expect(scenario.rooms.map(\.friendlyName) == ["support"])
    }
  }

  @Test func `a missing file exits with 66, and one line with the built-in names`() throws {
    let error = try #require(Self.error("/nowhere/busy"))
    #expect(error.exit == .noInput)
    #expect(error.line.hasPrefix(#"rollcall: there is neither a scenario nor a file "/nowhere/busy"; give a file, or"#))
    #expect(!error.line.contains("\n"))
    #expect(Self.error("/tmp")?.exit == .noInput)
  }

  @Test(arguments: [
    ("", "scenario"), ("{", "scenario"), (#"{"rooms":[]}"#, "needs 1 to 1000 rooms"),
    (#"{"rooms":[{"friendly_name":"a"}],"\u001b\n":1}"#, "unknown key"),
  ])
  func `an invalid file exits with 65, and one line with the place`(text: String, reason: String) throws {
    try TemporaryFile.with(text, mode: 0o600) { path in
      let error = try #require(Self.error(path))
      #expect(error.exit == .damagedData)
      #expect(error.line.contains(path) && error.line.contains(reason))
      #expect(!error.line.contains("\n") && !error.line.contains("\u{1B}"))
    }
  }

  @Test func `a port in use exits with 78`() throws {
    let server = try HTTPServer { _ in .text("", status: 200) }
    defer { server.stop() }
    let command = try CommandLineProbe.command(SimulateCommand.self, "simulate --port \(server.port)")
    let refusal = UsageError(
      "port \(server.port) is in use on 127.0.0.1", right: "choose another --port, or 0 for any free one",
      exit: .configuration)
    #expect(throws: refusal) {
      try command.run(until: .unclaimed)
    }
  }
}
