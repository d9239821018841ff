package import RollcallCore

/// A store that forwards everything to another one. Conforming types override what they do differently.
package protocol ForwardingStore: EventStore {
  var store: any EventStore { get }
}

extension ForwardingStore {
  package var isInMemory: Bool { store.isInMemory }

  package func commit(_ commit: PollCommit) async throws(StoreFailure) { try await store.commit(commit) }

  package func events(after sequence: UInt64, limit: Int) async throws(StoreFailure) -> [StoredEvent] {
    try await store.events(after: sequence, limit: limit)
  }

  package func id(of sequence: UInt64) async throws(StoreFailure) -> String? { try await store.id(of: sequence) }

  package func references(
    in span: LaneSpan, of selection: EventFilter, limit: Int
  ) async throws(StoreFailure) -> [EventReference] {
    try await store.references(in: span, of: selection, limit: limit)
  }

  package func count(in span: LaneSpan, of selection: EventFilter) async throws(StoreFailure) -> Int {
    try await store.count(in: span, of: selection)
  }

  package func last(in span: LaneSpan, of selection: EventFilter) async throws(StoreFailure) -> UInt64? {
    try await store.last(in: span, of: selection)
  }

  package func cursor(of target: String) async throws(StoreFailure) -> Cursor {
    try await store.cursor(of: target)
  }

  package func saveCursor(_ cursor: Cursor, of target: String) { store.saveCursor(cursor, of: target) }

  package func dismiss(_ target: String) async { await store.dismiss(target) }

  package func addDeadLetter(_ letter: DeadLetter) { store.addDeadLetter(letter) }

  package func undelivered(to target: String) -> Int { store.undelivered(to: target) }
}
