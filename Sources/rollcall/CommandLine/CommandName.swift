/// The commands of this version, in the order of the help text.
enum CommandName: String, CaseIterable, Sendable {
  case watch
  case list
  case diff
  case demo
  case simulate
  case listen
  case events
  case room
  case timeline
  case report
  case resend
  case check
  case secret
  case help
  case version
  case completions

  /// The exit status of a command that a signal ends before it has begun; nil if it leaves signals to the system.
  func statusIfNotBegun(with arguments: [String]) -> ExitStatus? {
    switch self {
    case .watch, .demo, .simulate, .listen: .done
    case .events: arguments.contains("--\(OptionName.follow.rawValue)") ? .done : nil
    // Nothing has been sent.
    case .resend: .tryLater
    case .list, .diff, .room, .timeline, .report, .check, .secret, .help, .version, .completions: nil
    }
  }

  /// - Throws: ``UsageError`` that names the nearest command, or says where all are.
  init(argument: String) throws(UsageError) {
    if let name = CommandName(rawValue: argument) {
      self = name
      return
    }
    guard !argument.hasPrefix("-") else {
      throw UsageError("options come after the command", right: "give rollcall COMMAND [options]")
    }
    let nearest = NearestName.of(argument, among: CommandName.allCases.map(\.rawValue))
    throw UsageError(
      "there is no command \(Quotation.of(argument))",
      right: nearest.map { "the nearest is \($0)" } ?? "rollcall help shows all")
  }
}
