import RollcallCore

/// Everything that `rollcall timeline` was told.
struct TimelineOptions: Hashable, Sendable {
  let history: HistoryOptions
  /// nil for standard output.
  let output: String?

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    history = try HistoryOptions(arguments, context, for: .timeline)
    let path = arguments.text(.output)
    guard path != nil || !context.outputIsTerminal else {
      throw UsageError("a page of HTML is nothing for a terminal", right: "give -o timeline.html, and open that file")
    }
    output = path == "-" ? nil : path
  }
}
