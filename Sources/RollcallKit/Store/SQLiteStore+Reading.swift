package import RollcallCore

extension SQLiteStore {
  package nonisolated func events(
    after sequence: UInt64, limit: Int
  ) async throws(StoreFailure) -> [StoredEvent] {
    sequence < cursors.lastSequence ? try await read(after: sequence, limit: limit) : []
  }

  private func read(after sequence: UInt64, limit: Int) throws(StoreFailure) -> [StoredEvent] {
    let statements = try open().statements
    statements.eventsAfter.begin().bind(Int64(sequence)).bind(limit)
    return try StateStatements.events(of: statements.eventsAfter)
  }

  package nonisolated func id(of sequence: UInt64) async throws(StoreFailure) -> String? {
    guard sequence <= lastOfEarlierRuns else { return EventStream.id(epoch: epoch, sequence: sequence) }
    let event = try await events(after: sequence - 1, limit: 1).first
    return event?.sequence == sequence ? event?.id : nil
  }

  package func references(
    in span: LaneSpan, of selection: EventSelection, limit: Int
  ) throws(StoreFailure) -> [EventReference] {
    try open().statements.lanes.references(in: span, of: selection, limit: limit)
  }

  package func count(in span: LaneSpan, of selection: EventSelection) throws(StoreFailure) -> Int {
    try open().statements.lanes.count(in: span, of: selection)
  }

  package func last(in span: LaneSpan, of selection: EventSelection) throws(StoreFailure) -> UInt64? {
    try open().statements.lanes.last(in: span, of: selection)
  }

  package nonisolated func progress(of target: String) async throws(StoreFailure) -> TargetProgress {
    if let known = cursors.progress(of: target) { return known }
    return try await readProgress(of: target, orFrom: cursors.start(of: target))
  }

  private func readProgress(of target: String, orFrom start: UInt64) throws(StoreFailure) -> TargetProgress {
    let progress = try open().statements.progress(of: target) ?? TargetProgress(first: start)
    note(progress, of: target)
    return progress
  }

  package func dismiss(_ target: String) {
    // One whose progress cannot be written now keeps its events.
    if (try? sync()) != nil { cursors.remove(target) }
  }

  /// The rooms of all conferences that the file knows.
  package func rooms() throws(StoreFailure) -> [SavedRoom] { try open().statements.savedRooms.all() }

  /// The last complete answer of discovery to each question.
  package func discoveries() throws(StoreFailure) -> [SavedDiscovery] { try open().statements.discovery.all() }

  /// Forgets events that are older than a moment and that no target of this run waits for; never the last one, which
  /// the next sequence follows. Dead letters go with their events.
  ///
  /// - Returns: whether there are more; only some go at once, since commits wait meanwhile.
  package func forget(before moment: Timestamp) throws(StoreFailure) -> Bool {
    let last = cursors.lastSequence
    let limit = min(cursors.done, last == 0 ? 0 : last - 1)
    var count = 0
    try transaction { statements throws(StoreFailure) in
      count = try statements.forget(before: moment, upTo: limit, atMost: Self.forgottenAtOnce)
    }
    return count == Self.forgottenAtOnce
  }
}
