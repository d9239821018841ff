import RollcallCore
import RollcallKit

/// `rollcall resend`: posts events of a state file to one webhook again.
struct ResendCommand: Command {
  /// Which events are posted again.
  enum Selection: Hashable, Sendable {
    /// The dead letters of the webhook.
    case deadLetters
    case id(String, sequence: UInt64)
    case since(Timestamp)
  }

  static let deadLetters = Option(
    flag: "dead-letters", help: "the events that a watch gave up delivering to this webhook")
  static let id = Option("id", .text("ID"), help: "the event with this id")
  static let since = Option("since", .moment(), help: "all events from this time on")
  static let target = Option("target", .text("NAME"), help: "the target to use, if the file has several")

  static let spec = CommandSpec(
    name: "resend",
    summary: "send events of a state file to a webhook again",
    usage: ["resend [--state FILE] --webhook URL --dead-letters | --id ID | --since TIME"],
    details: [
      "Posts events in order, one at a time, with the same ids and bytes as before, and retries each for up to 60 s. A"
        + " receiver that remembers ids recognises events that it already has. A dead letter that is delivered is removed from"
        + " the file. A chat service gets one message per event, at most one per second."
    ],
    groups: [
      OptionGroup("Events", [StatePath.option, deadLetters, id, since]),
      OptionGroup(
        "Webhook",
        [WebhookOptions.webhook.spec.once, WebhookOptions.webhookFile.spec.once, WebhookOptions.targets, target]
          + WebhookOptions.signing + [RedactionKey.file, DisplayOptions.names, AccountOptions.caFile]),
      LogOptions.group,
    ])

  let state: StatePath
  let selection: Selection
  /// One URL, or a targets file.
  let webhook: WebhookOptions
  /// The name of the target in the file; nil if the file has only one.
  private let targetName: String?
  private let keyFile: String?
  private let caFile: String?
  private let log: LogOptions

  /// A signal before the command has begun means that nothing was sent.
  static func statusIfNotBegun(with arguments: [String]) -> ExitStatus? { .tryLater }

  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    selection = try Self.selection(arguments)
    webhook = try WebhookOptions(arguments, context)
    targetName = try arguments[Self.target]
    switch webhook.urls.count + webhook.urlFiles.count + (webhook.targetsFile == nil ? 0 : 1) {
    case 0:
      throw UsageError(
        "resend needs a webhook",
        right: "give --webhook URL, --webhook-file FILE or --targets FILE, or set ROLLCALL_WEBHOOK_URL")
    case 1: break
    default:
      throw UsageError("resend posts to one webhook", right: "give one of --webhook, --webhook-file and --targets")
    }
    guard targetName == nil || webhook.targetsFile != nil else {
      throw UsageError("--target needs a targets file", right: "give --targets FILE too")
    }
    keyFile = try arguments[RedactionKey.file]
    caFile = try arguments[AccountOptions.caFile]
    log = try LogOptions(arguments)
    state = try StatePath(arguments, context, for: Self.spec.name)
  }

  private static func selection(_ arguments: ParsedArguments) throws(UsageError) -> Selection {
    let ways = [arguments.has(deadLetters), arguments.has(id), arguments.has(since)]
    guard ways.count(where: \.self) == 1 else {
      let wrong =
        !ways.contains(true)
        ? "resend needs to know which events to send" : "resend takes only one way to choose events"
      throw UsageError(wrong, right: "give --dead-letters, --id ID or --since TIME")
    }
    if let moment = try arguments[since] { return .since(moment) }
    guard let text = try arguments[id] else { return .deadLetters }
    guard let (_, sequence) = EventStream.numbers(ofID: text), sequence > 0, sequence <= Int64.max else {
      throw .invalid(
        .option(id.name), text, expected: "an event's id, such as evt_0123456789abcdef_000000000042")
    }
    return .id(text, sequence: sequence)
  }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    let log = StandardError(self.log)
    let names = try webhook.readNames()
    let list = try webhook.read(pipes: .awaited())
    let certificates = try AddedCertificates.read(caFile)
    let key = try RedactionKey(keyFile, log)
    CommandLineSecrets.cover()
    for warning in list.warnings { log.log(.warning, warning) }
    let target = try chosen(of: list.targets)
    if target.secrets.isEmpty, target.format.chatService == nil {
      log.log(.notice, "events are not signed: set ROLLCALL_WEBHOOK_SECRET or give --webhook-secret-file FILE")
    }
    if target.url.isExposed {
      log.log(.warning, "webhook \(target.url.host): \(WebhookURL.exposure)")
    }
    return MainLoop.run(signals, log) { loop in
      do throws(UsageError) {
        let transport = CurlTransport(on: loop, for: .webhooks, trusting: certificates)
        return try await resend(to: target, key, names: names, over: transport, on: loop, log)
      } catch {
        log.report(error)
        return error.exit.code
      }
    }
  }

  private func chosen(of targets: [TargetSettings]) throws(UsageError) -> TargetSettings {
    let found = targetName.map { name in targets.filter { $0.name == name } } ?? targets
    if let target = found.first, found.count == 1 { return target }
    let names = targets.compactMap(\.name).map { Quotation.of($0) }.joined(separator: ", ")
    throw UsageError(
      "\(found.isEmpty ? "there is no such target" : "there are several targets") in the file of --targets",
      right: names.isEmpty ? "give each a name" : "give --target with one of \(names)")
  }

  private func resend(
    to settings: TargetSettings, _ key: RedactionKey, names: SIDNames, over transport: CurlTransport,
    on loop: EventLoop, _ log: StandardError
  ) async throws(UsageError) -> Int32 {
    let file = try state.open()
    let redaction = try key.redaction(
      in: file, of: state, for: settings.selection ?? .all, from: "the calls of the target")
    do throws(StoreFailure) {
      guard let owner = try file.owner() else {
        throw StoreFailure(.damaged, "it does not say which account it belongs to")
      }
      let source = Space(origin: owner.origin, project: owner.account).eventSource
      let target = settings.target(source: source, selection: .all, names: names, keepsState: true)
        .redacted(try file.redactedFields(), by: redaction)
      let resender = WebhookResender(
        target, on: loop, transport: transport, known: try file.knownNames())
      var queue = try ResendQueue(selection, of: target, in: file)
      guard queue.total > 0 else { return try nothing(target, file, log) }
      let removal =
        selection == .deadLetters ? try DeadLetterRemoval(path: state.path, on: loop) : nil
      var report = ResendReport(
        target.label, total: queue.total, log: log, progress: ProgressLine(self.log, log, on: loop))
      var isFirst = true
      while let item = try queue.next() {
        guard let event = item.event else {
          report.lose(item.sequence)
          continue
        }
        if !isFirst { await resender.rest() }
        isFirst = false
        guard !Task.isCancelled else { break }
        let outcome = await resender.send(event) { report.wait($0, $1) }
        if outcome == .delivered { try await removal?.remove(event.sequence, of: target.name) }
        guard report.take(outcome, of: event) else { break }
      }
      return report.conclude().code
    } catch {
      throw state.refusal(error)
    }
  }

  /// Logs why there is nothing to do.
  private func nothing(
    _ target: WebhookTarget, _ file: StateReader, _ log: StandardError
  ) throws(StoreFailure) -> Int32 {
    switch selection {
    case .deadLetters:
      let others = try file.deadLetterCounts().map { "\($0.target) (\($0.count))" }.joined(separator: ", ")
      let hint = others.isEmpty ? "" : "; the file has some for \(others)"
      log.log(
        .notice,
        "webhook \(target.label): there are no dead letters for \(target.name)\(hint); events that wait are delivered by the next watch"
      )
    case .since: log.log(.notice, "there are no events since then")
    case .id(let id, _):
      log.report(
        UsageError(
          "the state file does not hold \(id)", right: "rollcall events lists the events in it",
          exit: .noInput))
      return ExitStatus.noInput.code
    }
    return ExitStatus.done.code
  }
}
