import RollcallCore
import RollcallKit

/// Where the events of one run go: the store, standard output and the webhooks that read from it.
struct EventOutputs: Sendable {
  private let store: MemoryStore
  let writer: LineWriter?
  let sinks: [WebhookSink]
  private let commits: AsyncStream<Void>
  private let commit: AsyncStream<Void>.Continuation
  private let log: StandardError

  init(
    on loop: EventLoop, clock: StreamClock, transport: any HTTPTransport, webhooks: [WatchSession.Webhook],
    writesStandardOutput: Bool, allows: @escaping @Sendable (EventType) -> Bool, log: StandardError
  ) {
    let names = (writesStandardOutput ? [LineWriter.target] : []) + webhooks.map(\.target.name)
    let store = MemoryStore(on: loop, epoch: .random(in: .min ... .max), targets: names)
    self.store = store
    self.log = log
    writer =
      writesStandardOutput
      ? LineWriter(on: loop, store: store, descriptor: StandardOutput.descriptor, allows: allows) : nil
    sinks = webhooks.map { webhook in
      WebhookSink(
        webhook.target, on: loop, clock: clock, store: store, transport: transport, allows: allows,
        source: webhook.readAgain
      ) { notice in WebhookLog.tell(notice, of: webhook.target, on: log) }
    }
    (commits, commit) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// Reads the webhooks' secrets again.
  func renewSecrets() async {
    for sink in sinks { await sink.renewSecrets() }
  }

  /// Stores a poll's events, and has everybody fetch them.
  func publish(_ drafts: [EventDraft]) async {
    await store.commit(drafts)
    commit.yield()
    for sink in sinks { await sink.notice() }
  }

  /// Stores the last events of the run. Each output ends once it has them, webhooks at the moment given at the latest.
  func finish(with drafts: [EventDraft], until moment: Timestamp) async {
    await publish(drafts)
    commit.finish()
    await shorten(to: moment)
  }

  /// Brings the webhooks' last moment forward.
  func shorten(to moment: Timestamp) async {
    for sink in sinks { await sink.drain(until: moment) }
  }

  /// Whether standard output is as far behind as it may be; webhooks hold nobody back.
  func isHeldBack() async -> Bool { await store.isFull(for: LineWriter.target) }

  /// How many events wait for an output, each counted once for each that it waits for.
  func undelivered() async -> Int {
    var count = writer == nil ? 0 : await store.undelivered(to: LineWriter.target)
    for sink in sinks { count += await sink.report.undelivered }
    return count
  }

  /// Writes each commit's lines until the last one is written.
  ///
  /// - Returns: why they cannot be written any longer; nil at the end.
  func writeLines(_ writer: LineWriter) async -> LineWriter.Ending? {
    for await _ in commits {
      if let ending = await writer.drain() { return ending }
    }
    return nil
  }

  /// Says why the process is still there, where a webhook is behind.
  func reportWaiting(for time: Duration) async {
    for sink in sinks where await sink.isFailing {
      let count = await sink.report.undelivered
      log.log(
        .notice,
        "webhook \(sink.target.host): \(count) events wait; they are tried for \(time.components.seconds) s at most")
    }
  }

  /// Says what has been lost, if anything has.
  ///
  /// - Returns: whether something has.
  func reportLoss() async -> Bool {
    var hasLoss = false
    if writer != nil {
      let count = await store.undelivered(to: LineWriter.target)
      if count > 0 {
        hasLoss = true
        log.log(.warning, "\(count) events were not written to standard output")
      }
    }
    for sink in sinks {
      let report = await sink.report
      guard report.hasLoss else { continue }
      hasLoss = true
      log.log(
        .warning,
        "webhook \(sink.target.host): \(report.delivered) events were delivered, \(report.undelivered) were not, "
          + "\(report.deadLetters) were given up")
    }
    return hasLoss
  }
}
