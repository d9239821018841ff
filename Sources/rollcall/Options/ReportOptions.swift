/// Everything that `rollcall report` was told.
struct ReportOptions: Hashable, Sendable {
  enum Format: String, CaseIterable, Sendable {
    case table
    case json
    case csv
  }

  let history: HistoryOptions
  let format: Format

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    history = try HistoryOptions(arguments, context, for: .report)
    format = try arguments.choice(.format, of: Format.self) ?? (context.outputIsTerminal ? .table : .json)
  }
}
