import RollcallCore
import RollcallKit

/// `rollcall watch`: the main job.
struct WatchCommand {
  private let options: WatchOptions

  init(_ options: WatchOptions) { self.options = options }

  func run() throws(UsageError) -> Int32 {
    let log = StandardError(options.log, hold: options.display?.hold)
    if options.lacksTerminal {
      log.log(.notice, "--live needs a terminal that can be drawn on; plain lines of text follow instead")
    }
    if let warning = options.account.warning { log.log(.warning, warning) }
    let redaction = try redaction(log)
    let names = try CurrentNames(path: options.webhooks.namesFile)
    let webhooks = try webhooks(names, log)
    CommandLineSecrets.cover()
    var settings = WatchSettings(interval: options.interval, waits: options.waits, heartbeat: options.heartbeat)
    settings.requestsPerSecond = options.requestsPerSecond
    settings.discoveryInterval = options.discoveryInterval
    settings.shard = options.shard
    let provider = options.account.provider
    settings.tell = { WatchCommand.tell($0, of: provider, on: log) }
    settings.confirmsLeft = options.leaveConfirmation == .get
    settings.asksForCalls = options.enriches
    var duration: Duration?
    switch options.limit {
    case .unlimited: break
    case .once: settings.scansOnce = true
    case .duration(let limit): duration = limit
    }
    let account = options.account
    let token = account.currentToken(log)
    return WatchSession(
      caFile: options.caFile,
      api: {
        ConferenceAPI(transport: $0, space: account.space, token: token)
      },
      provider: provider, subject: options.subject, settings: settings, selection: options.selection,
      duration: duration,
      webhooks: webhooks, names: names, display: options.display?.calling(ShownNames(names)), redaction: redaction,
      state: options.state,
      log: log,
      health: options.health,
      owner: SQLiteStore.Owner(origin: account.origin.text, account: account.project)
    ).run()
  }

  private static func tell(_ notice: WatchNotice, of provider: Provider, on log: StandardError) {
    switch notice {
    case .failing(let conference, let failure):
      log.log(.warning, "\(conference): \(text(of: failure, provider)); it is tried again")
    case .statusesSayNothing(let conference):
      log.log(
        .warning,
        "\(conference): every participant in the list has the status completed, but the conference is not reported as"
          + " completed; they count as in the room")
    case .confirmationRefused(let conference):
      log.log(
        .warning,
        "\(conference): the provider refuses to say whether an absent participant is gone (403): they stay in the room until"
          + " 30 lists and a minute have left them out; check what the token may read, or give --confirm-left none")
    case .recovered: log.log(.notice, "lists arrive again")
    case .callsRefused:
      log.log(
        .warning, "the provider tells nothing of calls: give the token the right to read them, or leave --enrich out")
    case .noneFound: log.log(.notice, "there is no such conference yet; it is looked for")
    case .overBudget(let needed, let allowed, let worstCase):
      let longest = DurationText.format(.seconds((worstCase.wholeMilliseconds + 999) / 1000))
      log.log(
        .warning,
        "polling every conference that often takes \(needed) requests a second, and \(allowed) are allowed: each is polled "
          + "within \(longest); raise --max-requests-per-second or --interval, or use --shard")
    }
  }

  private static func text(of failure: ScanFailure, _ provider: Provider) -> String {
    // An id of another kind fails for ever, for a reason that the status alone does not show.
    if case .unavailable(status: 405, _) = failure { return APIErrorText.advice(for: failure, of: provider) }
    return failure.text
  }

  /// What events are not to show.
  private func redaction(_ log: StandardError) throws(UsageError) -> RedactionChoice? {
    guard let (choice, warning) = try options.redaction?.read() else { return nil }
    if let warning { log.log(.warning, warning) }
    if options.redaction?.isOfCallsAlone == true, !options.enriches {
      log.log(.warning, "--redact is of no use: events have from, to and direction only with --enrich")
    }
    return choice
  }

  /// Where events are posted; what people should know of it is logged.
  private func webhooks(_ names: CurrentNames, _ log: StandardError) throws(UsageError) -> WebhookTargets {
    guard !options.webhooks.isEmpty else { return .none(log: log) }
    let list = try options.webhooks.read()
    for warning in list.warnings { log.log(.warning, warning) }
    let (account, webhooks, selection) = (options.account, options.webhooks, options.selection)
    let source = account.space.eventSource
    let keepsState = options.state != nil
    let members = { @Sendable (list: TargetList) in
      list.targets.map { $0.member(source: source, selection: selection, names: names.names, keepsState: keepsState) }
    }
    for target in list.targets { Self.warn(of: target, log) }
    let hasChat = list.targets.contains { $0.format.chatService != nil }
    if webhooks.namesFile != nil, !hasChat, options.display?.showsNames != true {
      log.log(.warning, "--names is of no use: no webhook has a format of chat, and there are neither rows nor a board")
    }
    if list.targets.contains(where: { $0.place == nil && $0.secrets.isEmpty && $0.format.chatService == nil }) {
      log.log(.notice, "webhooks are not signed: set ROLLCALL_WEBHOOK_SECRET or give --webhook-secret-file FILE")
    }
    return WebhookTargets(members(list), log: log) { () throws(UsageError) in members(try webhooks.read()) }
  }

  private static func warn(of target: TargetSettings, _ log: StandardError) {
    if !target.url.isSecure {
      let label = target.place?.label ?? "webhook \(target.url.host)"
      log.log(.warning, "\(label): http: shows everybody on the way what is posted")
    }
    if let place = target.place, target.secrets.isEmpty, target.format.chatService == nil {
      log.log(.notice, "\(place.label) is not signed: give it secret_files")
    }
  }
}

extension Account {
  /// The token, which is read again when the space refuses it. One that cannot be read then leaves the old one in use.
  fileprivate func currentToken(_ log: StandardError) -> CurrentToken {
    CurrentToken(token) {
      do throws(UsageError) {
        return try tokenSource.read().token
      } catch {
        log.log(.warning, "the API token cannot be read again; the one that was read before stays in use")
        return nil
      }
    }
  }
}
