import RollcallCore
import RollcallKit

/// Everything that `rollcall watch` was told.
struct WatchOptions: Sendable {
  static let intervalBounds: ClosedRange<Duration> = .milliseconds(100)...(.seconds(3600))
  static let defaultInterval: Duration = .seconds(2)
  static let discoveryIntervalBounds: ClosedRange<Duration> = .seconds(1)...(.seconds(3600))
  static let defaultDiscoveryInterval: Duration = .seconds(5)
  static let heartbeatBounds: ClosedRange<Duration> = .seconds(1)...(.seconds(24 * 3600))
  static let durationBounds: ClosedRange<Duration> = .milliseconds(100)...(.seconds(8760 * 3600))

  /// How a departure is confirmed before it is told.
  enum LeaveConfirmation: String, CaseIterable, Sendable {
    /// By asking for each absent person.
    case get
    /// Not at all: the list is believed.
    case none
  }

  /// When the run ends by itself, beside the end of its conferences.
  enum Limit: Hashable, Sendable {
    case unlimited
    case once
    case duration(Duration)
  }

  let subject: WatchSubject
  /// nil where the conferences are not shared with other processes.
  let shard: Shard?
  let interval: Duration
  let discoveryInterval: Duration
  let requestsPerSecond: Int
  let limit: Limit
  let waits: Bool
  let leaveConfirmation: LeaveConfirmation
  /// Whether everybody's call is asked for.
  let enriches: Bool
  /// What standard output gets, and each webhook that has no filter of its own.
  let selection: EventFilter
  /// The states that raise alerts.
  let alerts: [AlertCondition]
  /// nil where events show everything.
  let redaction: RedactionOptions?
  /// nil where none is written.
  let heartbeat: Duration?
  /// nil where no probes are answered.
  let health: HealthAddress?
  /// How standard output shows events; nil where it gets none.
  let display: EventDisplay?
  /// Whether a board was asked for where none can be drawn.
  let lacksTerminal: Bool
  let webhooks: WebhookOptions
  let state: StateOptions?
  let caFile: String?
  let log: LogOptions
  let account: Account

  var writesStandardOutput: Bool { display != nil }

  /// - Throws: ``UsageError``: malformed arguments first, then what is missing of the account.
  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    subject = try WatchSubject(arguments)
    interval = try arguments.duration(.interval, in: Self.intervalBounds) ?? Self.defaultInterval
    discoveryInterval =
      try arguments.duration(.discoveryInterval, in: Self.discoveryIntervalBounds) ?? Self.defaultDiscoveryInterval
    if !subject.conferences.isEmpty, arguments.has(.discoveryInterval) {
      throw UsageError(
        "\(OptionName.discoveryInterval.argument) is given with conference sids",
        right: "give --all or --name NAME with it")
    }
    requestsPerSecond = try arguments.integer(.requests, in: RequestBudget.bounds) ?? RequestBudget.standard
    shard = try arguments.text(.shard).map { text throws(UsageError) in try Shard(argument: text) }
    guard shard == nil || subject.conferences.isEmpty else {
      throw UsageError("--shard is given with conference sids", right: "give --all or --name 'GLOB' with it")
    }
    limit = try Self.limit(arguments)
    waits = arguments.has(.wait)
    leaveConfirmation = try arguments.choice(.confirmLeft, of: LeaveConfirmation.self) ?? .get
    enriches = arguments.has(.enrich)
    selection = try EventFilter(arguments, types: .events)
    alerts = try AlertCondition.all(arguments)
    redaction = try RedactionOptions(arguments)
    if let redaction, redaction.isOfCallsAlone, !enriches, !arguments.has(.names) {
      throw UsageError(
        "\(OptionName.redact.argument) is of what only --enrich adds to events",
        right: "give --enrich too, or leave --redact out")
    }
    heartbeat = try arguments.duration(.heartbeat, in: Self.heartbeatBounds)
    health = try arguments.text(.health).map { text throws(UsageError) in try HealthAddress(argument: text) }
    display = try EventDisplay(arguments, context, namesConference: subject.conferences.count != 1)
    lacksTerminal = arguments.has(.live) && !context.canRedraw
    webhooks = try WebhookOptions(arguments, context, onlyWebhooksShowNames: false)
    guard webhooks.namesFile == nil || webhooks.mayShowNames || display?.showsNames == true else {
      throw UsageError(
        "--names is given, and nothing shows names",
        right: "give --format text, --live, --targets FILE or a webhook for chat")
    }
    state = try StateOptions(arguments, context)
    caFile = arguments.text(.caFile)
    log = try LogOptions(arguments)
    let keepsAlone = display == nil && webhooks.isEmpty && state != nil
    if keepsAlone { try Self.refuseFilters(arguments) }
    let isSeenElsewhere = state != nil || health != nil || webhooks.targetsFile != nil
    try AlertCondition.check(alerts, arguments, selection, isSeenElsewhere: isSeenElsewhere)
    // A state file alone is a recorder: `rollcall events` reads it.
    guard display != nil || !webhooks.isEmpty || state != nil else {
      throw UsageError("--no-stdout leaves nowhere to write events", right: "give --webhook URL or --state FILE too")
    }
    account = try Account(arguments, context)
  }

  /// What chooses events has to have somebody to choose them for: the state file keeps all.
  private static func refuseFilters(_ arguments: ParsedArguments) throws(UsageError) {
    let filters: [OptionName] = [.events, .call, .onlyChangesOf]
    guard let option = filters.first(where: arguments.has) else { return }
    throw UsageError(
      "\(option.argument) is given, and a state file alone keeps all events",
      right: "leave it out, or give --webhook URL")
  }

  private static func limit(_ arguments: ParsedArguments) throws(UsageError) -> Limit {
    let duration = try arguments.duration(.duration, in: durationBounds)
    switch (arguments.has(.once), duration) {
    case (true, .some): throw .contradiction(.once, .duration)
    case (true, nil): return .once
    case (false, let duration?): return .duration(duration)
    case (false, nil): return .unlimited
    }
  }
}
