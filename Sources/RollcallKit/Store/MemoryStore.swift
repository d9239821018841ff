package import RollcallCore

/// The store of a run without state: events live in memory until every target has them.
///
/// It is bounded by those who read it: webhooks give up their oldest events at ``bound``, and polls stop while standard
/// output is behind by that.
package actor MemoryStore: EventStore {
  /// Events that one target may be behind.
  package static let bound = 100_000

  package nonisolated let isInMemory = true

  private let loop: EventLoop
  private var stream: EventStream
  private var events = FIFO<StoredEvent>()
  private var progresses: [String: TargetProgress]

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - redaction: what events do not show.
  ///   - targets: the names of all that read from the store; they begin with its first event, later ones with the next.
  package init(on loop: EventLoop, epoch: UInt64, redaction: Redaction? = nil, targets: [String]) {
    self.loop = loop
    stream = EventStream(epoch: epoch, redaction: redaction)
    progresses = Dictionary(targets.map { ($0, TargetProgress(first: 1)) }) { first, _ in first }
  }

  package func commit(_ commit: PollCommit) {
    for draft in commit.drafts {
      let event = stream.freeze(draft)
      if !progresses.isEmpty { events.append(event) }
    }
  }

  package func events(after sequence: UInt64, limit: Int) -> [StoredEvent] {
    Array(rest(after: sequence).prefix(limit))
  }

  package func id(of sequence: UInt64) -> String { EventStream.id(epoch: stream.epoch, sequence: sequence) }

  package func references(in span: LaneSpan, of selection: EventSelection, limit: Int) -> [EventReference] {
    matches(span, selection).prefix(limit).map(EventReference.init)
  }

  package func count(in span: LaneSpan, of selection: EventSelection) -> Int {
    matches(span, selection).count { _ in true }
  }

  package func last(in span: LaneSpan, of selection: EventSelection) -> UInt64? {
    rest(after: span.after).last {
      $0.sequence <= span.through && $0.conference == span.lane && selection.accepts($0)
    }?.sequence
  }

  private func rest(after sequence: UInt64) -> ArraySlice<StoredEvent> {
    guard let first = events.first?.sequence else { return [] }
    return events.contents.dropFirst(sequence < first ? 0 : Int(sequence - first) + 1)
  }

  private func matches(_ span: LaneSpan, _ selection: EventSelection) -> some Sequence<StoredEvent> {
    rest(after: span.after).lazy.prefix { $0.sequence <= span.through }
      .filter { $0.conference == span.lane && selection.accepts($0) }
  }

  package func progress(of target: String) -> TargetProgress {
    if let known = progresses[target] { return known }
    let progress = TargetProgress(first: stream.lastSequence + 1)
    progresses[target] = progress
    return progress
  }

  package func note(_ progress: TargetProgress, of target: String) {
    guard progresses[target] != nil else { return }
    progresses[target] = progress
    drop()
  }

  package func dismiss(_ target: String) {
    progresses[target] = nil
    drop()
  }

  /// Drops the events that nobody waits for.
  private func drop() {
    let reached = progresses.values.lazy.map(\.done).min() ?? stream.lastSequence
    while let first = events.first, first.sequence <= reached { _ = events.popFirst() }
  }

  /// Does nothing: who gives an event up tells people, and it is gone.
  package func bury(_ letter: DeadLetter) {}

  package func undelivered(to target: String) -> Int {
    guard let progress = progresses[target] else { return 0 }
    return Int(stream.lastSequence - min(progress.done, stream.lastSequence))
  }

  /// How many events are kept.
  package var count: Int { events.count }
}
