import RollcallCore

/// Everything that `rollcall events` was told.
struct EventsOptions: Sendable {
  let state: StatePath
  let selection: EventFilter
  /// nil for all conferences.
  let conference: ConferenceSID?
  /// The first and the last moment; nil leaves a side open.
  let since: Timestamp?
  let until: Timestamp?
  let display: ListingDisplay
  let follows: Bool

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    try arguments.refuseOperands(of: .events)
    selection = try EventFilter(arguments, types: .type)
    conference = try arguments.conference()
    (since, until) = try arguments.span(context)
    display = try ListingDisplay(arguments, context)
    follows = arguments.has(.follow)
    guard !follows || until == nil else { throw .contradiction(.follow, .until) }
    state = try StatePath(arguments, context, for: .events)
  }
}
