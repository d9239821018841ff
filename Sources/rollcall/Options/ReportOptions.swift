/// Everything that `rollcall report` was told.
struct ReportOptions: Sendable {
  enum Format: String, CaseIterable, Sendable {
    case table
    case json
    case csv
  }

  let history: HistoryOptions
  let format: Format
  let look: TerminalLook

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    history = try HistoryOptions(arguments, context, for: .report)
    look = context.look
    format = try arguments.choice(.format, of: Format.self) ?? (context.outputIsTerminal ? .table : .json)
  }
}
