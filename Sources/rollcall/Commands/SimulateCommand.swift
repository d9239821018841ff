import RollcallKit
import RollcallServer
import RollcallSimulator

/// `rollcall simulate`: the simulated space alone, until it is interrupted.
struct SimulateCommand {
  private let options: SimulateOptions

  init(_ options: SimulateOptions) { self.options = options }

  func run() throws(UsageError) -> Int32 {
    let name = options.scenario ?? "quiet"
    guard let scenario = Scenario.builtIn(name) else {
      throw UsageError(
        "there is no scenario \(Quotation.of(name))",
        right: "give one of \(Scenario.builtInNames.joined(separator: ", "))")
    }
    let space: SimulatedSpace
    do throws(ServerError) {
      space = try SimulatedSpace(scenario: scenario, seed: options.seed ?? 1, port: options.port)
    } catch {
      throw UsageError("\(error)", right: "choose another --port, or 0 for any free one", exit: .configuration)
    }
    defer { space.stop() }
    StandardOutput.write(space.announcement + "\n")
    let loop = EventLoop()
    return loop.run {
      guard let signals = Signals(on: loop) else { return ExitStatus.internalError.code }
      for await signal in signals.arrivals where signal != .hangUp { break }
      return ExitStatus.done.code
    }
  }
}
