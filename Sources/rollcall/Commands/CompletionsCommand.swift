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
    name: "completions", summary: "print shell completions", usage: ["completions bash|zsh|fish"],
    details: [
      "Prints a script for the shell. To load it: source <(rollcall completions bash), the same with zsh,"
        + " or rollcall completions fish | source."
    ],
    operands: .words(Shell.allCases.map(\.rawValue)))

  private let shell: Shell

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    let right = "give rollcall completions bash, zsh or fish"
    guard let operand = arguments.operands.first, arguments.operands.count == 1 else {
      throw UsageError("completions needs a shell", right: right)
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
