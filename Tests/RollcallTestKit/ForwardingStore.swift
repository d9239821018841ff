package import RollcallCore

/// A store that has another do everything; whoever conforms says what is done differently.
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
    in span: LaneSpan, of selection: EventSelection, limit: Int
  ) async throws(StoreFailure) -> [EventReference] {
    try await store.references(in: span, of: selection, limit: limit)
  }

  package func count(in span: LaneSpan, of selection: EventSelection) async throws(StoreFailure) -> Int {
    try await store.count(in: span, of: selection)
  }

  package func last(in span: LaneSpan, of selection: EventSelection) async throws(StoreFailure) -> UInt64? {
    try await store.last(in: span, of: selection)
  }

  package func progress(of target: String) async throws(StoreFailure) -> TargetProgress {
    try await store.progress(of: target)
  }

  package func note(_ progress: TargetProgress, of target: String) { store.note(progress, of: target) }

  package func dismiss(_ target: String) async { await store.dismiss(target) }

  package func bury(_ letter: DeadLetter) { store.bury(letter) }

  package func undelivered(to target: String) -> Int { store.undelivered(to: target) }
}
