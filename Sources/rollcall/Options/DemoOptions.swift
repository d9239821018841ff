/// Everything that `rollcall demo` was told.
struct DemoOptions: Hashable, Sendable {
  static let secondsBounds = 1...600
  static let defaultSeconds = 20

  let seconds: Int

  init(_ arguments: ParsedArguments) throws(UsageError) {
    try arguments.refuseOperands(of: .demo)
    seconds = try arguments.integer(.seconds, in: Self.secondsBounds) ?? Self.defaultSeconds
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
