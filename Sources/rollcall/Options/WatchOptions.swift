import RollcallCore
import RollcallKit

/// The options of `rollcall watch`.
struct WatchOptions: Sendable {
  static let discoveryInterval = Option(
    "discovery-interval", .duration(in: Watch.discoveryIntervals), default: .seconds(5),
    help: "time between searches for new conferences")
  static let shard = Option("shard", .shard, help: "watch only part K of N of the conferences; K counts from 0")
  static let interval = Option(
    "interval", .duration(in: Watch.intervals), default: .seconds(2), help: "time between polls")
  static let requests = Option(
    "max-requests-per-second", .integer(in: Watch.requestRates), default: RequestBudget.standard,
    help: "maximum requests per second to the space")
  static let once = Option(flag: "once", help: "scan each conference once, write the events, and exit")
  static let duration = Option(
    "for", .duration(in: Watch.durations), help: "exit after this time")
  static let wait = Option(flag: "wait", help: "wait for a conference that does not exist yet")
  static let confirmLeft = Option(
    "confirm-left", .choice(of: LeaveConfirmation.self), default: .get,
    help: "get: ask for each absent participant before reporting them as left; none: trust the list")
  static let enrich = Option(
    flag: "enrich", help: "look up each participant's call once, and add its from, to and direction")
  static let heartbeat = Option(
    "heartbeat", .duration(in: Watch.heartbeats), help: "write a watch.heartbeat event at this interval")
  static let health = Option(
    "health", .listenAddress, help: "serve /healthz, /readyz and /metrics, on 127.0.0.1 unless an address is given")

  static let groups = [
    OptionGroup(
      "Conferences",
      [
        WatchSubject.name, WatchSubject.all, discoveryInterval, shard, interval, requests, once, duration, wait,
        confirmLeft, enrich, CallbackOptions.callbacks, CallbackOptions.tokenFile,
      ]),
    OptionGroup(
      "Events",
      [
        SelectionOptions.events, SelectionOptions.call, SelectionOptions.onlyChangesOf, AlertOptions.alert,
        RedactionOptions.fields, RedactionOptions.keyFile, heartbeat, health, EventDisplay.formatOption,
        EventDisplay.live,
        DisplayOptions.names, EventDisplay.noStdout,
      ]),
    OptionGroup(
      "Webhooks",
      [WebhookOptions.webhook, WebhookOptions.webhookFile] + WebhookOptions.signing
        + [WebhookOptions.maximumAge, WebhookOptions.targets]),
    StateOptions.group, AccountOptions.group, LogOptions.group,
  ]

  /// How a departure is confirmed before it is reported.
  enum LeaveConfirmation: String, CaseIterable, Sendable {
    /// Each absent participant is looked up.
    case get
    /// Departures are not confirmed.
    case none
  }

  /// When the run ends by itself even if its conferences go on.
  enum Limit: Hashable, Sendable {
    case unlimited
    case once
    case duration(Duration)
  }

  let subject: WatchSubject
  /// nil if the conferences are not shared with other processes.
  let shard: Shard?
  let interval: Duration
  let discoveryInterval: Duration
  let requestsPerSecond: Int
  let limit: Limit
  let waits: Bool
  let leaveConfirmation: LeaveConfirmation
  /// Whether every participant's call is looked up.
  let enriches: Bool
  /// The filter of standard output, and of each webhook without its own.
  let selection: EventFilter
  /// The conditions that raise alerts.
  let alerts: [AlertCondition]
  /// nil if nothing is redacted.
  let redaction: RedactionOptions?
  /// nil if no heartbeats are written.
  let heartbeat: Duration?
  /// nil if no probes are answered.
  let health: ListenAddress?
  /// nil if no callbacks are taken.
  let callbacks: CallbackOptions?
  /// The format of standard output; nil if it gets no events.
  let display: EventDisplay?
  /// Whether a board was requested but cannot be drawn.
  let lacksTerminal: Bool
  /// Whether a terminal shows JSON although that was not requested.
  let showsUnaskedJSON: Bool
  let webhooks: WebhookOptions
  let state: StateOptions?
  let caFile: String?
  let log: LogOptions
  let account: Account

  var writesStandardOutput: Bool { display != nil }

  /// - Throws: ``UsageError`` for malformed arguments, or else for missing parts of the account.
  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    subject = try WatchSubject(arguments)
    interval = try arguments[Self.interval]
    discoveryInterval = try arguments[Self.discoveryInterval]
    if !subject.conferences.isEmpty, arguments.has(Self.discoveryInterval) {
      throw UsageError(
        "--discovery-interval has no effect with conference sids", right: "use it with --all or --name NAME")
    }
    requestsPerSecond = try arguments[Self.requests]
    shard = try arguments[Self.shard]
    guard shard == nil || subject.conferences.isEmpty else {
      throw UsageError("--shard has no effect with conference sids", right: "use it with --all or --name 'GLOB'")
    }
    limit = try Self.limit(arguments)
    callbacks = try CallbackOptions(arguments, scansOnce: limit == .once)
    waits = try arguments[Self.wait]
    leaveConfirmation = try arguments[Self.confirmLeft]
    enriches = try arguments[Self.enrich]
    selection = try EventFilter(arguments, types: SelectionOptions.events)
    alerts = try AlertOptions.conditions(arguments)
    redaction = try RedactionOptions(arguments)
    if let redaction, redaction.hidesAddresses, selection.hasAddresses {
      throw UsageError(
        "--call \(RedactionOptions.addressConflict.problem)", right: RedactionOptions.addressConflict.right)
    }
    if let redaction, redaction.isOfCallsAlone, !enriches, !arguments.has(DisplayOptions.names) {
      throw UsageError(
        "--redact has no effect: only --enrich adds these fields to events",
        right: "give --enrich too, or leave --redact out")
    }
    heartbeat = try arguments[Self.heartbeat]
    health = try arguments[Self.health]
    display = try EventDisplay(arguments, context, namesConference: subject.conferences.count != 1)
    lacksTerminal = arguments.has(EventDisplay.live) && !context.canRedraw
    let isNDJSON = if case .ndjson = display { true } else { false }
    showsUnaskedJSON = context.outputIsTerminal && isNDJSON && !arguments.has(EventDisplay.formatOption)
    webhooks = try WebhookOptions(arguments, context, onlyWebhooksShowNames: false)
    guard webhooks.namesFile == nil || webhooks.mayShowNames || display?.showsNames == true else {
      throw UsageError(
        "--names has no effect: nothing shows names",
        right: "give --format text, --live, --targets FILE or a webhook for chat; --enrich records addresses for later")
    }
    state = try StateOptions(arguments, context)
    caFile = try arguments[AccountOptions.caFile]
    log = try LogOptions(arguments)
    let keepsAlone = display == nil && webhooks.isEmpty && state != nil
    if keepsAlone { try Self.refuseFilters(arguments) }
    let isSeenElsewhere = state != nil || health != nil || webhooks.targetsFile != nil
    try AlertOptions.check(alerts, arguments, selection, isSeenElsewhere: isSeenElsewhere)
    // A state file without other outputs is a recording, which `rollcall events` reads.
    guard display != nil || !webhooks.isEmpty || state != nil else {
      throw UsageError("--no-stdout leaves nowhere to write events", right: "give --webhook URL or --state FILE too")
    }
    account = try Account(arguments, context)
  }

  /// Rejects filters without an output that they apply to; the state file always keeps all events.
  private static func refuseFilters(_ arguments: ParsedArguments) throws(UsageError) {
    let filters: [any OptionDeclaration] = [
      SelectionOptions.events, SelectionOptions.call, SelectionOptions.onlyChangesOf,
    ]
    guard let option = arguments.first(of: filters) else { return }
    throw UsageError(
      "\(option.argument) has no effect: a state file always keeps all events",
      right: "leave it out, or give --webhook URL")
  }

  private static func limit(_ arguments: ParsedArguments) throws(UsageError) -> Limit {
    switch (try arguments[once], try arguments[duration]) {
    case (true, .some): throw .contradiction(once, duration)
    case (true, nil): return .once
    case (false, let duration?): return .duration(duration)
    case (false, nil): return .unlimited
    }
  }
}
