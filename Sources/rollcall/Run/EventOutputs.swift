import RollcallCore
import RollcallKit

/// Where the events of one run go: the store, standard output and the webhooks that read from it.
struct EventOutputs: Sendable {
  let store: RunStore
  let clock: StreamClock
  let writer: LineWriter?
  let webhooks: WebhookSinks
  /// nil where none is drawn.
  let live: LiveBoard?
  private let commits: AsyncStream<Void>
  private let commit: AsyncStream<Void>.Continuation
  private let log: StandardError

  /// - Parameters:
  ///   - selection: what standard output gets.
  ///   - redactions: what events do not show.
  init(
    _ store: RunStore, on loop: EventLoop, clock: StreamClock, transport: any HTTPTransport,
    webhooks: WebhookTargets, display: EventDisplay?, selection: EventSelection,
    redactions: KnownRedactions, log: StandardError
  ) {
    self.store = store
    self.clock = clock
    self.log = log
    (writer, live) = Self.standardOutput(display, store, on: loop, selection: selection.redacted(by: redactions))
    let webhooks = webhooks.redacted(by: redactions)
    self.webhooks = WebhookSinks(webhooks, on: loop, store: store, log: log) { member in
      let target = member.target
      return WebhookSink(
        target, on: loop, clock: clock, store: store.events, transport: transport,
        selection: member.selection, bound: store.bound, source: { webhooks.fresh(target.name) }
      ) { notice in WebhookLog.tell(notice, of: target, on: log) }
    }
    (commits, commit) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  private static func standardOutput(
    _ display: EventDisplay?, _ store: RunStore, on loop: EventLoop, selection: EventSelection
  ) -> (writer: LineWriter?, live: LiveBoard?) {
    let output = StandardOutput.shared
    let format: any LineFormat
    switch display {
    case nil: return (nil, nil)
    case .board(let display):
      let live = LiveBoard(display, lists: selection)
      // A board needs every event to know who is in the room.
      let writer = LineWriter(on: loop, store: store.events, output: output, format: live)
      return (writer, live)
    case .ndjson: format = FrozenLines()
    case .text(let text): format = EventTable(text.look, names: text.names, namesConference: text.namesConference)
    }
    return (
      LineWriter(on: loop, store: store.events, output: output, format: format, selection: selection), nil
    )
  }

  /// Has everybody fetch what an earlier run has left.
  ///
  /// Only then does the store know who reads from it, and keeps what they have yet to get.
  func begin() async {
    // What cannot be read now is told by whoever reads next.
    if writer != nil { _ = try? await store.events.progress(of: LineWriter.target) }
    commit.yield()
    await webhooks.begin()
  }

  /// Stores a poll's events, and has everybody fetch them.
  func publish(_ commit: PollCommit, isLast: Bool = false) async {
    guard await store.commit(commit, isLast: isLast), !commit.drafts.isEmpty else { return }
    self.commit.yield()
    await webhooks.notice()
  }

  /// Stores the last events of the run. Each output ends once it has them, webhooks at the moment given at the latest.
  func finish(with drafts: [EventDraft], until moment: Timestamp) async {
    if !drafts.isEmpty { await publish(PollCommit(drafts), isLast: true) }
    commit.finish()
    await webhooks.drain(until: moment)
  }

  /// Why nothing may be polled now; webhooks hold nobody back.
  func heldBack() async -> GapReason? {
    if store.isDiskFull { return .diskFull }
    guard writer != nil else { return nil }
    return await store.events.undelivered(to: LineWriter.target) >= store.bound ? .backpressure : nil
  }

  /// How many events wait for an output, each counted once for each that it waits for.
  func undelivered() async -> Int {
    var count = writer == nil ? 0 : await store.events.undelivered(to: LineWriter.target)
    for report in await webhooks.reports() { count += report.tally.undelivered }
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
    for report in await webhooks.reports() where report.isFailing {
      let count = report.tally.undelivered
      let waiting = EventCount.text(count) + (count == 1 ? " waits" : " wait")
      log.log(
        .notice,
        "webhook \(report.label): \(waiting); delivery is tried for \(time.components.seconds) s at most"
      )
    }
  }

  /// Says what has not been delivered, if anything has not.
  ///
  /// - Returns: whether something is lost: what a state file keeps is not.
  func reportLoss() async -> Bool {
    var hasLoss = false
    if writer != nil {
      let count = await store.events.undelivered(to: LineWriter.target)
      if count > 0 {
        hasLoss = true
        log.conclude(.warning, "\(EventCount.past(count)) not written to standard output\(store.consolation)")
      }
    }
    for report in await webhooks.reports() where report.tally.hasLoss {
      hasLoss = true
      let tally = report.tally
      log.conclude(
        .warning,
        "webhook \(report.label): \(EventCount.past(tally.delivered)) delivered, "
          + "\(EventCount.pastAlone(tally.undelivered)) not, "
          + "\(EventCount.pastAlone(tally.deadLetters)) given up\(store.consolation)")
    }
    return hasLoss && !store.isDurable
  }
}
