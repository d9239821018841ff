/// Which shell `rollcall completions` is for.
enum CompletionShell: String, CaseIterable, Sendable {
  case bash
  case zsh
  case fish

  init(_ arguments: ParsedArguments) throws(UsageError) {
    let right = "give rollcall completions bash, zsh or fish"
    guard let operand = arguments.operands.first, arguments.operands.count == 1 else {
      throw UsageError("completions needs one shell", right: right)
    }
    guard let shell = CompletionShell(rawValue: operand) else {
      throw UsageError("there are no completions for \(Quotation.of(operand))", right: right)
    }
    self = shell
  }
}
