import RollcallKit

/// A command of rollcall: its options, its help and its run, in one type.
protocol Command: Sendable {
  static var spec: CommandSpec { get }

  /// The exit status if a signal ends the command before it has begun; nil leaves signals to the system.
  ///
  /// - Parameter arguments: the whole command line.
  static func statusIfNotBegun(with arguments: [String]) -> ExitStatus?

  /// Whether the command opens files or connections besides standard input and output.
  static var opensFiles: Bool { get }

  /// Creates the command from its arguments. Nothing is opened yet.
  ///
  /// - Throws: ``UsageError`` for malformed arguments.
  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError)

  /// Runs the command.
  ///
  /// - Parameter signals: unclaimed, unless ``statusIfNotBegun(with:)`` has a status.
  /// - Returns: the exit status.
  func run(until signals: Signals) throws(UsageError) -> Int32
}

extension Command {
  static func statusIfNotBegun(with arguments: [String]) -> ExitStatus? { nil }

  static var opensFiles: Bool { true }
}

/// The description of a command for the parser, help, the man page and completions.
struct CommandSpec: Sendable {
  /// The operands that a command takes.
  enum Operands: Sendable {
    case nothing
    case conferences
    case files
    case commands
    case words([String])
  }

  let name: String
  /// One line for the list of commands.
  let summary: String
  /// The lines after `Usage:`, without the program's name.
  let usage: [String]
  /// The paragraphs that say what the command does.
  let details: [String]
  var operands: Operands = .nothing
  var groups: [OptionGroup] = []

  /// `--help`, which every command has.
  static let helpOption = Option(flag: "help", short: "h", help: "show this text").spec

  /// All options, `--help` last.
  var options: [OptionSpec] { groups.flatMap(\.options) + [Self.helpOption] }

  /// Returns the option with a name; nil if the command does not have it.
  func option(named text: String) -> OptionSpec? {
    options.first { $0.name.text == text }
  }

  /// Returns the option with a letter; nil if the command does not have it.
  func option(short letter: Character) -> OptionSpec? {
    options.first { $0.short == letter }
  }
}

/// The commands of this version.
enum Commands {
  /// In the order of the help text.
  static let all: [any Command.Type] = [
    WatchCommand.self, ConferencesCommand.self, ListCommand.self, DiffCommand.self, DemoCommand.self,
    SimulateCommand.self, ListenCommand.self, EventsCommand.self, RoomCommand.self, TimelineCommand.self,
    ReportCommand.self, ResendCommand.self, CheckCommand.self, SecretCommand.self, HelpCommand.self,
    VersionCommand.self, CompletionsCommand.self,
  ]

  /// Returns the command with a name; nil if there is none.
  static func named(_ name: String) -> (any Command.Type)? { all.first { $0.spec.name == name } }

  /// - Throws: ``UsageError`` that names the nearest command, or says how to list all.
  static func meant(by argument: String) throws(UsageError) -> any Command.Type {
    if let command = named(argument) { return command }
    guard !argument.hasPrefix("-") else {
      let name = String(argument.drop { $0 == "-" })
      let isOfCommand = all.contains { $0.spec.option(named: name) != nil }
      // The options of the program itself.
      let nearest = isOfCommand ? nil : NearestName.of(name, among: ["help", "version"])
      throw UsageError(
        "options come after the command",
        right: nearest.map { "did you mean --\($0)?" } ?? "give rollcall COMMAND [options]")
    }
    let nearest = NearestName.of(argument, among: all.map { $0.spec.name })
    throw UsageError(
      "there is no command \(Quotation.ifHarmless(argument) ?? "of that name")",
      right: nearest.map { "did you mean \($0)?" } ?? "rollcall help shows all")
  }

  /// Reads a whole command line.
  ///
  /// - Parameter arguments: the arguments of the process, without its name.
  /// - Throws: ``UsageError`` that says what is wrong and what to do.
  static func read(_ arguments: [String], in context: CommandContext) throws(UsageError) -> any Command {
    guard let first = arguments.first else { return HelpCommand(.introduction, in: context) }
    if first == "--help" || first == "-h" { return HelpCommand(.overview, in: context) }
    let rest = arguments.dropFirst()
    let command: any Command.Type = first == "--version" ? VersionCommand.self : try meant(by: first)
    if ArgumentParser.asksForHelp(rest) { return HelpCommand(.command(command.spec), in: context) }
    return try command.init(ArgumentParser.parse(rest, of: command.spec, in: context), context)
  }
}
