/// What a command takes: the one table behind its parser and its help text.
struct CommandSpec: Sendable {
  let name: CommandName
  /// One line for the list of commands.
  let summary: String
  /// The lines after `Usage:`, without the program's name.
  let usage: [String]
  /// What the command does, a paragraph each.
  let details: [String]
  let groups: [OptionGroup]

  /// `--help`, which every command has.
  static let helpOption = OptionSpec.flag(.help, short: "h", "show this text")

  /// All options, `--help` last.
  var options: [OptionSpec] { groups.flatMap(\.options) + [Self.helpOption] }

  /// The option of that name, where this command has it.
  func option(named text: String) -> OptionSpec? {
    options.first { $0.name.rawValue == text }
  }

  /// The option of that letter, where this command has it.
  func option(short letter: Character) -> OptionSpec? {
    options.first { $0.short == letter }
  }

  static func of(_ name: CommandName) -> CommandSpec {
    switch name {
    case .watch: .watch
    case .list: .list
    case .diff: .diff
    case .demo: .demo
    case .simulate: .simulate
    case .listen: .listen
    case .events: .events
    case .room: .room
    case .timeline: .timeline
    case .report: .report
    case .resend: .resend
    case .check: .check
    case .secret: .secret
    case .help: .help
    case .version: .version
    case .completions: .completions
    }
  }
}
