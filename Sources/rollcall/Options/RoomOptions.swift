import RollcallCore

/// Everything that `rollcall room` was told.
struct RoomOptions: Sendable {
  enum Format: String, CaseIterable, Sendable {
    case table
    case ndjson
  }

  let state: StatePath
  /// nil for all conferences.
  let conference: ConferenceSID?
  /// nil for now.
  let moment: Moment?
  let format: Format
  let look: TerminalLook

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    try arguments.refuseOperands(of: .room)
    conference = try arguments.conference()
    moment = try arguments.moment(.at)
    format = try arguments.choice(.format, of: Format.self) ?? (context.outputIsTerminal ? .table : .ndjson)
    look = context.look
    state = try StatePath(arguments, context, for: .room)
  }
}
