import RollcallCore
import RollcallKit

/// A run from its start to its exit status: what goes on side by side, and what follows when one of it ends.
struct WatchRun {
  /// How long events are delivered after the end of a run that somebody ended, or that failed.
  private static let drainTime: Duration = .seconds(8)
  /// The same where the run ended by itself: without state this is their only chance.
  private static let longDrainTime: Duration = .seconds(60)

  /// What one of the tasks of a run has come to.
  enum Step: Sendable {
    case watched(WatchEnding)
    case signalled(Signals.Signal)
    /// Nothing can be stored any longer.
    case storeFailed(StoreFailure)
    case readerLeft
    /// Standard output has everything, or cannot be written any longer.
    case written(LineWriter.Ending?)
    /// The webhooks have everything that they will get.
    case posted
    /// The time to deliver is over.
    case late
    case nothing
  }

  let watch: ConferenceWatch
  let subject: WatchSubject
  let duration: Duration?
  let outputs: EventOutputs
  let transport: CurlTransport
  let loop: EventLoop
  let clock: StreamClock
  let signals: Signals?
  let log: StandardError
  /// Whose advice people are given.
  var provider = Provider.signalWire
  /// What people and conferences are called, wherever the run shows that.
  var names: CurrentNames?
  /// How long delivered events are kept in the state file; nil without one.
  var keeps: Duration?
  /// Tells others how the run is doing; nil where nobody asks.
  var attendance: RunAttendance?
  /// Whether one scan of each conference is all there is to do.
  var isSingleScan = false

  /// Known once watching is over.
  private var status: ExitStatus?
  private var output: LineWriter.Ending?
  var openOutputs = 0
  private var wasSignalled = false

  init(
    watch: ConferenceWatch, subject: WatchSubject, duration: Duration?, outputs: EventOutputs,
    transport: CurlTransport, loop: EventLoop, clock: StreamClock, signals: Signals?, log: StandardError
  ) {
    self.watch = watch
    self.subject = subject
    self.duration = duration
    self.outputs = outputs
    self.transport = transport
    self.loop = loop
    self.clock = clock
    self.signals = signals
    self.log = log
  }

  /// Watches, delivers and says how it went.
  mutating func run() async -> Int32 {
    let (stops, stop) = AsyncStream.makeStream(of: WatchEnding.self)
    let second = await withTaskGroup(of: Step.self) { group -> Signals.Signal? in
      defer { group.cancelAll() }
      startOutputs(&group)
      if let attendance {
        group.addTask {
          await attendance.attend()
          return .nothing
        }
      }
      await outputs.begin()
      startStore(&group)
      let (watch, subject, duration, loop) = (watch, subject, duration, loop)
      group.addTask { .watched(await Self.watch(watch, subject, for: duration, until: stops, on: loop)) }
      awaitSignal(&group)
      for await step in group {
        if case .signalled(let signal) = step, wasSignalled, signal != .hangUp { return signal }
        if case .late = step { return nil }
        await take(step, stop, &group)
        if status != nil, openOutputs == 0 { return nil }
      }
      return nil
    }
    outputs.live?.end(at: loop.wallClock, log: log)
    if let second { return ExitStatus.signal(second.rawValue).code }
    return await exitCode()
  }

  private mutating func take(
    _ step: Step, _ stop: AsyncStream<WatchEnding>.Continuation, _ group: inout TaskGroup<Step>
  ) async {
    switch step {
    case .watched(let ending):
      let (reason, status) = ending.judge(
        of: subject, at: provider, isSingleScan: isSingleScan, log: log)
      self.status = status
      let time = Self.drainTime(after: reason, isShort: wasSignalled || outputs.store.isDurable)
      // For a job that runs again and again, with state, runs are of no interest.
      let isSilent = isSingleScan && outputs.store.isDurable
      await outputs.finish(with: isSilent ? [] : [.stopped(reason, at: clock.now)], until: clock.now + time)
      await outputs.reportWaiting(for: time)
      awaitEnd(of: time, &group)
    case .signalled(.hangUp):
      awaitSignal(&group)
      await renew()
    case .signalled:
      wasSignalled = true
      stop.yield(.signal)
      awaitSignal(&group)
      guard status != nil else { return }
      await outputs.webhooks.drain(until: clock.now + Self.drainTime)
      awaitEnd(of: Self.drainTime, &group)
    case .storeFailed(let failure): stop.yield(.store(failure))
    case .readerLeft:
      // Nothing is written for a board that could find out.
      if outputs.live != nil { output = .readerGone }
      stop.yield(.output(.readerGone))
    case .written(let ending):
      openOutputs -= 1
      output = ending ?? output
      if let ending { stop.yield(.output(ending)) }
    case .posted: openOutputs -= 1
    case .late, .nothing: break
    }
  }

  /// Reads everything again that lies in files. What is wrong there leaves the old in use, and is told.
  private func renew() async {
    log.log(.notice, "token, certificates, names and webhooks are read again")
    do throws(HTTPFailure) {
      try await transport.renewTrust()
    } catch {
      log.log(.warning, "the certificates stay as they were: \(error.reason)")
    }
    await watch.renewToken()
    // Before the webhooks, whose messages have names in them.
    names?.renew(log)
    await outputs.webhooks.renew()
  }

  private static func drainTime(after reason: StopReason, isShort: Bool) -> Duration {
    switch reason {
    case .conferenceEnded, .once, .duration: isShort ? drainTime : longDrainTime
    case .signal, .readerGone, .error: drainTime
    }
  }

  private func exitCode() async -> Int32 {
    await outputs.store.close()
    let hasLoss = await outputs.reportLoss()
    switch output {
    case .readerGone: Signals.endByBrokenPipe()
    case .failed(let number):
      let error = StandardOutput.failure(number)
      log.report(error)
      return error.exit.code
    case .unreadable(let failure):
      log.log(.error, "the state file cannot be read: \(failure.reason)")
      return (failure.kind == .damaged ? ExitStatus.damagedData : .inputOutput).code
    case .cancelled, nil: break
    }
    let status = status ?? .done
    return (status == .done && hasLoss ? .tryLater : status).code
  }
}
