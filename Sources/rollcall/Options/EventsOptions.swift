import RollcallCore

/// Everything that `rollcall events` was told.
struct EventsOptions: Sendable {
  let state: StatePath
  let selection: EventSelection
  /// nil for all conferences.
  let conference: ConferenceSID?
  /// nil for the whole history.
  let since: Moment?
  let display: ListingDisplay
  let follows: Bool

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    try arguments.refuseOperands(of: .events)
    selection = try EventSelection(arguments, types: .type)
    conference = try arguments.conference()
    since = try arguments.moment(.since)
    display = try ListingDisplay(arguments, context)
    follows = arguments.has(.follow)
    state = try StatePath(arguments, context, for: .events)
  }
}
