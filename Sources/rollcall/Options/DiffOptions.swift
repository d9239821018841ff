/// Everything that `rollcall diff` was told.
struct DiffOptions: Hashable, Sendable {
  /// Where a saved reply is read.
  enum Input: Hashable, Sendable {
    case standardInput
    case file(String)

    init(_ operand: String) {
      self = operand == "-" ? .standardInput : .file(operand)
    }
  }

  let before: Input
  let after: Input

  init(_ arguments: ParsedArguments) throws(UsageError) {
    let operands = arguments.operands
    guard operands.count == 2, operands.allSatisfy({ !$0.isEmpty }) else {
      throw UsageError("diff needs two saved replies", right: "give rollcall diff <before.json> <after.json>")
    }
    before = Input(operands[0])
    after = Input(operands[1])
    guard before != .standardInput || after != .standardInput else {
      throw UsageError("both replies are standard input", right: "give - for one of them")
    }
  }
}
