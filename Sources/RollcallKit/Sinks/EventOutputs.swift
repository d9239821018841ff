import RollcallCore
import Synchronization

/// Where the events of one watch go: the store, and standard output and the webhooks that read from it.
struct EventOutputs: Sendable {
  let store: RunStore
  let clock: StreamClock
  let writer: LineWriter?
  let webhooks: WebhookSinks
  /// What messages call conferences and people.
  private let known: KnownNames
  /// Whether anything may show the names of people.
  private let learnsPeople: Bool
  /// Events that standard output may be behind before polls pause.
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

  /// Has everybody fetch what an earlier run has left.
  ///
  /// Only then does the store know who reads from it, and keeps what they have yet to get.
  func begin() async {
    // What cannot be read now is told by whoever reads next.
    if writer != nil { _ = try? await store.events.cursor(of: LineWriter.target) }
    commit.yield()
    await webhooks.begin()
  }

  /// Stores a poll's events, and has everybody fetch them.
  func publish(_ commit: PollCommit) async -> CommitOutcome {
    known.learn(from: commit.events, includesPeople: learnsPeople)
    let outcome = await store.commit(commit)
    guard outcome != .notStored, !commit.events.isEmpty else { return outcome }
    self.commit.yield()
    await webhooks.notice()
    return outcome
  }

  /// Stores the last events of the run. Each output ends once it has them, webhooks at the moment given at the latest.
  func finish(with events: [Event], until moment: Timestamp) async {
    if !events.isEmpty { _ = await publish(PollCommit(events)) }
    commit.finish()
    await webhooks.drain(until: moment)
  }

  /// Why nothing may be polled now; webhooks hold nobody back.
  func pauseReason() -> OutageReason? { unwritten >= maximumUnwritten ? .backpressure : nil }

  /// How many lines are not written.
  var unwritten: Int { writer == nil ? 0 : store.events.undelivered(to: LineWriter.target) }

  /// How many events wait for an output, each counted once for each that it waits for.
  func undelivered() async -> Int { await webhooks.reports().reduce(unwritten) { $0 + $1.tally.undelivered } }

  /// Writes each commit's lines until the last one is written.
  ///
  /// - Returns: why they cannot be written any longer; nil at the end.
  func writeLines(_ writer: LineWriter) async -> LineWriter.Ending? {
    for await _ in commits {
      if let ending = await writer.drain() { return ending }
    }
    return nil
  }
}

/// Tells of each event that the store no longer has as it was, once, whoever comes upon it.
final class DamageLog: Sendable {
  /// Events that are told of; more of them say nothing new.
  private static let maximum = 1000

  private let told = Mutex<Set<UInt64>>([])
  private let notify: @Sendable (WatchNotice) -> Void

  init(_ notify: @escaping @Sendable (WatchNotice) -> Void = { _ in }) { self.notify = notify }

  func report(_ event: StoredEvent) {
    let isNew = told.withLock { $0.count < Self.maximum && $0.insert(event.sequence).inserted }
    if isNew { notify(.damaged(sequence: event.sequence)) }
  }
}
