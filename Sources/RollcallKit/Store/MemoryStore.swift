package import RollcallCore

/// The store of a run without state: events live in memory until every target has them.
///
/// It is bounded by those who read it: webhooks give up their oldest events at ``WebhookSink/bound``, and polls stop
/// while standard output is behind by ``isFull(for:)``.
package actor MemoryStore: EventStore {
  /// Events that standard output may be behind before polls stop.
  package static let bound = 100_000

  private let loop: EventLoop
  private var stream: EventStream
  private var events = FIFO<StoredEvent>()
  private var cursors: [String: UInt64]

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameter targets: the names of all that read from the store; they begin with its first event.
  package init(on loop: EventLoop, epoch: UInt64, targets: [String]) {
    self.loop = loop
    stream = EventStream(epoch: epoch)
    cursors = Dictionary(targets.map { ($0, 0) }) { first, _ in first }
  }

  package func commit(_ drafts: [EventDraft]) {
    for draft in drafts {
      let event = stream.freeze(draft)
      if !cursors.isEmpty { events.append(event) }
    }
  }

  package func events(after sequence: UInt64, limit: Int) -> [StoredEvent] {
    guard let first = events.first?.sequence else { return [] }
    let skipped = sequence < first ? 0 : Int(sequence - first) + 1
    return Array(events.contents.dropFirst(skipped).prefix(limit))
  }

  package func acknowledge(_ sequence: UInt64, by target: String) {
    guard let cursor = cursors[target], sequence > cursor else { return }
    cursors[target] = min(sequence, stream.lastSequence)
    forgetDelivered()
  }

  /// How many events have yet to reach the target.
  package func undelivered(to target: String) -> Int {
    Int(stream.lastSequence - (cursors[target] ?? stream.lastSequence))
  }

  /// Whether the target is as far behind as it may be.
  package func isFull(for target: String) -> Bool { undelivered(to: target) >= Self.bound }

  /// How many events are kept.
  package var count: Int { events.count }

  private func forgetDelivered() {
    guard let reached = cursors.values.min() else { return }
    while let first = events.first, first.sequence <= reached { _ = events.popFirst() }
  }
}
