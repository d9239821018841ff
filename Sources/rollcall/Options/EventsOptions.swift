import RollcallCore

/// Everything that `rollcall events` was told.
struct EventsOptions: Sendable {
  enum Format: String, CaseIterable, Sendable {
    case ndjson
    case table
  }

  let state: StatePath
  let selection: EventSelection
  /// nil for all conferences.
  let conference: ConferenceSID?
  /// nil for the whole history.
  let since: Moment?
  let format: Format
  let look: TerminalLook
  let follows: Bool

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    try arguments.refuseOperands(of: .events)
    selection = try EventSelection(arguments, types: .type)
    conference = try arguments.conference()
    since = try arguments.moment(.since)
    format = try arguments.choice(.format, of: Format.self) ?? (context.outputIsTerminal ? .table : .ndjson)
    look = context.look
    follows = arguments.has(.follow)
    state = try StatePath(arguments, context, for: .events)
  }
}
