import RollcallCore
import RollcallKit
import Synchronization

/// `rollcall watch`: reports changes in conferences until they end or it is interrupted.
struct WatchCommand: Command {
  static let spec = CommandSpec(
    name: "watch",
    summary: "watch conferences and report what changes",
    usage: ["watch <conference-sid>… [options]", "watch --name NAME [options]", "watch --all [options]"],
    details: [
      "Polls the participant list of each conference and writes each change as an event: a line of JSON on standard output,"
        + " and a POST to each webhook. --format text writes rows for people instead, and --live draws a board; events shown"
        + " there count as delivered to standard output."
    ],
    operands: .conferences, groups: WatchOptions.groups)

  let options: WatchOptions

  static func statusIfNotBegun(with arguments: [String]) -> ExitStatus? { .done }

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    options = try WatchOptions(arguments, context)
  }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    let log = StandardError(options.log, hold: options.display?.hold)
    let certificates = try AddedCertificates.read(options.caFile)
    if options.lacksTerminal {
      log.log(.notice, "--live needs a terminal that can be redrawn; writing rows of text instead")
    }
    if let warning = options.account.warning { log.log(.warning, warning) }
    let names = try CurrentNames(path: options.webhooks.namesFile)
    let redaction = try redaction(names.names, log)
    let need = AddressNeed()
    let webhooks = try webhooks(names, need, log)
    let callbacks = try options.callbacks.map { options throws(UsageError) in try CallbackSource(options, log) }
    CommandLineSecrets.cover()
    var settings = WatchSettings(interval: options.interval, waits: options.waits, heartbeat: options.heartbeat)
    settings.requestsPerSecond = options.requestsPerSecond
    settings.discoveryInterval = options.discoveryInterval
    settings.shard = options.shard
    settings.alerts = options.alerts
    let provider = options.account.provider
    settings.confirmsLeft = options.leaveConfirmation == .get
    // Events have addresses only if calls are looked up.
    settings.asksForCalls = { [options] in
      options.enriches || options.selection.hasAddresses || names.names.hasAddresses || need.isKnown
    }
    var duration: Duration?
    switch options.limit {
    case .unlimited: break
    case .once: settings.scansOnce = true
    case .duration(let limit): duration = limit
    }
    let account = options.account
    let token = account.currentToken(log)
    if options.display == nil, options.limit != .once {
      let places = [options.webhooks.isEmpty ? nil : "webhooks", options.state.map { _ in "the state file" }]
      log.log(
        .notice, "events go only to \(places.compactMap(\.self).joined(separator: " and ")); problems are shown here")
    }
    let note = "events are lines of JSON; --format text writes rows for people, --live draws a board"
    return WatchSession(
      certificates: certificates,
      api: {
        ConferenceAPI(transport: $0, space: account.space, token: token)
      },
      provider: provider, subject: options.subject, settings: settings, selection: options.selection,
      duration: duration,
      webhooks: webhooks, names: names, display: options.display?.calling(ShownNames(names)),
      note: options.showsUnaskedJSON ? note : nil, redaction: redaction,
      state: options.state,
      log: log,
      health: options.health, callbacks: callbacks,
      owner: SQLiteStore.Owner(origin: account.origin.text, account: account.project)
    ).run(until: signals)
  }

  /// Returns what to redact from events.
  private func redaction(_ names: SIDNames, _ log: StandardError) throws(UsageError) -> RedactionChoice? {
    guard let (choice, warning) = try options.redaction?.read() else { return nil }
    if let warning { log.log(.warning, warning) }
    if options.redaction?.isOfCallsAlone == true, !options.enriches, !names.hasAddresses {
      log.log(.warning, "--redact has no effect: events have from, to and direction only with --enrich")
    }
    if names.hasAddresses, options.redaction?.hidesAddresses == true {
      log.log(.warning, "--redact hides addresses: names that are given by address may not be shown")
    }
    return choice
  }

  /// Returns the webhooks, and logs warnings about them.
  private func webhooks(
    _ names: CurrentNames, _ need: AddressNeed, _ log: StandardError
  ) throws(UsageError) -> WebhookSource {
    guard !options.webhooks.isEmpty else { return .none }
    let list = try options.webhooks.read(pipes: .awaited())
    for warning in list.warnings { log.log(.warning, warning) }
    let (account, webhooks, selection) = (options.account, options.webhooks, options.selection)
    let source = account.space.eventSource
    let keepsState = options.state != nil
    let targets = { @Sendable (list: TargetList) in
      list.targets.map { $0.target(source: source, selection: selection, names: names.names, keepsState: keepsState) }
    }
    try check(list, need)
    for target in list.targets { Self.warn(of: target, log) }
    let hasChat = list.targets.contains { $0.format.chatService != nil }
    if webhooks.namesFile != nil, !hasChat, options.display?.showsNames != true {
      log.log(.warning, "--names has no effect: no target has a chat format, and there are neither rows nor a board")
    }
    if list.targets.contains(where: { $0.place == nil && $0.secrets.isEmpty && $0.format.chatService == nil }) {
      log.log(.notice, "webhooks are not signed: set ROLLCALL_WEBHOOK_SECRET or give --webhook-secret-file FILE")
    }
    return WebhookSource(targets(list), log: log) { () throws(UsageError) in
      let renewed = try webhooks.read(pipes: .refused)
      try check(renewed, need)
      for warning in renewed.warnings where !list.warnings.contains(warning) { log.log(.warning, warning) }
      return targets(renewed)
    }
  }

  /// Notes whether a target chooses calls by address.
  ///
  /// - Throws: ``UsageError`` if addresses are redacted, so that it would never find any.
  private func check(_ list: TargetList, _ need: AddressNeed) throws(UsageError) {
    for target in list.targets where target.selection?.hasAddresses == true {
      need.note()
      guard options.redaction?.hidesAddresses == true else { continue }
      throw .invalidSecret(
        .target(TargetPlace(target.place?.target ?? "a webhook", key: TargetKey.calls.rawValue)),
        RedactionOptions.addressConflict.problem, right: RedactionOptions.addressConflict.right)
    }
  }

  private static func warn(of target: TargetSettings, _ log: StandardError) {
    if target.url.isExposed {
      log.log(.warning, "\(target.label): \(WebhookURL.exposure)")
    }
    if let place = target.place, target.secrets.isEmpty, target.format.chatService == nil {
      log.log(.notice, "\(place.label) is not signed: give it secret_files")
    }
  }
}

/// Whether any target has chosen calls by address since the watch began.
private final class AddressNeed: Sendable {
  private let isNoted = Atomic(false)

  var isKnown: Bool { isNoted.load(ordering: .relaxed) }

  func note() { isNoted.store(true, ordering: .relaxed) }
}

extension Account {
  /// Returns the token, which is reloaded when the space refuses it. If that fails, the old one stays in use.
  fileprivate func currentToken(_ log: StandardError) -> CurrentToken {
    CurrentToken(token, hasChanged: tokenSource.changes()) {
      do throws(UsageError) {
        return try tokenSource.read(pipes: .refused).token
      } catch {
        log.log(.warning, "the API token stays as it was, because it could not be reloaded: \(error.message)")
        return nil
      }
    }
  }
}
