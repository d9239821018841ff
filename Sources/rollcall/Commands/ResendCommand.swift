import RollcallCore
import RollcallKit

/// `rollcall resend`: events of a state file once more, to one webhook.
struct ResendCommand {
  private let options: ResendOptions

  init(_ options: ResendOptions) { self.options = options }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    let log = StandardError(options.log)
    let names = try options.webhook.readNames()
    let list = try options.webhook.read(pipes: .awaited())
    let certificates = try AddedCertificates.read(options.caFile)
    CommandLineSecrets.cover()
    for warning in list.warnings { log.log(.warning, warning) }
    let target = try chosen(of: list.targets)
    if target.secrets.isEmpty, target.format.chatService == nil {
      log.log(.notice, "events are not signed: set ROLLCALL_WEBHOOK_SECRET or give --webhook-secret-file FILE")
    }
    if target.url.isExposed {
      log.log(.warning, "webhook \(target.url.host): \(WebhookURL.exposure)")
    }
    let options = options
    return MainLoop.run(signals, log) { loop in
      do throws(UsageError) {
        let transport = CurlTransport(on: loop, for: .webhooks, trusting: certificates)
        return try await Self.resend(options, to: target, names: names, over: transport, on: loop, log)
      } catch {
        log.report(error)
        return error.exit.code
      }
    }
  }

  private func chosen(of targets: [TargetSettings]) throws(UsageError) -> TargetSettings {
    let found = options.targetName.map { name in targets.filter { $0.name == name } } ?? targets
    if let target = found.first, found.count == 1 { return target }
    let names = targets.compactMap(\.name).map { Quotation.of($0) }.joined(separator: ", ")
    throw UsageError(
      "\(found.isEmpty ? "there is no such target" : "there are several targets") in the file of --targets",
      right: names.isEmpty ? "give each a name" : "give --target with one of \(names)")
  }

  private static func resend(
    _ options: ResendOptions, to settings: TargetSettings, names: SIDNames, over transport: CurlTransport,
    on loop: EventLoop, _ log: StandardError
  ) async throws(UsageError) -> Int32 {
    let file = try options.state.open()
    do throws(StoreFailure) {
      guard let owner = try file.owner() else {
        throw StoreFailure(.damaged, "it does not say which account it belongs to")
      }
      let source = Space(origin: owner.origin, project: owner.account).eventSource
      let target = settings.target(source: source, selection: .all, names: names, keepsState: true)
        .redacted(try file.redactedFields(), by: try file.redaction())
      let resender = WebhookResender(
        target, on: loop, transport: transport, conferences: try file.conferenceNames())
      var queue = try ResendQueue(options.selection, of: target, in: file)
      guard queue.total > 0 else { return try nothing(options, target, file, log) }
      let removal =
        options.selection == .deadLetters ? try DeadLetterRemoval(path: options.state.path, on: loop) : nil
      var report = ResendReport(
        target.label, total: queue.total, log: log, progress: ProgressLine(options.log, log, on: loop))
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
      throw options.state.refusal(error)
    }
  }

  /// Says why there is nothing to do.
  private static func nothing(
    _ options: ResendOptions, _ target: WebhookTarget, _ file: StateReader, _ log: StandardError
  ) throws(StoreFailure) -> Int32 {
    switch options.selection {
    case .deadLetters:
      let others = try file.deadLetterCounts().map { "\($0.target) (\($0.count))" }.joined(separator: ", ")
      let hint = others.isEmpty ? "" : "; the file has those of \(others)"
      log.log(.notice, "webhook \(target.label): there are no dead letters of \(target.name)\(hint)")
    case .since: log.log(.notice, "there are no events since then")
    case .id(let id, _):
      log.report(
        UsageError(
          "the state file does not hold \(id)", right: "rollcall events shows the events that it holds",
          exit: .noInput))
      return ExitStatus.noInput.code
    }
    return ExitStatus.done.code
  }
}
