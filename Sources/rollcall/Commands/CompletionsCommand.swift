import RollcallKit

/// `rollcall completions`: prints a shell script that completes command lines.
struct CompletionsCommand: Command {
  enum Shell: String, CaseIterable, Sendable {
    case bash
    case zsh
    case fish
  }

  static let opensFiles = false

  static let spec = CommandSpec(
    name: "completions", summary: "write the completions of a shell", usage: ["completions bash|zsh|fish"],
    details: [
      "Prints a script for the shell: source <(rollcall completions bash), or the same with zsh;"
        + " rollcall completions fish | source."
    ],
    operands: .words(Shell.allCases.map(\.rawValue)))

  private let shell: Shell

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    let right = "give rollcall completions bash, zsh or fish"
    guard let operand = arguments.operands.first, arguments.operands.count == 1 else {
      throw UsageError("completions needs one shell", right: right)
    }
    guard let shell = Shell(rawValue: operand) else {
      throw UsageError("there are no completions for \(Quotation.of(operand))", right: right)
    }
    self.shell = shell
  }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    try StandardOutput.write(Completions.script(for: shell))
    return ExitStatus.done.code
  }
}
