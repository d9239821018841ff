import Libc
import RollcallCore
import RollcallKit

/// `rollcall check`: tests everything that a watch needs and prints a line for each result. With `--for` it also finds
/// out what the provider offers.
struct CheckCommand: Command {
  /// The largest clock error that is not reported. Signatures and timestamps depend on the clock.
  static let clockTolerance: Duration = .seconds(30)

  /// The contents of the files that options name, read before the loop runs. Their errors are results of the check.
  private struct Files: Sendable {
    let certificates: Result<AddedCertificates?, UsageError>
    let webhooks: Result<(TargetList, SIDNames), UsageError>

    init(_ caFile: String?, _ options: WebhookOptions) {
      certificates = Result { () throws(UsageError) in try AddedCertificates.read(caFile) }
      webhooks = Result { () throws(UsageError) in
        let names = try options.readNames()
        return (try options.read(pipes: .awaited()), names)
      }
    }
  }

  static let spec = CommandSpec(
    name: "check",
    summary: "test account, network, webhooks and state file",
    usage: ["check [conference-sid] [options]", "check <conference-sid> --for DURATION [options]"],
    details: [
      "Checks the space and the token, the clock, the conference, the webhooks and the state file, and prints a line for each."
        + " Each webhook gets one POST that is not an event: its type is watch.test and its sequence 0.",
      "With --for it then polls the running conference for that time, and reports what the provider offers (HTTP/2, gzip,"
        + " ETag, speed, clock, order, statuses, page size, rate limits) and which --interval suits it. The report names no"
        + " participants, so it can be shared. Ctrl-C ends the polling early and prints what has been found.",
    ],
    operands: .conferences,
    groups: [
      SurveyOptions.group,
      OptionGroup(
        "Webhooks and state",
        [WebhookOptions.webhook, WebhookOptions.webhookFile, WebhookOptions.targets] + WebhookOptions.signing
          + [DisplayOptions.names, StatePath.option]),
      AccountOptions.group,
    ])

  /// The conference to look up; nil to skip that.
  private let conference: ConferenceSID?
  /// nil without `--for`.
  private let survey: SurveyOptions?
  /// The check itself reports missing parts of the account.
  private let account: Result<Account, UsageError>
  let webhooks: WebhookOptions
  /// nil without a state file.
  private let statePath: String?
  private let caFile: String?

  /// Without `--for`, signals keep their default action.
  static func statusIfNotBegun(with arguments: [String]) -> ExitStatus? {
    SurveyOptions.areGiven(in: arguments) ? .signal(SIGINT) : nil
  }

  /// - Throws: ``UsageError`` for malformed arguments.
  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    guard arguments.operands.count <= 1 else {
      throw UsageError("check takes at most one conference", right: "give rollcall check [conference-sid]")
    }
    if let operand = arguments.operands.first {
      conference = try ConferenceSID(argument: operand)
    } else {
      conference = nil
    }
    survey = try SurveyOptions(arguments, of: conference)
    webhooks = try WebhookOptions(arguments, context)
    statePath = try StatePath.given(arguments, context)
    caFile = try arguments[AccountOptions.caFile]
    account = try Self.account(arguments, context)
  }

  private static func account(
    _ arguments: ParsedArguments, _ context: CommandContext
  ) throws(UsageError) -> Result<Account, UsageError> {
    do throws(UsageError) {
      return .success(try Account(arguments, context))
    } catch {
      guard error.exit == .configuration else { throw error }
      return .failure(error)
    }
  }

  func run(until signals: Signals) throws(UsageError) -> Int32 {
    let log = StandardError(LogOptions())
    let files = Files(caFile, webhooks)
    CommandLineSecrets.cover()
    return MainLoop.run(signals, log) { loop in
      do throws(UsageError) {
        var report = CheckReport(problemsTo: survey?.format == .json ? log : nil)
        let api = try await check(files, on: loop, &report)
        guard !Task.isCancelled else { return signals.statusOfFirst ?? ExitStatus.internalError.code }
        try await look(by: api, on: loop, &report)
        return report.exit.code
      } catch {
        log.report(error)
        return error.exit.code
      }
    }
  }

  /// - Returns: the API for the survey; nil if it cannot be used, or the conference is unavailable or over.
  private func check(
    _ files: Files, on loop: EventLoop, _ report: inout CheckReport
  ) async throws(UsageError) -> ConferenceAPI? {
    var api: ConferenceAPI?
    switch files.certificates {
    case .failure(let error): try report.add(.failed(error.message, error.exit))
    case .success(let certificates):
      let transports = RunTransports(on: loop, trusting: certificates)
      api = try await checkSpace(on: loop, transports.polls, &report)
      try await checkWebhooks(files, on: loop, transports.webhooks, &report)
    }
    try report.add(state())
    return api
  }

  /// - Returns: the API; nil if a check failed.
  private func checkSpace(
    on loop: EventLoop, _ transport: CurlTransport, _ report: inout CheckReport
  ) async throws(UsageError) -> ConferenceAPI? {
    let account: Account
    switch self.account {
    case .failure(let error):
      try report.add(.failed(error.message, error.exit))
      return nil
    case .success(let found): account = found
    }
    if let warning = account.warning { try report.add(.warning(warning)) }
    let api = ConferenceAPI(transport: transport, space: account.space, token: CurrentToken(account.token))
    let date: Timestamp?
    do throws(ScanFailure) {
      date = try await api.probe()
    } catch {
      try report.add(Self.failed(error, about: .conferences, account.provider))
      return nil
    }
    let now = loop.wallClock
    try report.add(.ok("\(account.origin.text) accepts the token of the project \(account.project)"))
    try report.add(Self.clock(date, now: now))
    let finding = await conference(by: api)
    try report.add(finding)
    if case .failed = finding { return nil }
    return api
  }

  private static func failed(
    _ failure: ScanFailure, about resource: RequestedResource, _ provider: Provider
  ) -> CheckReport.Finding {
    let text = APIErrorText.advice(for: failure, about: resource, of: provider)
    return .failed(text, failure.isRefusal ? .unauthorised : .unavailable)
  }

  static func clock(_ date: Timestamp?, now: Timestamp) -> CheckReport.Finding {
    guard let date else { return .warning("clock: the replies of the space have no Date header") }
    let difference = now - date
    // The space's date is in whole seconds.
    let seconds = abs(difference.components.seconds)
    guard seconds > clockTolerance.components.seconds else { return .ok("the clock agrees with the space's") }
    let side = difference > .zero ? "ahead of" : "behind"
    return .warning("the clock is \(seconds) s \(side) the space's; set it, because receivers compare times")
  }

  private func conference(by api: ConferenceAPI) async -> CheckReport.Finding {
    guard let sid = conference else {
      return .skipped("conference: none given (rollcall check <conference-sid>)")
    }
    let found: Conference
    do throws(ScanFailure) {
      found = try await api.details(of: sid)
    } catch {
      return Self.failed(error, about: .conference, api.space.provider)
    }
    // Findings that are passed on must not name a person, as friendly names may.
    let isNamed = survey == nil && !found.friendlyName.isEmpty
    let name = !isNamed ? "" : " (\(Quotation.of(found.friendlyName)))"
    if found.status == "completed" { return .failed("the conference \(found.sid)\(name) is over", .unavailable) }
    return .ok("the conference \(found.sid)\(name) is \(found.status.isEmpty ? "there" : found.status)")
  }
}

// MARK: The provider

extension CheckCommand {
  /// Surveys the conference for the given time, and prints what the provider offers.
  ///
  /// - Parameter api: nil if an earlier check failed, which has already been reported.
  private func look(
    by api: ConferenceAPI?, on loop: EventLoop, _ report: inout CheckReport
  ) async throws(UsageError) {
    guard let survey, let conference, let api else { return }
    var progress = ProgressLine(LogOptions(), StandardError(LogOptions()), on: loop)
    let found = await ConferenceSurvey(
      of: conference, with: api, on: loop, every: survey.interval, for: survey.duration
    ).run { found, time in
      let seconds = (time.components.seconds, survey.duration.components.seconds)
      progress.show("rollcall: polling for \(seconds.0) of \(seconds.1) s; complete lists: \(found.list.lists)")
    }
    progress.clear()
    if let failure = Self.failure(of: found) {
      try report.add(Self.failed(failure, about: .conference, api.space.provider))
    }
    let findings = SurveyReport(found, of: api.space.provider)
    switch survey.format {
    case .text: try StandardOutput.write("\n" + findings.text)
    case .json: try StandardOutput.write(StandardOutput.shown(findings.json))
    }
  }
}

extension CheckCommand {
  /// Returns the failure that fails the check; nil if the findings are good enough.
  private static func failure(of survey: ProviderSurvey) -> ScanFailure? {
    // Lists that were read before do not help a watch whose token is refused now.
    if survey.end == .refused {
      return survey.failures.last(where: \.failure.isRefusal)?.failure ?? .unauthorised
    }
    return survey.list.lists == 0 ? survey.failures.last?.failure : nil
  }
}

// MARK: Webhooks and the state file

extension CheckCommand {
  private func checkWebhooks(
    _ files: Files, on loop: EventLoop, _ transport: CurlTransport,
    _ report: inout CheckReport
  ) async throws(UsageError) {
    guard !webhooks.isEmpty else {
      return try report.add(.skipped("webhook: none given (--webhook URL)"))
    }
    let (list, names): (TargetList, SIDNames)
    switch files.webhooks {
    case .failure(let error): return try report.add(.failed(error.message, .configuration))
    case .success(let found): (list, names) = found
    }
    for warning in list.warnings { try report.add(.warning(warning)) }
    for settings in list.targets {
      let target = settings.target(source: source, selection: .all, names: names, keepsState: false)
      try report.add(await Self.webhook(target, on: loop, transport))
    }
  }

  /// The source of the test event.
  private var source: EventSource {
    switch account {
    case .success(let account): account.space.eventSource
    case .failure: EventSource(account: "urn:rollcall:check")
    }
  }

  private static func webhook(
    _ target: WebhookTarget, on loop: EventLoop, _ transport: CurlTransport
  ) async -> CheckReport.Finding {
    do throws(HTTPFailure) {
      let (status, words, isTaken) = try await WebhookTest.post(
        to: target, epoch: .random(in: .min ... .max), on: loop, transport: transport)
      let isChat = target.format.chatService != nil
      let test = isChat ? "a greeting" : "\(target.isSigned ? "a signed" : "an unsigned") \(WebhookTest.type)"
      let said = words.map { ": \($0)" } ?? ""
      let text = "the webhook \(target.label) answered \(status) to \(test)\(said)"
      return isTaken ? .ok(text) : .failed(text + advice(status, isChat: isChat), .unavailable)
    } catch {
      return .failed("the webhook \(target.label): \(error.text)", .unavailable)
    }
  }

  private static let anotherHook = "; create a new webhook in the chat service, and give its URL"

  /// Returns what the user can do about an answer; empty if that is unknown.
  private static func advice(_ status: Int, isChat: Bool) -> String {
    switch status {
    case 400: isChat ? "" : "; if it is a chat service, give its format"
    case 401, 403: isChat ? anotherHook : "; check the secret, or give the --webhook-header that it requires"
    case 404, 410: isChat ? anotherHook : "; check its URL"
    default: ""
    }
  }

  private func state() -> CheckReport.Finding {
    guard let path = statePath else {
      return .skipped("state file: none given (--state FILE)")
    }
    let name = "the state file \(InputFile.name(path))"
    let directory = path.contains("/") ? "\(path[...(path.lastIndex(of: "/") ?? path.startIndex)])." : "."
    guard InputFile.exists(path) else {
      return Self.isWritable(directory)
        ? .ok("\(name) does not exist yet and can be created")
        : .failed("\(name) does not exist, and its directory is not writable", .inputOutput)
    }
    do throws(StoreFailure) {
      let file = try StateReader(path: path)
      try file.checkHealth()
      if case .success(let account) = account, let owner = try file.owner(),
        owner != SQLiteStore.Owner(origin: account.origin.text, account: account.project)
      {
        return .failed("\(name) belongs to \(owner.origin) and the project \(owner.account)", .configuration)
      }
      // SQLite creates its log beside the file.
      guard Self.isWritable(path), Self.isWritable(directory) else {
        return .failed("\(name) cannot be written: \(SystemReason.text(errno))", .inputOutput)
      }
      let events = try file.bounds()?.count ?? 0
      let letters = try file.deadLetterCounts().reduce(0) { $0 + $1.count }
      return .ok("\(name) is intact: \(events) events, \(letters) dead letters")
    } catch {
      return .failed(StatePath(path).refusal(error).message, .inputOutput)
    }
  }

  private static func isWritable(_ path: String) -> Bool { unsafe access(SystemPath.bytes(of: path), W_OK) == 0 }
}
