package import RollcallCore
import Synchronization

/// The store of a run without state: events live in memory until every target has them.
///
/// It is bounded by those who read it: webhooks give up their oldest events at ``bound``, and polls stop while standard
/// output is behind by that.
package final class MemoryStore: EventStore {
  /// Events that one target may be behind.
  package static let bound = 100_000

  fileprivate struct Contents {
    var stream: EventStream
    var events = FIFO<StoredEvent>()
    var cursors: [String: Cursor]
  }

  package let isInMemory = true

  private let epoch: UInt64
  private let contents: Mutex<Contents>

  /// - Parameters:
  ///   - redaction: what events do not show.
  ///   - targets: the names of all that read from the store; they begin with its first event, later ones with the next.
  package init(epoch: UInt64, redaction: Redaction? = nil, targets: [String]) {
    self.epoch = epoch
    let cursors = Dictionary(targets.map { ($0, Cursor(first: 1)) }) { first, _ in first }
    contents = Mutex(Contents(stream: EventStream(epoch: epoch, redaction: redaction), cursors: cursors))
  }

  package func commit(_ commit: PollCommit) {
    contents.withLock { contents in
      for draft in commit.drafts {
        let event = contents.stream.freeze(draft)
        if !contents.cursors.isEmpty { contents.events.append(event) }
      }
    }
  }

  package func events(after sequence: UInt64, limit: Int) -> [StoredEvent] {
    contents.withLock { Array($0.rest(after: sequence).prefix(limit)) }
  }

  package func id(of sequence: UInt64) -> String? { EventStream.id(epoch: epoch, sequence: sequence) }

  package func references(in span: LaneSpan, of selection: EventFilter, limit: Int) -> [EventReference] {
    contents.withLock { $0.matches(span, selection).prefix(limit).map(EventReference.init) }
  }

  package func count(in span: LaneSpan, of selection: EventFilter) -> Int {
    contents.withLock { $0.matches(span, selection).count { _ in true } }
  }

  package func last(in span: LaneSpan, of selection: EventFilter) -> UInt64? {
    contents.withLock { contents in
      contents.rest(after: span.after).last {
        $0.sequence <= span.through && $0.conference == span.lane && selection.accepts($0)
      }?.sequence
    }
  }

  package func cursor(of target: String) -> Cursor {
    contents.withLock { contents in
      if let known = contents.cursors[target] { return known }
      let cursor = Cursor(first: contents.stream.lastSequence + 1)
      contents.cursors[target] = cursor
      return cursor
    }
  }

  package func saveCursor(_ cursor: Cursor, of target: String) {
    contents.withLock { contents in
      guard contents.cursors[target] != nil else { return }
      contents.cursors[target] = cursor
      contents.drop()
    }
  }

  package func dismiss(_ target: String) {
    contents.withLock { contents in
      contents.cursors[target] = nil
      contents.drop()
    }
  }

  /// Does nothing: who gives an event up tells people, and it is gone.
  package func addDeadLetter(_ letter: DeadLetter) {}

  package func undelivered(to target: String) -> Int {
    contents.withLock { contents in
      guard let cursor = contents.cursors[target] else { return 0 }
      return Int(contents.stream.lastSequence - min(cursor.done, contents.stream.lastSequence))
    }
  }

  /// How many events are kept.
  package var count: Int { contents.withLock { $0.events.count } }
}

extension MemoryStore.Contents {
  fileprivate func rest(after sequence: UInt64) -> ArraySlice<StoredEvent> {
    guard let first = events.first?.sequence else { return [] }
    return events.contents.dropFirst(sequence < first ? 0 : Int(sequence - first) + 1)
  }

  fileprivate func matches(_ span: LaneSpan, _ selection: EventFilter) -> some Sequence<StoredEvent> {
    rest(after: span.after).lazy.prefix { $0.sequence <= span.through }
      .filter { $0.conference == span.lane && selection.accepts($0) }
  }

  /// Drops the events that nobody waits for.
  fileprivate mutating func drop() {
    let reached = cursors.values.lazy.map(\.done).min() ?? stream.lastSequence
    while let first = events.first, first.sequence <= reached { _ = events.popFirst() }
  }
}
