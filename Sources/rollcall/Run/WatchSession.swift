import RollcallCore
import RollcallKit
import RollcallServer

/// What one run of the watcher is to do: conferences in, events out, an exit status at the end.
struct WatchSession: Sendable {
  var caFile: String?
  var api: @Sendable (any HTTPTransport) -> ConferenceAPI
  /// Whose advice people are given.
  var provider = Provider.signalWire
  var subject: WatchSubject
  var settings: WatchSettings
  /// Goes on beside the run until that is over.
  var companion: (@Sendable (EventLoop) async -> Void)?
  /// What standard output gets; each webhook has a filter of its own.
  var selection = EventSelection.all
  /// The run ends after so long by itself.
  var duration: Duration?
  /// nil where there are none.
  var webhooks: WebhookTargets?
  /// What people and conferences are called; nil where no file says so.
  var names: CurrentNames?
  /// How standard output shows events; nil where it gets none.
  var display: EventDisplay? = .ndjson
  /// nil where events show everything.
  var redaction: RedactionChoice?
  /// Where the stream is kept; nil keeps it in memory.
  var state: StateOptions?
  var log: StandardError
  /// Where probes are answered; nil for nowhere.
  var health: HealthAddress?
  /// Whose stream it is.
  var owner = SQLiteStore.Owner(origin: "", account: "")

  /// Runs on the calling thread until the run is over.
  func run() -> Int32 {
    let loop = EventLoop()
    return loop.run { await self.run(on: loop) }
  }

  private func run(on loop: EventLoop) async -> Int32 {
    let transports: RunTransports
    do throws(HTTPFailure) {
      transports = try RunTransports(on: loop, caFile: caFile)
    } catch {
      log.log(.error, error.reason)
      return ExitStatus.configuration.code
    }
    var settings = settings
    var notBefore: Timestamp?
    let store: RunStore
    let redactions: KnownRedactions
    do throws(StoreFailure) {
      if let state {
        let file = try await state.open(on: loop, owner: owner, redaction: redaction)
        notBefore = file.lastTimestamp
        (settings.redaction, redactions) = (file.redaction, file.redactions)
        if file.beginsAnew {
          log.log(.notice, "what is redacted has changed: a new stream begins in the state file, with a baseline")
        }
        let known = try await SavedRooms(from: file)
        (settings.saved, settings.savedCalls, settings.over) = (known.rooms, known.calls, known.over)
        store = .file(file, on: loop, log: log)
      } else {
        settings.redaction = redaction?.redaction()
        redactions = KnownRedactions([settings.redaction].compactMap(\.self))
        store = .memory(targets: targetNames, redaction: settings.redaction, on: loop, log: log)
      }
    } catch {
      return state.map { $0.report(error, on: log) } ?? ExitStatus.internalError.code
    }
    let clock = StreamClock(on: loop, notBefore: notBefore)
    let outputs = EventOutputs(
      store, on: loop, clock: clock, transport: transports.webhooks, webhooks: webhooks ?? .none(log: log),
      display: display, selection: selection, redactions: redactions, log: log)
    outputs.live?.recall((settings.saved ?? [:]).values.map { settings.redaction.map($0.redacted) ?? $0 })
    if redactions.areIncomplete, choosesCalls {
      log.log(
        .warning, "an earlier stream was redacted with a key that is not known here: no events of it are chosen by call"
      )
    }
    settings.heldBack = { await outputs.heldBack() }
    let watch = ConferenceWatch(
      on: loop, clock: clock, api: api(transports.polls), settings: settings, undelivered: { await outputs.undelivered() }
    ) { commit in await outputs.publish(commit) }
    var run = WatchRun(
      watch: watch, subject: subject.without(settings.over), duration: duration, outputs: outputs,
      transports: transports, loop: loop, clock: clock, signals: await MainSignals.make(on: loop), log: log)
    run.provider = provider
    run.names = names
    run.keeps = state?.keep
    let health: HealthServer?
    do throws(ServerError) {
      health = try self.health.map { address throws(ServerError) in try HealthServer(address, on: loop) }
    } catch {
      log.report(UsageError("\(error)", right: "choose another --health port", exit: .configuration))
      return ExitStatus.configuration.code
    }
    defer { health?.stop() }
    let attendance = RunAttendance(
      watch: watch, outputs: outputs, health: health, manager: .current(), loop: loop)
    if attendance.isWanted { run.attendance = attendance }
    run.isSingleScan = settings.scansOnce
    guard let companion else { return await run.run() }
    async let _ = companion(loop)
    let code = await run.run()
    return code
  }
}

extension WatchSession {
  /// Whether anybody gets events of some people only.
  private var choosesCalls: Bool {
    selection.calls != nil || webhooks?.members.contains { $0.selection.calls != nil } == true
  }

  private var targetNames: [String] {
    (display == nil ? [] : [LineWriter.target]) + (webhooks?.members.map(\.target.name) ?? [])
  }
}

/// Takes the signals over, on the loop.
private enum MainSignals {
  static func make(on loop: EventLoop) async -> Signals? { Signals(on: loop) }
}
