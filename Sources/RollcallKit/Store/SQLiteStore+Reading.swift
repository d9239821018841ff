package import RollcallCore

extension SQLiteStore {
  package func events(after sequence: UInt64, limit: Int) throws(StoreFailure) -> [StoredEvent] {
    guard sequence < stream.lastSequence else { return [] }
    statements.eventsAfter.begin().bind(Int64(sequence)).bind(limit)
    return try StateStatements.events(of: statements.eventsAfter)
  }

  package func references(
    in span: LaneSpan, of selection: EventSelection, limit: Int
  ) throws(StoreFailure) -> [EventReference] {
    try statements.lanes.references(in: span, of: selection, limit: limit)
  }

  package func count(in span: LaneSpan, of selection: EventSelection) throws(StoreFailure) -> Int {
    try statements.lanes.count(in: span, of: selection)
  }

  package func last(in span: LaneSpan, of selection: EventSelection) throws(StoreFailure) -> UInt64? {
    try statements.lanes.last(in: span, of: selection)
  }

  package func progress(of target: String) throws(StoreFailure) -> TargetProgress {
    if let known = progresses[target] { return known }
    let progress = try statements.progress(of: target) ?? TargetProgress(first: stream.lastSequence + 1)
    note(progress, of: target)
    return progress
  }

  package func dismiss(_ target: String) {
    // One whose progress cannot be written now keeps its events.
    if (try? sync()) != nil { progresses[target] = nil }
  }

  package func undelivered(to target: String) -> Int {
    guard let progress = progresses[target] else { return 0 }
    return Int(stream.lastSequence - min(progress.done, stream.lastSequence))
  }

  /// The rooms of all conferences that the file knows.
  package func rooms() throws(StoreFailure) -> [SavedRoom] { try statements.savedRooms.all() }

  /// Forgets events that are older than a moment and that no target of this run waits for; never the last one, which
  /// the next sequence follows. Dead letters go with their events.
  ///
  /// - Returns: whether there are more; only some go at once, since nothing else goes on meanwhile.
  package func forget(before moment: Timestamp) throws(StoreFailure) -> Bool {
    let done = progresses.values.map(\.done).min() ?? stream.lastSequence
    let limit = min(done, stream.lastSequence == 0 ? 0 : stream.lastSequence - 1)
    var count = 0
    try transaction { () throws(StoreFailure) in
      count = try statements.forget(before: moment, upTo: limit, atMost: Self.forgottenAtOnce)
    }
    return count == Self.forgottenAtOnce
  }
}
