import RollcallKit
import RollcallServer
import RollcallSimulator

/// `rollcall simulate`: the simulated space alone, until it is interrupted.
struct SimulateCommand {
  static let usualScenario = "quiet"
  /// Bytes of a scenario file at the most.
  static let maximumFile = 16 << 20

  private let options: SimulateOptions

  init(_ options: SimulateOptions) { self.options = options }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    let scenario = try Self.scenario(options.scenario ?? Self.usualScenario)
    let space: SimulatedSpace
    do throws(ServerError) {
      space = try SimulatedSpace(
        scenario: scenario, seed: options.seed ?? 1, port: options.port,
        provider: options.provider)
    } catch {
      throw UsageError("\(error)", right: "choose another --port, or 0 for any free one", exit: .configuration)
    }
    defer { space.stop() }
    let log = StandardError(LogOptions())
    return MainLoop.run(signals, log) { loop in
      let announcement = StandardOutput.shown(Array((space.announcement + "\n").utf8))
      if let ending = await DescriptorOutput(on: loop, to: StandardOutput.shared).write(announcement) {
        return StandardOutput.status(after: ending, log)
      }
      _ = await signals.ending()
      return ExitStatus.done.code
    }
  }

  /// The built-in scenario of that name, else that of a file.
  ///
  /// - Throws: ``UsageError`` with ``ExitStatus/noInput`` where there is neither, and with ``ExitStatus/damagedData`` where
  ///   the file is no scenario.
  static func scenario(_ name: String) throws(UsageError) -> Scenario {
    if let scenario = Scenario.builtIn(name) { return scenario }
    let shown = InputFile.name(name)
    guard InputFile.exists(name) else {
      throw UsageError(
        "there is neither a scenario nor a file \(shown)",
        right: "give a file, or one of \(Scenario.builtInNames.joined(separator: ", "))", exit: .noInput)
    }
    let bytes = try InputFile.bytes(of: name, named: shown, maximum: maximumFile)
    do throws(ScenarioError) {
      return try Scenario(file: bytes)
    } catch {
      throw UsageError(
        "\(shown) is no scenario: \(error.description)", right: "put that right in the file",
        exit: .damagedData)
    }
  }
}
