import RollcallCore
import RollcallKit
import RollcallServer
import RollcallSimulator

/// `rollcall demo`: a simulated conference, watched over real HTTP in one process.
struct DemoCommand: Command {
  private static let interval: Duration = .milliseconds(500)
  /// The duration of the scenario, in seconds.
  private static let scenario = 14

  static let seconds = Option(
    "seconds", .integer(in: 1...600), default: 20,
    help: "exit after N seconds; the conference lasts \(scenario) s")
  static let format = Option(
    "format", .choice(of: OutputFormat.self), fallback: "a live board on a terminal, else ndjson",
    help: "text: rows for people; ndjson: a line of JSON for each event")

  static let webhook = Option(
    "webhook", .webhookURL, help: "also POST the events to this URL, such as that of rollcall listen")

  static let spec = CommandSpec(
    name: "demo",
    summary: "watch a simulated conference; needs no account",
    usage: ["demo [--seconds N] [--format text|ndjson] [--webhook URL]"],
    details: ["Starts a simulated space on this machine and watches its conference over real HTTP."],
    groups: [OptionGroup("Demo", [seconds, format, webhook])])

  let seconds: Int
  /// nil if a board is drawn.
  let format: OutputFormat?
  private let terminal: TerminalCapabilities
  /// A webhook for the events. The environment's webhook is ignored, because the events are not real.
  let webhook: TargetSettings?

  static func statusIfNotBegun(with arguments: [String]) -> ExitStatus? { .done }

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    seconds = try arguments[Self.seconds]
    let usual: OutputFormat? = context.canRedraw ? nil : context.outputIsTerminal ? .text : .ndjson
    format = try arguments[Self.format] ?? usual
    terminal = context.terminal
    webhook = try Self.webhook(arguments, context)
  }

  private static func webhook(
    _ arguments: ParsedArguments, _ context: CommandContext
  ) throws(UsageError) -> TargetSettings? {
    guard let url = try arguments[webhook] else { return nil }
    let secret = try context[.webhookSecret].map { text throws(UsageError) in
      try SigningSecret(text, from: .environment(.webhookSecret))
    }
    return TargetSettings(url: url, secrets: secret.map { [$0] } ?? [])
  }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    let space: SimulatedSpace
    do throws(ServerError) {
      space = try SimulatedSpace(scenario: .demo, seed: 1)
    } catch {
      throw UsageError("\(error)", right: "free a loopback port", exit: .configuration)
    }
    defer { space.stop() }
    let conferences = space.conferences.compactMap { ConferenceSID($0.sid) }
    let display = display(of: space)
    CommandLineSecrets.cover()
    let log = StandardError(LogOptions(), hold: display.hold)
    let length = min(seconds, Self.scenario)
    log.log(
      .notice, "a simulated conference runs at \(space.origin); its events follow, and it ends in about \(length) s")
    if let webhook, webhook.url.isExposed {
      log.log(.warning, "webhook \(webhook.url.host): \(WebhookURL.exposure)")
    }
    if let webhook, webhook.url.chatService != nil {
      log.log(
        .warning, "webhook \(webhook.url.host): chat services cannot read the events of the demo; rollcall listen can")
    } else if let webhook, webhook.secrets.isEmpty {
      log.log(.notice, "the webhook is not signed: set ROLLCALL_WEBHOOK_SECRET to sign it")
    }
    let companion = space.conferences.first.map { conference in
      { @Sendable loop in await DemoNarrator(space: space, conference: conference.sid, log: log).tell(on: loop) }
    }
    let (origin, project, token) = (space.origin, space.project, space.token)
    let status = WatchSession(
      api: { ConferenceAPI(transport: $0, origin: origin, project: project, token: Secret(token)) },
      subject: .conferences(conferences), settings: WatchSettings(interval: Self.interval), companion: companion,
      duration: .seconds(seconds), webhooks: webhooks(of: space), display: display, log: log
    ).run(until: signals)
    Self.tellNext(log)
    return status
  }

  private func webhooks(of space: SimulatedSpace) -> WebhookSource {
    guard let webhook else { return .none }
    let source = Space(origin: space.origin, project: space.project).eventSource
    return WebhookSource([webhook.target(source: source, selection: .all, names: .none, keepsState: false)]) { nil }
  }

  /// Returns the display, which shows the scenario's names of the participants and the conference.
  private func display(of space: SimulatedSpace) -> EventDisplay {
    let conferences = space.conferences
    let names = ShownNames { sid in
      conferences.first { $0.sid == sid }?.friendlyName
        ?? conferences.lazy.compactMap { space.name(of: sid, in: $0.sid) }.first
    }
    return switch format {
    case .ndjson: .ndjson
    case .text: .text(TextDisplay(terminal: terminal, namesConference: false, names: names))
    case nil: .board(BoardDisplay(terminal: terminal, names: names))
    }
  }

  /// Logs how to watch a real conference in the same way.
  private static func tellNext(_ log: StandardError) {
    for line in [
      "that was a simulation; to see a conference of your own:",
      "  set SIGNALWIRE_SPACE, SIGNALWIRE_PROJECT_ID and SIGNALWIRE_API_TOKEN",
      "  rollcall check             tests them",
      "  rollcall watch SID --live  shows it live",
    ] { log.log(.notice, line) }
  }
}

/// Shows what really happens in the simulated conference, so that users can compare the events with it.
struct DemoNarrator: Sendable {
  /// The interval between two checks for changes.
  private static let interval: Duration = .milliseconds(100)

  let space: SimulatedSpace
  let conference: String
  let log: StandardError

  /// Shows changes until the task is cancelled.
  func tell(on loop: EventLoop) async {
    var told = space.truth(of: conference).count { $0.milliseconds == 0 }
    do throws(CancellationError) {
      while true {
        tellNews(since: &told)
        try await loop.sleep(for: Self.interval)
      }
    } catch {
      // The run ends with the conference, whose last changes have not been shown yet.
      tellNews(since: &told)
    }
  }

  private func tellNews(since told: inout Int) {
    let history = space.truth(of: conference)
    for entry in history.dropFirst(told) { log.remark(line(for: entry)) }
    told = history.count
  }

  private func line(for entry: TruthEntry) -> String {
    let tenths = (entry.milliseconds + 50) / 100
    return "simulation, \(tenths / 10).\(tenths % 10) s: \(text(for: entry))"
  }

  private func text(for entry: TruthEntry) -> String {
    let who = name(entry.callSID)
    return switch entry.kind {
    case .joined: "\(who) joins"
    case .left: "\(who) hangs up"
    case .muted: "\(who) is muted"
    case .unmuted: "\(who) is unmuted"
    case .held: "\(who) is put on hold"
    case .unheld: "\(who) is taken off hold"
    case .coachingStarted: "\(who) begins to coach \(name(entry.target ?? ""))"
    case .coachingStopped: "\(who) stops coaching \(name(entry.target ?? ""))"
    case .updated: "\(who) may leave without ending the conference"
    case .ended: "the conference ends"
    }
  }

  private func name(_ callSID: String) -> String {
    space.name(of: callSID, in: conference).map { "the \($0)" } ?? callSID
  }
}
