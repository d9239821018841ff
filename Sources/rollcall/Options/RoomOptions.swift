import RollcallCore

/// Everything that `rollcall room` was told.
struct RoomOptions: Sendable {
  let state: StatePath
  /// nil for all conferences.
  let conference: ConferenceSID?
  /// nil for now.
  let moment: Timestamp?
  let display: ListingDisplay

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    try arguments.refuseOperands(of: .room)
    conference = try arguments.conference()
    moment = try arguments.moment(.at, context)
    display = try ListingDisplay(arguments, context)
    state = try StatePath(arguments, context, for: .room)
  }
}
