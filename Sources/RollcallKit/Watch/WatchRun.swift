package import RollcallCore

/// One run of a watch, from its start to its outcome: the polls of all conferences, the store that keeps their events,
/// and the outputs that deliver them.
package actor WatchRun {
  /// How long to deliver events after a watch was ended by a signal or failed.
  private static let drainTime: Duration = .seconds(8)
  /// The same time after a watch without a state file ended by itself, which is the last chance to deliver its events.
  private static let longDrainTime: Duration = .seconds(60)
  /// How often old events are removed from the store.
  private static let pruningInterval: Duration = .seconds(600)

  /// The result of one of the run's tasks.
  private enum Step: Sendable {
    case watched(WatchOutcome.Cause)
    /// A signal asked for the end.
    case signalled
    /// A signal asked to read all files again.
    case hungUp
    /// Nothing can be stored any more.
    case storeFailed(StoreFailure)
    case readerLeft
    /// All lines are written, or standard output can no longer be written.
    case written(LineWriter.Ending?)
    /// All webhooks have finished.
    case posted
    /// The time for delivery is over.
    case late
    case done
  }

  private let configuration: WatchConfiguration
  private let ports: WatchPorts
  private let loop: EventLoop
  private let clock: StreamClock
  private let outputs: EventOutputs
  private let polls: PollerSet
  private let subject: WatchSubject
  private let stops: AsyncStream<WatchOutcome.Cause>
  private let stop: AsyncStream<WatchOutcome.Cause>.Continuation

  /// Why watching ended; nil while it goes on.
  private var cause: WatchOutcome.Cause?
  private var output: LineWriter.Ending?
  private var openOutputs = 0
  /// When a signal first asked for the end.
  private var signalledAt: BootInstant?

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  package init(_ configuration: WatchConfiguration, _ ports: WatchPorts) {
    self.configuration = configuration
    self.ports = ports
    (loop, clock) = (ports.loop, ports.clock)
    let outputs = EventOutputs(configuration, ports)
    self.outputs = outputs
    var settings = configuration.settings
    settings.show = { [notify = ports.notify] in notify(.polls($0)) }
    settings.pauseReason = { outputs.pauseReason() }
    settings.storeObstacle = { [store = ports.store] in store.obstacle }
    settings.endsWaiting = { [store = ports.store] in await store.beginEnd() }
    settings.saved = ports.saved?.rooms
    settings.savedCalls = ports.saved?.calls ?? [:]
    settings.over = ports.saved?.over ?? []
    settings.discoveries = ports.saved?.discoveries ?? [:]
    subject = configuration.subject.without(settings.over)
    polls = PollerSet(
      on: ports.loop, clock: ports.clock, api: ports.api, settings: settings, observer: ports.observer,
      hints: ports.hints,
      undelivered: { await outputs.undelivered() }
    ) { commit in await outputs.publish(commit) }
    (stops, stop) = AsyncStream.makeStream(of: WatchOutcome.Cause.self)
  }

  /// The current request budget.
  package nonisolated var budget: RequestBudget { polls.origin.budget }

  /// Watches and delivers until the end, and returns the outcome. Call it once.
  package func run() async -> WatchOutcome {
    await withTaskGroup(of: Step.self) { group in
      defer { group.cancelAll() }
      // Comes first, because a signal must not end the process before what is written from here on is recorded.
      awaitSignals(&group)
      startOutputs(&group)
      startReports(&group)
      if configuration.settings.scansOnce { await outputs.store.limitWaiting(to: RunStore.singleScanTime) }
      await outputs.begin()
      startStore(&group)
      group.addTask { .watched(await self.watch()) }
      for await step in group {
        if case .late = step, !configuration.waitsForReader { return }
        await take(step, &group)
        if cause != nil, openOutputs == 0 { return }
      }
    }
    var outcome = WatchOutcome(cause: cause ?? .cancelled, output: output)
    await closeStore()
    outcome.unwritten = outputs.unwritten
    outcome.webhooks = await outputs.webhooks.reports()
    return outcome
  }

  // MARK: Concurrent tasks

  private func startOutputs(_ group: inout TaskGroup<Step>) {
    let outputs = outputs
    if let writer = outputs.writer {
      openOutputs += 1
      group.addTask { .written(await outputs.writeLines(writer)) }
      group.addTask { await writer.readerLeaves() == .readerGone ? .readerLeft : .done }
    }
    openOutputs += 1
    group.addTask {
      await outputs.webhooks.run()
      return .posted
    }
  }

  private func startReports(_ group: inout TaskGroup<Step>) {
    guard let report = ports.report else { return }
    let oldest = OldestEvents(outputs, on: loop)
    group.addTask {
      await oldest.follow()
      return .done
    }
    group.addTask {
      repeat { report(await self.report(oldest)) } while await self.loop.sleeps(for: self.ports.reportInterval)
      return .done
    }
  }

  private func startStore(_ group: inout TaskGroup<Step>) {
    let (store, clock, history) = (outputs.store, clock, configuration.history)
    group.addTask {
      await store.run()
      return .done
    }
    group.addTask {
      for await failure in store.failures { return .storeFailed(failure) }
      return .done
    }
    guard let file = store.file else { return }
    group.addTask {
      await store.watchPlace()
      return .done
    }
    guard let history else { return }
    group.addTask {
      repeat {
        // What cannot be removed now is removed later.
        while !Task.isCancelled, (try? await file.forget(before: clock.now - history)) == true {}
        try? await file.scrub()
      } while await self.loop.sleeps(for: Self.pruningInterval)
      return .done
    }
  }

  private func awaitSignals(_ group: inout TaskGroup<Step>) {
    guard let signals = ports.signals else { return }
    group.addTask { await signals.end() ? .signalled : .done }
    awaitHangUp(&group)
  }

  private func awaitHangUp(_ group: inout TaskGroup<Step>) {
    guard let signals = ports.signals else { return }
    group.addTask { await signals.reload.first { _ in true } == nil ? .done : .hungUp }
  }

  private func awaitEnd(of time: Duration, _ group: inout TaskGroup<Step>) {
    group.addTask { await self.loop.sleeps(for: time) ? .late : .done }
  }

  /// Watches until the watch ends by itself, its time is over, or something stops it.
  private func watch() async -> WatchOutcome.Cause {
    await withTaskGroup(of: WatchOutcome.Cause?.self) { group in
      let (polls, subject, stops) = (polls, subject, stops)
      group.addTask {
        switch subject {
        case .conferences(let conferences): return .conferences(await polls.run(conferences))
        case .found(let selection): return await polls.run(selection).map { .discovery($0) }
        }
      }
      group.addTask { await stops.first { _ in true } }
      if let duration = configuration.duration {
        group.addTask { await self.loop.sleeps(for: duration) ? .duration : nil }
      }
      var cause: WatchOutcome.Cause?
      while cause == nil, let next = await group.next() { cause = next }
      group.cancelAll()
      // Polls that wait for the store end only once it takes their commits or gives them up.
      await outputs.store.beginEnd()
      return cause ?? .cancelled
    }
  }

  // MARK: Results of tasks

  private func take(_ step: Step, _ group: inout TaskGroup<Step>) async {
    switch step {
    case .watched(let cause): await finish(cause, &group)
    case .hungUp:
      awaitHangUp(&group)
      await reload()
    case .signalled:
      ports.ends()
      signalledAt = signalledAt ?? loop.now
      stop.yield(.signal)
      guard cause != nil else { return }
      await outputs.webhooks.drain(until: clock.now + Self.drainTime)
      awaitEnd(of: Self.drainTime, &group)
    case .storeFailed(let failure): stop.yield(.store(failure))
    case .readerLeft:
      // A format that writes nothing would not notice that the reader has left.
      output = output ?? .readerGone
      stop.yield(.output(.readerGone))
    case .written(let ending):
      openOutputs -= 1
      output = ending ?? output
      if let ending { stop.yield(.output(ending)) }
    case .posted: openOutputs -= 1
    case .late, .done: break
    }
  }

  /// Ends watching, and limits how long stored events are still delivered.
  private func finish(_ cause: WatchOutcome.Cause, _ group: inout TaskGroup<Step>) async {
    self.cause = cause
    ports.ends()
    ports.notify(.ended(cause))
    let reason = cause.reason(of: subject.conferences)
    let time = drainTime(after: reason)
    // With a state file, a single scan is one run of a periodic job, whose end is not an event.
    let isSilent = configuration.settings.scansOnce && outputs.store.isDurable
    await outputs.finish(with: isSilent ? [] : [.stopped(reason, at: clock.now)], until: clock.now + time)
    for report in await outputs.webhooks.reports() where report.isFailing {
      ports.notify(.draining(report, for: time, isSignalled: signalledAt != nil))
    }
    awaitEnd(of: time, &group)
  }

  /// Returns how long events are still delivered.
  private func drainTime(after reason: StopReason) -> Duration {
    // The store may have used some of the time since the signal.
    if let signalledAt { return max(.zero, loop.now.duration(to: signalledAt.advanced(by: Self.drainTime))) }
    return switch reason {
    case .conferenceEnded, .once, .duration: outputs.store.isDurable ? Self.drainTime : Self.longDrainTime
    case .signal, .readerGone, .error: Self.drainTime
    }
  }

  private func closeStore() async {
    let end = loop.now.advanced(by: RunStore.closingTime)
    let failure = await outputs.store.close(until: signalledAt.map { min(end, $0.advanced(by: Self.drainTime)) } ?? end)
    // A failure that ended the run has already been shown.
    guard await !outputs.store.hasFailed else { return }
    ports.notify(.notSaved(await outputs.store.givenUp, cursors: failure))
  }

  /// Reads all files again. A file with an error leaves the old values in use.
  private func reload() async {
    ports.notify(.reloading)
    await ports.reload()
    await polls.renewToken()
    await outputs.webhooks.renew()
  }

  // MARK: Health

  /// Returns a health report without waiting for the store, so that a late report means that the loop is stuck.
  private func report(_ oldest: OldestEvents) async -> HealthReport {
    var report = HealthReport()
    report.vitals = await polls.vitals()
    report.events = outputs.store.tally
    report.alerts = outputs.store.alerts
    // An alert that was never raised has a metric too, so that its first one shows as an increase.
    for condition in configuration.settings.alerts { report.alerts[condition.name, default: 0] += 0 }
    report.receivedBytes = ports.receivedBytes()
    report.hints = ports.hints?.count ?? 0
    if let writer = outputs.writer {
      var tally = WebhookSink.Tally(delivered: await writer.written)
      tally.undelivered = outputs.unwritten
      report.targets.append(await target(LineWriter.target, tally, oldest))
    }
    for webhook in await outputs.webhooks.reports() {
      report.targets.append(await target(webhook.name, webhook.tally, oldest))
    }
    return report
  }

  private func target(_ name: String, _ tally: WebhookSink.Tally, _ oldest: OldestEvents) async -> HealthReport.Target {
    .init(name: name, tally: tally, oldestAge: tally.undelivered > 0 ? await oldest.age(of: name) : .zero)
  }
}
