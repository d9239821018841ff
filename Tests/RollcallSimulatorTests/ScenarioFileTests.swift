import Testing

@testable import RollcallSimulator

@Suite struct `Scenario files` {
  @Test func `a file can describe a whole scenario`() throws {
    let file = """
      {"name": "two", "faults": ["throttled", "sept"], "rooms": [
        {"friendly_name": "support",
         "people": [{"name": "agent", "end_on_exit": true}, {"name": "caller", "muted": true}],
         "steps": [{"at_ms": 9000, "do": "end"},
                   {"at_ms": 1000, "who": "coach", "do": "join", "muted": true, "target": "agent"},
                   {"at_ms": 2000, "who": "coach", "do": "coach", "target": "caller"},
                   {"at_ms": 3000, "who": "coach", "do": "stop-coaching"}],
         "life": {"joins": 0.5, "mutes": 1, "maximum": 20}},
        {"friendly_name": "empty"}]}
      """
    let steps: [Scenario.Step] = [
      .init(at: 1000, .join(.init("coach", muted: true, target: "agent"))),
      .init(at: 2000, .coach("coach", target: "caller")),
      .init(at: 3000, .coach("coach", target: nil)),
      .init(at: 9000, .end),
    ]
    let support = Scenario.Room(
      friendlyName: "support", people: [.init("agent", endsOnExit: true), .init("caller", muted: true)], steps: steps,
      life: .init(joins: 0.5, mutes: 1, maximum: 20))
    #expect(
      try Scenario(file: Array(file.utf8))
        == Scenario(name: "two", rooms: [support, .init(friendlyName: "empty")], faults: [.throttled, .sept]))
  }

  @Test(arguments: [
    ("{", "line 1, column 2"), ("[]", "scenario: must be an object"), ("{}", "\"rooms\" is missing"),
    (#"{"rooms":[]}"#, "needs 1 to"), (#"{"rooms":[{}]}"#, #"scenario.rooms[0]: "friendly_name" is missing"#),
    (#"{"rooms":[],"faults":["rain"]}"#, "scenario.faults[0]: unknown fault"),
    (#"{"room":[]}"#, "unknown key \"room\""),
    (#"{"rooms":[{"friendly_name":"a","steps":[{"at_ms":1,"who":"x","do":"jump"}]}]}"#, "steps[0].do: unknown action"),
    (#"{"rooms":[{"friendly_name":"a","steps":[{"at_ms":-1,"do":"end"}]}]}"#, "at_ms: must be an integer from 0"),
    (#"{"rooms":[{"friendly_name":"a","life":{"joins":21}}]}"#, "life.joins: must be a number from 0 to 20.0"),
  ])
  func `an error names the place and the problem`(file: String, reason: String) {
    let error = #expect(throws: ScenarioError.self) { try Scenario(file: Array(file.utf8)) }
    #expect(error?.description.contains(reason) == true)
  }
}
