import Libc
import RollcallCore

/// A watch that is about to run, with its values checked.
struct WatchStart: Sendable {
  private let account: ConferenceAccount
  private let configuration: WatchConfiguration
  private let stateFile: String?
  private let certificates: AddedCertificates?

  /// - Throws: ``WatchFailure/invalid(_:)`` for a value out of its bounds, or the failure of the CA file.
  init(_ watch: Watch) throws(WatchFailure) {
    account = watch.account
    configuration = try watch.configuration()
    stateFile = watch.stateFile?.path
    certificates = try watch.account.certificates()
  }

  /// Runs until the watch ends or the program leaves.
  ///
  /// - Returns: why the run failed; nil if it succeeded or was asked to end.
  func run(on loop: EventLoop, _ handoff: EventHandoff, takesEvents: Bool) async -> WatchFailure? {
    let transports = RunTransports(on: loop, trusting: certificates)
    return await run(
      on: loop, handoff, takesEvents: takesEvents, polls: transports.polls, webhooks: transports.webhooks)
  }

  /// Runs with the given transports; tests pass their own.
  func run(
    on loop: EventLoop, _ handoff: EventHandoff, takesEvents: Bool, polls: any HTTPTransport,
    webhooks: any HTTPTransport
  ) async -> WatchFailure? {
    do throws(StoreFailure) {
      let file = try await openFile(on: loop)
      let saved: SavedStream? =
        if let file { try SavedStream(await file.rooms(), discoveries: await file.discoveries()) } else { nil }
      let targets = configuration.webhooks.targets.map(\.name) + (takesEvents ? [LineWriter.target] : [])
      let store = file.map { RunStore.file($0, on: loop) { _ in } } ?? .memory(targets: targets, on: loop) { _ in }
      var ports = WatchPorts(
        loop: loop, clock: StreamClock(on: loop, notBefore: file?.lastTimestamp), api: account.api(polls),
        webhooks: webhooks, store: store)
      ports.saved = saved
      if takesEvents { ports.lines = (handoff, FrozenLines()) }
      ports.signals = WatchPorts.Signals(end: { await handoff.departure() }, reload: AsyncStream { $0.finish() })
      ports.ends = { handoff.release() }
      return WatchFailure(await WatchRun(configuration, ports).run(), isDurable: file != nil)
    } catch {
      return .state(error.reason)
    }
  }

  private func openFile(on loop: EventLoop) async throws(StoreFailure) -> SQLiteStore? {
    guard let stateFile else { return nil }
    let owner = SQLiteStore.Owner(origin: account.origin, account: account.project)
    return try await SQLiteStore.open(on: loop, path: stateFile, owner: owner, process: getpid())
  }
}

extension Watch {
  /// - Throws: ``WatchFailure/invalid(_:)``
  fileprivate func configuration() throws(WatchFailure) -> WatchConfiguration {
    var settings = WatchSettings(
      interval: try checked(interval, in: Self.intervals, "the interval"), waits: waits,
      heartbeat: try checked(heartbeat, in: Self.heartbeats, "the heartbeat"))
    settings.discoveryInterval = try checked(discoveryInterval, in: Self.discoveryIntervals, "the discovery interval")
    settings.asksForCalls = { [asksForCalls] in asksForCalls }
    settings.alerts = try checkedAlerts()
    guard Self.requestRates.contains(maximumRequestsPerSecond) else {
      throw .invalid(
        "the maximum number of requests per second is \(maximumRequestsPerSecond); expected 1 to \(Self.requestRates.upperBound)"
      )
    }
    settings.requestsPerSecond = maximumRequestsPerSecond
    var configuration = WatchConfiguration(subject: try checkedSubject(), settings: settings)
    configuration.duration = try checked(duration, in: Self.durations, "the duration")
    configuration.history = try checked(stateFile?.history, in: Self.histories, "the history of the state file")
    let targets = try targets()
    configuration.webhooks = WebhookSource(targets) { targets }
    configuration.maximumUnwritten = Self.maximumWaiting
    configuration.waitsForReader = true
    return configuration
  }

  private func checked(
    _ value: Duration, in bounds: ClosedRange<Duration>, _ name: String
  ) throws(WatchFailure) -> Duration {
    guard bounds.contains(value) else {
      let (least, most) = (DurationText.format(bounds.lowerBound), DurationText.format(bounds.upperBound))
      throw .invalid("\(name) is \(value); expected \(least) to \(most)")
    }
    return value
  }

  private func checked(
    _ value: Duration?, in bounds: ClosedRange<Duration>, _ name: String
  ) throws(WatchFailure) -> Duration? {
    guard let value else { return nil }
    return try checked(value, in: bounds, name) as Duration
  }

  private func checkedAlerts() throws(WatchFailure) -> [AlertCondition] {
    guard alerts.count <= Self.maximumAlerts else {
      throw .invalid("there are too many alerts; the maximum is \(Self.maximumAlerts)")
    }
    for (index, alert) in alerts.enumerated() {
      guard alert.isValid else {
        let (durations, counts) = (AlertCondition.durations, AlertCondition.counts)
        let least = DurationText.format(durations.lowerBound)
        let most = DurationText.format(durations.upperBound)
        let number = alert.subject == .people ? ", and a number from \(counts.lowerBound) to \(counts.upperBound)" : ""
        throw .invalid("the alert is \(alert.name); expected a duration from \(least) to \(most)\(number)")
      }
      guard !alerts[..<index].contains(alert) else { throw .invalid("the alert \(alert.name) is given twice") }
    }
    return alerts
  }

  private func checkedSubject() throws(WatchFailure) -> WatchSubject {
    guard case .conferences(let conferences) = subject else { return subject }
    guard !conferences.isEmpty else { throw .invalid("no conference to watch is given") }
    var known: Set<ConferenceSID> = []
    return .conferences(conferences.filter { known.insert($0).inserted })
  }

  private func targets() throws(WatchFailure) -> [WebhookTarget] {
    guard webhooks.count <= Self.maximumWebhooks else {
      throw .invalid("there are too many webhooks; the maximum is \(Self.maximumWebhooks)")
    }
    let source = account.space.eventSource
    var names: Set<String> = []
    var urls: Set<Secret> = []
    var targets: [WebhookTarget] = []
    for webhook in webhooks {
      let target = try webhook.target(source: source, keepsState: stateFile != nil)
      guard urls.insert(webhook.url).inserted else { throw .invalid("two webhooks have the URL of \(target.label)") }
      guard names.insert(target.name).inserted else { throw .invalid("two webhooks have the name \(target.name)") }
      targets.append(target)
    }
    return targets
  }
}
