package import RollcallCore
import Synchronization

/// The store of a run without state: events stay in memory until every target has them.
///
/// Its readers limit its size: webhooks give up their oldest events at ``bound``, and polling stops while standard
/// output is that far behind.
package final class MemoryStore: EventStore {
  /// The maximum number of events that a target may be behind.
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
  ///   - redaction: the redaction of events.
  ///   - targets: the names of the targets that start with the first event; a later target starts with the next event.
  package init(epoch: UInt64, redaction: Redaction? = nil, targets: [String]) {
    self.epoch = epoch
    let cursors = Dictionary(targets.map { ($0, Cursor(first: 1)) }) { first, _ in first }
    contents = Mutex(Contents(stream: EventStream(epoch: epoch, redaction: redaction), cursors: cursors))
  }

  package func commit(_ commit: PollCommit) {
    contents.withLock { contents in
      for event in commit.events {
        let stored = contents.stream.freeze(event)
        if !contents.cursors.isEmpty { contents.events.append(stored) }
      }
    }
  }

  package func events(after sequence: UInt64, limit: Int) -> [StoredEvent] {
    contents.withLock { Array($0.rest(after: sequence).prefix(limit)) }
  }

  package func id(of sequence: UInt64) -> String? { EventStream.id(epoch: epoch, sequence: sequence) }

  package func references(in span: LaneSpan, of filter: EventFilter, limit: Int) -> [EventReference] {
    contents.withLock { $0.matches(span, filter).prefix(limit).map(EventReference.init) }
  }

  package func count(in span: LaneSpan, of filter: EventFilter) -> Int {
    contents.withLock { $0.matches(span, filter).count { _ in true } }
  }

  package func last(in span: LaneSpan, of filter: EventFilter) -> UInt64? {
    contents.withLock { contents in
      contents.rest(after: span.after).last {
        $0.sequence <= span.through && $0.conference == span.lane && filter.accepts($0)
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

  /// Does nothing: without state, events that are given up are logged but not kept.
  package func addDeadLetter(_ letter: DeadLetter) {}

  package func undelivered(to target: String) -> Int {
    contents.withLock { contents in
      guard let cursor = contents.cursors[target] else { return 0 }
      return Int(contents.stream.lastSequence - min(cursor.done, contents.stream.lastSequence))
    }
  }

  /// The number of events in memory.
  package var count: Int { contents.withLock { $0.events.count } }
}

extension MemoryStore.Contents {
  fileprivate func rest(after sequence: UInt64) -> ArraySlice<StoredEvent> {
    guard let first = events.first?.sequence else { return [] }
    return events.contents.dropFirst(sequence < first ? 0 : Int(sequence - first) + 1)
  }

  fileprivate func matches(_ span: LaneSpan, _ filter: EventFilter) -> some Sequence<StoredEvent> {
    rest(after: span.after).lazy.prefix { $0.sequence <= span.through }
      .filter { $0.conference == span.lane && filter.accepts($0) }
  }

  /// Drops the events that every target has.
  fileprivate mutating func drop() {
    let reached = cursors.values.lazy.map(\.done).min() ?? stream.lastSequence
    while let first = events.first, first.sequence <= reached { _ = events.popFirst() }
  }
}
