import RollcallCore
import Synchronization

/// The outputs of one watch: the store, and standard output and the webhooks, which read from it.
struct EventOutputs: Sendable {
  let store: RunStore
  let clock: StreamClock
  let writer: LineWriter?
  let webhooks: WebhookSinks
  /// The names of conferences and participants for messages.
  private let known: KnownNames
  /// Whether any output may show participants' names.
  private let learnsPeople: Bool
  /// The maximum number of unwritten events before polling pauses.
  private let maximumUnwritten: Int
  private let commits: AsyncStream<Void>
  private let commit: AsyncStream<Void>.Continuation

  init(_ configuration: WatchConfiguration, _ ports: WatchPorts) {
    let (loop, clock, store, transport) = (ports.loop, ports.clock, ports.store, ports.webhooks)
    self.store = store
    self.clock = clock
    let damages = DamageLog(ports.notify)
    writer = ports.lines.map { lines in
      LineWriter(
        on: loop, store: store.events, output: lines.output, format: lines.format,
        selection: configuration.lines.redacted(by: configuration.settings.redaction), damages: damages)
    }
    let known = ports.names ?? KnownNames(ports.saved, redaction: configuration.settings.redaction)
    self.known = known
    learnsPeople = ports.names != nil || !configuration.webhooks.targets.isEmpty
    let source = configuration.webhooks.redacted(by: configuration.settings.redaction)
    webhooks = WebhookSinks(source, on: loop, store: store, notify: ports.notify) { [notify = ports.notify] target in
      WebhookSink(
        target, on: loop, clock: clock, store: store.events, transport: transport, bound: store.bound,
        limits: target.limits, damages: damages, known: known,
        source: { source.fresh(target.name) }
      ) { notify(.webhook(target, $0)) }
    }
    maximumUnwritten = configuration.maximumUnwritten ?? store.bound
    (commits, commit) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// Starts delivering what an earlier run left undelivered.
  ///
  /// From then on the store knows its readers, and keeps the events that they still need.
  func begin() async {
    // If the cursor is unreadable now, the next read reports that.
    if writer != nil { _ = try? await store.events.cursor(of: LineWriter.target) }
    commit.yield()
    await webhooks.begin()
  }

  /// Stores a poll's events, and makes every output deliver them.
  func publish(_ commit: PollCommit) async -> CommitOutcome {
    known.learn(from: commit.events, includesPeople: learnsPeople)
    let outcome = await store.commit(commit)
    guard outcome != .notStored, !commit.events.isEmpty else { return outcome }
    self.commit.yield()
    await webhooks.notice()
    return outcome
  }

  /// Stores the last events of the run. Each output ends once it has delivered them; webhooks end at `moment` at the
  /// latest.
  func finish(with events: [Event], until moment: Timestamp) async {
    if !events.isEmpty { _ = await publish(PollCommit(events)) }
    commit.finish()
    await webhooks.drain(until: moment)
  }

  /// Returns why polling must pause now; webhooks never make it pause.
  func pauseReason() -> OutageReason? { unwritten >= maximumUnwritten ? .backpressure : nil }

  /// The number of unwritten lines.
  var unwritten: Int { writer == nil ? 0 : store.events.undelivered(to: LineWriter.target) }

  /// Returns the number of undelivered events, each counted once for each output.
  func undelivered() async -> Int { await webhooks.reports().reduce(unwritten) { $0 + $1.tally.undelivered } }

  /// Writes the lines of each commit until the run ends.
  ///
  /// - Returns: why lines can no longer be written; nil at the end.
  func writeLines(_ writer: LineWriter) async -> LineWriter.Ending? {
    for await _ in commits {
      if let ending = await writer.drain() { return ending }
    }
    return nil
  }
}

/// Reports each damaged event once, whichever output finds it.
final class DamageLog: Sendable {
  /// The maximum number of reports; further ones say nothing new.
  private static let maximum = 1000

  private let told = Mutex<Set<UInt64>>([])
  private let notify: @Sendable (WatchNotice) -> Void

  init(_ notify: @escaping @Sendable (WatchNotice) -> Void = { _ in }) { self.notify = notify }

  func report(_ event: StoredEvent) {
    let isNew = told.withLock { $0.count < Self.maximum && $0.insert(event.sequence).inserted }
    if isNew { notify(.damaged(sequence: event.sequence)) }
  }
}
