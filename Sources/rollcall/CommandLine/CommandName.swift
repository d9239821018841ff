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
