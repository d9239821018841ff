import RollcallKit

/// `rollcall help`; also run for `--help`, and when no command is given.
struct HelpCommand: Command {
  enum Subject: Sendable {
    /// Shown when no command is given.
    case introduction
    case overview
    case command(CommandSpec)
    case manual
    /// The JSON Schema of the events.
    case schema
  }

  private static let man = Option(flag: "man", help: "print the man page, for man -l -")
  private static let schema = Option(flag: "schema", help: "print the JSON Schema of the events")

  static let opensFiles = false

  static let spec = CommandSpec(
    name: "help", summary: "show the help of rollcall or of a command",
    usage: ["help [command]", "help --man", "help --schema"],
    details: ["Lists the commands, or describes one of them and its options."],
    operands: .commands, groups: [OptionGroup("Documents", [man, schema])])

  let subject: Subject
  private let terminal: TerminalCapabilities

  init(_ subject: Subject, in context: CommandContext) {
    self.subject = subject
    terminal = context.terminal
  }

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    terminal = context.terminal
    let (isManual, isSchema) = (try arguments[Self.man], try arguments[Self.schema])
    let operands = arguments.operands
    guard operands.count + (isManual ? 1 : 0) + (isSchema ? 1 : 0) <= 1 else {
      throw UsageError("help takes one command, --man or --schema", right: "give rollcall help [command]")
    }
    if isManual {
      subject = .manual
    } else if isSchema {
      subject = .schema
    } else if let operand = operands.first {
      subject = .command(try Commands.meant(by: operand).spec)
    } else {
      subject = .overview
    }
  }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    try StandardOutput.write(text)
    return ExitStatus.done.code
  }

  private var width: Int { HelpText.width(in: terminal.width()) }

  var text: String {
    switch subject {
    case .introduction: HelpText.introduction(width: width)
    case .overview: HelpText.overview(width: width)
    case .command(let spec): HelpText.text(for: spec, width: width)
    case .manual: ManualPage.text
    case .schema: EventSchema.text
    }
  }
}

/// `rollcall version`.
struct VersionCommand: Command {
  static let opensFiles = false

  static let spec = CommandSpec(
    name: "version", summary: "show the version", usage: ["version"], details: ["Shows the version of rollcall."])

  static let text = "rollcall \(RollcallVersion.number)\n"

  init(_ arguments: ParsedArguments, _ context: CommandContext) {}

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    try StandardOutput.write(Self.text)
    return ExitStatus.done.code
  }
}
