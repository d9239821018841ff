package import RollcallCore

/// The store of a run without state: events live in memory until every target has them.
package actor MemoryStore: EventStore {
  private let loop: EventLoop
  private var stream: EventStream
  private var events: [StoredEvent] = []
  private var cursors: [String: UInt64]

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameter targets: the names of all that read from the store; they begin with its first event.
  package init(on loop: EventLoop, epoch: UInt64, targets: [String]) {
    self.loop = loop
    stream = EventStream(epoch: epoch)
    cursors = Dictionary(uniqueKeysWithValues: targets.map { ($0, 0) })
  }

  package func commit(_ drafts: [EventDraft]) {
    for draft in drafts {
      let event = stream.freeze(draft)
      if !cursors.isEmpty { events.append(event) }
    }
  }

  package func events(after sequence: UInt64, limit: Int) -> [StoredEvent] {
    guard let first = events.first?.sequence else { return [] }
    let start = sequence < first ? 0 : Int(sequence - first) + 1
    guard start < events.count else { return [] }
    return Array(events[start..<min(events.count, start + limit)])
  }

  package func acknowledge(_ sequence: UInt64, by target: String) {
    guard let cursor = cursors[target], sequence > cursor else { return }
    cursors[target] = sequence
    forgetDelivered()
  }

  /// How many events have yet to reach the target.
  package func undelivered(to target: String) -> Int {
    Int(stream.lastSequence - (cursors[target] ?? stream.lastSequence))
  }

  private func forgetDelivered() {
    guard let reached = cursors.values.min(), let first = events.first?.sequence, reached >= first else { return }
    events.removeFirst(Int(reached - first) + 1)
  }
}
