/// Everything that `rollcall demo` was told.
struct DemoOptions: Sendable {
  static let secondsBounds = 1...600
  static let defaultSeconds = 20

  let seconds: Int
  /// nil where a board is drawn.
  let format: EventDisplay.Format?
  let look: TerminalLook

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    try arguments.refuseOperands(of: .demo)
    seconds = try arguments.integer(.seconds, in: Self.secondsBounds) ?? Self.defaultSeconds
    let usual: EventDisplay.Format? = context.canRedraw ? nil : context.outputIsTerminal ? .text : .ndjson
    format = try arguments.choice(.format, of: EventDisplay.Format.self) ?? usual
    look = context.look
  }
}

extension ParsedArguments {
  /// For commands that take options alone.
  func refuseOperands(of command: CommandName) throws(UsageError) {
    guard operands.isEmpty else {
      throw UsageError(
        "\(command.rawValue) takes no operand", right: "rollcall help \(command.rawValue) shows what it takes")
    }
  }
}
