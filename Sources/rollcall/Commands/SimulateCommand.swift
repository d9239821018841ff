import RollcallKit
import RollcallServer
import RollcallSimulator

/// `rollcall simulate`: serves a simulated space until it is interrupted.
struct SimulateCommand: Command {
  static let port = Option(
    "port", .integer(in: 0...UInt16.max), default: 0, help: "the port to listen on; 0 chooses a free one")
  static let scenarioName = Option(
    "scenario", .text("NAME|FILE", completion: .wordsOrFile(Scenario.builtInNames)), fallback: usualScenario,
    help: "the scenario to play: a built-in one or a file")
  static let seed = Option(
    "seed", .integer(in: 0...UInt64.max), default: 1, help: "the same seed gives the same conference")
  static let provider = Option(
    "provider", .choice(of: Provider.self, "NAME", isCaseSensitive: false), default: .signalWire,
    help: "the provider to simulate")

  static let statusCallback = Option(
    "status-callback", .webhookURL, help: "POST status callbacks to this URL, as the provider does")

  static let format = Option(
    "format", .choice(of: Format.self), default: .json,
    help: "print its account as a line of JSON, or as shell variables for eval")

  /// The format of the space's address and credentials.
  enum Format: String, CaseIterable, Sendable {
    case json
    case env
  }

  static let spec = CommandSpec(
    name: "simulate",
    summary: "run a simulated provider",
    usage: ["simulate [options]"],
    details: ["Serves a simulated provider on 127.0.0.1, to try out rollcall or a receiver. Needs no account."],
    groups: [OptionGroup("Simulation", [port, scenarioName, seed, provider, statusCallback, format])])

  static let usualScenario = "quiet"
  /// The maximum length of a scenario file, in bytes.
  static let maximumFile = 16 << 20

  /// 0 for any free port.
  let port: UInt16
  /// The name or the path of a scenario; nil for the default.
  let scenarioName: String?
  let seed: UInt64
  let provider: Provider
  let format: Format
  /// nil if no callbacks are sent.
  let statusCallback: WebhookURL?

  static func statusIfNotBegun(with arguments: [String]) -> ExitStatus? { .done }

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    port = try arguments[Self.port]
    scenarioName = try arguments[Self.scenarioName]
    seed = try arguments[Self.seed]
    provider = try arguments[Self.provider]
    format = try arguments[Self.format]
    statusCallback = try arguments[Self.statusCallback]
  }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    let scenario = try Self.scenario(scenarioName ?? Self.usualScenario)
    let certificates = try statusCallback.map { _ throws(UsageError) in try AddedCertificates.read(nil) } ?? nil
    CommandLineSecrets.cover()
    let space: SimulatedSpace
    do throws(ServerError) {
      space = try SimulatedSpace(
        scenario: scenario, seed: seed, port: port, provider: SimulatedProvider(provider),
        callsBack: statusCallback != nil)
    } catch {
      throw UsageError("\(error)", right: "choose another --port, or 0 for any free one", exit: .configuration)
    }
    defer { space.stop() }
    let log = StandardError(LogOptions())
    return MainLoop.run(signals, log) { loop in
      let announcement =
        switch format {
        case .json: StandardOutput.shown(Array((space.announcement + "\n").utf8))
        case .env: Array(provider.exports(of: space).utf8)
        }
      if let ending = await DescriptorOutput(on: loop, to: StandardOutput.shared).write(announcement) {
        return StandardOutput.status(after: ending, log)
      }
      if let statusCallback {
        await CallbackSender(space, to: statusCallback, trusting: certificates, on: loop, log).send()
      } else {
        _ = await signals.ending()
      }
      return ExitStatus.done.code
    }
  }

  /// Returns the built-in scenario with a name, or else the one in a file.
  ///
  /// - Throws: ``UsageError`` with ``ExitStatus/noInput`` if there is neither, and with ``ExitStatus/damagedData`` if
  ///   the file is not a scenario.
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
        "\(shown) is not a valid scenario: \(error.description)", right: "correct the file",
        exit: .damagedData)
    }
  }
}

extension Provider {
  /// Returns shell lines that set the variables of the space's account, and name the options that it also needs.
  func exports(of space: SimulatedSpace) -> String {
    let variables: [(EnvironmentVariable, String)]
    var options = ["--provider \(rawValue)", "--space \(space.origin)"]
    switch self {
    case .signalWire:
      variables = [(.space, space.origin), (.project, space.project), (.token, space.token)]
      options = []
    case .twilio: variables = [(.twilioAccount, space.project), (.twilioToken, space.token)]
    case .telnyx:
      variables = [(.telnyxKey, space.token)]
      options.append("--project \(space.project)")
    }
    let exports = variables.map { "export \($0.rawValue)=\($1)\n" }.joined()
    // No environment variable sets the host of these providers.
    return exports + (options.isEmpty ? "" : "# give rollcall \(options.joined(separator: " "))\n")
  }
}

extension SimulatedProvider {
  /// Converts a provider here, so that neither the simulator nor the kit imports the other.
  fileprivate init(_ provider: Provider) {
    switch provider {
    case .signalWire: self = .signalWire
    case .twilio: self = .twilio
    case .telnyx: self = .telnyx
    }
  }
}
