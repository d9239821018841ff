import RollcallSimulator
import Testing

@Suite(.runsCommands) struct `The end of a run` {
  @Test func `leaves time for a webhook that has failed`() throws {
    let space = try SimulatedSpace(scenario: .quiet, seed: 1)
    defer { space.stop() }
    let state = try StateFixture()
    let receiver = try ScriptedReceiver { $0 == 0 ? 503 : 204 }
    defer { receiver.stop() }
    let lines = try state.watch(space, "--once", "--webhook", receiver.url)
    #expect(lines.count > 1)
    #expect(receiver.deliveries.dropFirst().map(\.body) == lines.map { Array($0.utf8) })
  }
}
