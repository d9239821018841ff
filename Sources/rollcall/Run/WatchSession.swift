import Libc
import RollcallCore
import RollcallKit
import RollcallServer

/// One run of `watch` or `demo`: its configuration, its ports, and its exit status.
struct WatchSession: Sendable {
  /// The certificates to trust besides the system's.
  var certificates: AddedCertificates?
  var api: @Sendable (any HTTPTransport) -> ConferenceAPI
  /// The provider whose error advice is shown.
  var provider = Provider.signalWire
  var subject: WatchSubject
  var settings: WatchSettings
  /// A task that runs beside the watch until it ends.
  var companion: (@Sendable (EventLoop) async -> Void)?
  /// The events for standard output; each webhook has a filter of its own.
  var selection = EventFilter.all
  /// The time after which the run ends by itself; nil for no limit.
  var duration: Duration?
  /// The webhooks; nil if there are none.
  var webhooks: WebhookSource?
  /// The names from the file of `--names`; nil without one.
  var names: CurrentNames?
  /// How standard output shows events; nil if it gets none.
  var display: EventDisplay? = .ndjson
  /// A note to log before the first line of JSON; nil for none.
  var note: String?
  /// What to redact in events; nil for nothing.
  var redaction: RedactionChoice?
  /// The state file; nil keeps the stream in memory.
  var state: StateOptions?
  var log: StandardError
  /// The address at which probes are answered; nil for none.
  var health: ListenAddress?
  /// Where callbacks are accepted; nil for none.
  var callbacks: CallbackSource?
  /// The account that the stream belongs to.
  var owner = SQLiteStore.Owner(origin: "", account: "")

  /// Runs on the calling thread until the run ends, by itself or because of a signal.
  func run(until signals: Signals) -> Int32 {
    let loop = EventLoop()
    return loop.run { await self.run(on: loop, until: signals) }
  }

  private func run(on loop: EventLoop, until signals: Signals) async -> Int32 {
    let transports = RunTransports(on: loop, trusting: certificates)
    let notices = NoticeLog(
      log: log, subject: subject, provider: provider, isDurable: state != nil,
      isSingleScan: settings.scansOnce)
    var configuration = WatchConfiguration(subject: subject, settings: settings)
    let opened: OpenedStore
    do throws(StoreFailure) {
      opened = try await open(on: loop) { notices.take(.store($0)) }
    } catch {
      return state.map { $0.report(error, on: log) } ?? ExitStatus.internalError.code
    }
    let known = KnownNames(opened.saved, redaction: opened.redaction)
    let (live, lines) = standardOutput(on: loop, calling: known)
    configuration.settings.redaction = opened.redaction
    configuration.duration = duration
    configuration.history = state?.keep
    // A board needs every event to know who is in the room.
    configuration.lines = live == nil ? selection : .all
    configuration.webhooks = webhooks ?? .none
    warn(ofTime: opened.lastTimestamp, on: loop)
    var ports = WatchPorts(
      loop: loop, clock: StreamClock(on: loop, notBefore: opened.lastTimestamp), api: api(transports.polls),
      webhooks: transports.webhooks, store: opened.store)
    ports.saved = opened.saved
    ports.lines = lines
    if display?.showsNames == true { ports.names = known }
    ports.notify = notices.take
    live?.recall((opened.saved?.rooms ?? [:]).values.map { opened.redaction.map($0.redacted) ?? $0 })
    ports.signals = WatchPorts.Signals(end: { await signals.ending() }, reload: signals.hangUps)
    let servers: WatchServers
    do throws(UsageError) {
      servers = try await WatchServers(health: health, callbacks: callbacks, on: loop, log: log)
    } catch {
      log.report(error)
      _ = await opened.store.close(until: loop.now)
      return error.exit.code
    }
    defer { servers.stop() }
    ports.hints = servers.hints
    ports.reload = { [names, log] in
      await Self.reload(transports, names, log)
      servers.reload()
    }
    let notes = HealthNotes(servers.health, .current(), on: loop)
    if let notes { (ports.report, ports.reportInterval) = (notes.take, notes.interval) }
    ports.ends = {
      notes?.end()
      servers.callbacks?.stopSoon()
    }
    ports.receivedBytes = { transports.polls.receivedBytes }
    let outcome = await run(WatchRun(configuration, ports), live, on: loop)
    return outcome.status(of: subject, isDurable: state != nil, log: log)
  }

  /// Runs the watch, with the board or the companion beside it.
  private func run(_ watch: WatchRun, _ live: LiveBoard?, on loop: EventLoop) async -> WatchOutcome {
    async let _ = log.attend(on: loop)
    async let _ = companion?(loop)
    async let _ = live?.run(on: loop)
    let outcome = await watch.run()
    await live?.end(on: loop, log: log)
    return outcome
  }

  /// Warns that the clock was set back. The stream's time never goes back, so the times of events are ahead of the
  /// clock.
  private func warn(ofTime last: Timestamp?, on loop: EventLoop) {
    guard let last, last - loop.wallClock > StreamClock.tolerance else { return }
    let lag = SpokenDuration.text(milliseconds: (last - loop.wallClock).wholeMilliseconds)
    log.log(
      .warning,
      "the clock is \(lag) behind the last time in the state file, \(last.rfc3339); events continue from that time")
  }

  /// Reloads certificates and names.
  private static func reload(_ transports: RunTransports, _ names: CurrentNames?, _ log: StandardError) async {
    do throws(AddedCertificates.Flaw) {
      try await transports.renewTrust()
    } catch {
      let file = error.source.origin.label
      log.log(.warning, "the certificates stay as they were: \(file) \(error.problem); \(error.remedy)")
    }
    // Names come before the webhooks, whose messages contain them.
    names?.renew(log)
  }

  private func standardOutput(
    on loop: EventLoop, calling known: KnownNames
  ) -> (live: LiveBoard?, lines: (output: any LineOutput, format: any LineFormat)?) {
    let output = DescriptorOutput(on: loop, to: StandardOutput.shared)
    switch display {
    case nil: return (nil, nil)
    case .board(let display):
      let live = LiveBoard(display, known: known, lists: selection)
      return (live, (output, live))
    case .ndjson:
      let lines = StandardOutput.eventLines
      guard let note else { return (nil, (output, lines)) }
      return (nil, (output, NotedLines(lines) { [log] in log.log(.notice, note) }))
    case .text(let text):
      let table = EventTable(text.terminal, names: text.names, known: known, namesConference: text.namesConference)
      return (nil, (output, table))
    }
  }

  /// A store, and what earlier runs left in it.
  private struct OpenedStore {
    var store: RunStore
    var saved: SavedStream?
    var redaction: Redaction?
    var lastTimestamp: Timestamp?
  }

  private func open(
    on loop: EventLoop, notify: @escaping @Sendable (RunStore.Notice) -> Void
  ) async throws(StoreFailure) -> OpenedStore {
    guard let state else {
      let redaction = redaction?.redaction()
      return OpenedStore(
        store: .memory(targets: targetNames, redaction: redaction, on: loop, notify: notify), redaction: redaction)
    }
    let file = try await state.open(on: loop, owner: owner, redaction: redaction, log: log)
    return OpenedStore(
      store: .file(file, on: loop, notify: notify),
      saved: try SavedStream(await file.rooms(), discoveries: await file.discoveries()),
      redaction: file.redaction, lastTimestamp: file.lastTimestamp)
  }
}

extension WatchSession {
  private var targetNames: [String] {
    (display == nil ? [] : [LineWriter.target]) + (webhooks?.targets.map(\.name) ?? [])
  }
}

/// The event loop of a command that works until it is done or a signal asks for its end.
enum MainLoop {
  private enum Step: Sendable {
    case worked(Int32)
    case signalled
    case nothing
  }

  /// Runs work on the calling thread.
  ///
  /// - Parameters:
  ///   - renew: called after SIGHUP. If it is nil, there is nothing to read again, and SIGHUP asks for the end.
  ///   - work: cancelled when a signal asks for the end; it must then return soon.
  /// - Returns: the exit status that the work returned.
  static func run(
    _ signals: Signals, _ log: StandardError, renew: (@Sendable () -> Void)? = nil,
    work: @escaping @Sendable (EventLoop) async -> Int32
  ) -> Int32 {
    let loop = EventLoop()
    return loop.run {
      await withTaskGroup(of: Step.self) { group in
        defer { group.cancelAll() }
        group.addTask { .worked(await work(loop)) }
        group.addTask { await signals.ending() ? .signalled : .nothing }
        group.addTask {
          for await _ in signals.hangUps {
            guard let renew else { return .signalled }
            renew()
          }
          return .nothing
        }
        group.addTask {
          await log.attend(on: loop)
          return .nothing
        }
        for await step in group {
          switch step {
          case .worked(let status): return status
          case .signalled: group.cancelAll()
          case .nothing: break
          }
        }
        return ExitStatus.internalError.code
      }
    }
  }
}

extension StateOptions {
  /// Opens the file for this run.
  func open(
    on loop: EventLoop, owner: SQLiteStore.Owner, redaction: RedactionChoice?, log: StandardError
  ) async throws(StoreFailure) -> SQLiteStore {
    let (name, seconds) = (InputFile.name(path), SQLiteStore.openingTime.components.seconds)
    return try await SQLiteStore.open(
      on: loop, path: path, owner: owner, redaction: redaction, process: getpid()
    ) {
      log.log(.notice, "another program holds a lock on the state file \(name); waiting up to \(seconds) s for it")
    }
  }

  /// Reports why the file cannot be used.
  ///
  /// - Returns: the exit status.
  func report(_ failure: StoreFailure, on log: StandardError) -> Int32 {
    let (right, exit) = advice(for: failure.kind)
    log.report(UsageError("the state file \(InputFile.name(path)): \(failure.reason)", right: right, exit: exit))
    return exit.code
  }

  private func advice(for kind: StoreFailure.Kind) -> (right: String, exit: ExitStatus) {
    switch kind {
    case .full: ("free some space, or give another file", .cannotCreate)
    case .damaged: ("give another file, or one from a backup", .damagedData)
    case .newer: ("use that version, or another file", .damagedData)
    case .foreign: ("give each account a file of its own", .configuration)
    case .otherRedaction: ("give the same --redact and key as before, or begin a new file", .configuration)
    case .busy: ("end that program's transaction, or start again later", .tryLater)
    case .inUse: ("give each process a file of its own", .tryLater)
    case .cannotOpen: ("give a file in a directory that can be written", .cannotCreate)
    case .displaced, .inputOutput: ("check the disk", .inputOutput)
    }
  }
}

extension TargetSettings {
  /// The name reserved for standard output.
  static let standardOutput = LineWriter.target

  /// Returns the target for the sink.
  ///
  /// - Parameters:
  ///   - source: the source of its events.
  ///   - selection: the filter of the options, for a target without its own.
  ///   - names: the names of calls and conferences for chat messages.
  ///   - keepsState: whether events are kept in a state file.
  func target(
    source: EventSource, selection: EventFilter, names: SIDNames, keepsState: Bool
  ) -> WebhookTarget {
    var target = target()
    target.format = MessageFormat(format, source: source, names: names)
    target.maximumAge = maximumAge ?? WebhookTarget.maximumAge(of: target.format, keepsState: keepsState)
    target.filter = self.selection ?? selection
    return target
  }

  /// Returns the target with the default format, whose body is the event's line.
  func target() -> WebhookTarget {
    var target = WebhookTarget(url: url.url, host: url.host, name: name)
    target.timeoutSetting = "\(WebhookOptions.timeout.name.argument) (timeout in a targets file)"
    target.secrets = secrets.map(\.secret)
    target.hubSecret = hubSecret
    target.headers = headers.map { HTTPRequest.Header($0.name, $0.value) }
    if let timeout { target.timeout = timeout }
    return target
  }
}

extension WebhookSource {
  /// Creates a source of webhooks described by files. A reload with an error is logged, and all webhooks stay as they
  /// are.
  init(
    _ targets: [WebhookTarget], log: StandardError, read: @escaping @Sendable () throws(UsageError) -> [WebhookTarget]
  ) {
    self.init(targets) {
      do throws(UsageError) {
        return try read()
      } catch {
        log.log(.warning, "webhooks stay as they were, because they could not be reloaded: \(error.message)")
        return nil
      }
    }
  }
}
