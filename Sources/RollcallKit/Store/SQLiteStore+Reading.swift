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
    in span: LaneSpan, of selection: EventFilter, limit: Int
  ) throws(StoreFailure) -> [EventReference] {
    try open().statements.lanes.references(in: span, of: selection, limit: limit)
  }

  package func count(in span: LaneSpan, of selection: EventFilter) throws(StoreFailure) -> Int {
    try open().statements.lanes.count(in: span, of: selection)
  }

  package func last(in span: LaneSpan, of selection: EventFilter) throws(StoreFailure) -> UInt64? {
    try open().statements.lanes.last(in: span, of: selection)
  }

  package nonisolated func cursor(of target: String) async throws(StoreFailure) -> Cursor {
    if let known = cursors.cursor(of: target) { return known }
    return try await readProgress(of: target, orFrom: cursors.start(of: target))
  }

  private func readProgress(of target: String, orFrom start: UInt64) throws(StoreFailure) -> Cursor {
    let cursor = try open().statements.cursor(of: target) ?? Cursor(first: start)
    saveCursor(cursor, of: target)
    return cursor
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

/// What a state file is asked of the events of one conference.
struct LaneStatements {
  /// The same questions, of one kind of selection.
  private struct Questions {
    let references: SQLiteStatement
    let count: SQLiteStatement
    let last: SQLiteStatement

    init(_ database: SQLiteDatabase, byTypeAlone isByType: Bool) throws(StoreFailure) {
      // `IS` finds the events without conference as well, by the same index.
      let stretch = """
        FROM event WHERE conference_sid IS ? AND sequence > ? AND sequence <= ?
        AND \(SelectionCondition.sql(byTypeAlone: isByType))
        """
      references = try database.prepare("SELECT sequence, at \(stretch) ORDER BY sequence LIMIT ?")
      count = try database.prepare("SELECT count(*) \(stretch)")
      last = try database.prepare("SELECT sequence \(stretch) ORDER BY sequence DESC LIMIT 1")
    }
  }

  private let byType: Questions
  private let whole: Questions

  init(_ database: SQLiteDatabase) throws(StoreFailure) {
    byType = try Questions(database, byTypeAlone: true)
    whole = try Questions(database, byTypeAlone: false)
  }

  func references(
    in span: LaneSpan, of selection: EventFilter, limit: Int
  ) throws(StoreFailure) -> [EventReference] {
    var found: [EventReference] = []
    let references = bind(span, selection, to: \.references).bind(limit)
    while try references.next() {
      guard let sequence = references.integer(0), let at = references.integer(1) else { continue }
      found.append(
        EventReference(
          sequence: UInt64(bitPattern: sequence), lane: span.lane, timestamp: Timestamp(milliseconds: at)))
    }
    return found
  }

  func count(in span: LaneSpan, of selection: EventFilter) throws(StoreFailure) -> Int {
    let count = bind(span, selection, to: \.count)
    defer { count.begin() }
    return try count.next() ? Int(count.integer(0) ?? 0) : 0
  }

  func last(in span: LaneSpan, of selection: EventFilter) throws(StoreFailure) -> UInt64? {
    let last = bind(span, selection, to: \.last)
    defer { last.begin() }
    return try last.next() ? last.integer(0).map(UInt64.init(bitPattern:)) : nil
  }

  private func bind(
    _ span: LaneSpan, _ selection: EventFilter, to question: (Questions) -> SQLiteStatement
  ) -> SQLiteStatement {
    let statement = question(selection.isByTypeAlone ? byType : whole)
    statement.begin().bind(span.lane?.text).bind(Int64(clamping: span.after)).bind(Int64(clamping: span.through))
    SelectionCondition.bind(selection, to: statement)
    return statement
  }
}

/// What an ``EventFilter`` asks of a row of `event`, in SQL. Lists are bound as JSON.
enum SelectionCondition {
  /// Where the type alone counts, which the index of lanes holds.
  private static let byType = "type IN (SELECT value FROM json_each(?))"

  /// Everything. What reads lines stands last.
  private static let whole = """
    \(byType) AND (? OR call_sid IS NULL OR call_sid IN (SELECT value FROM json_each(?)) OR (
      type IN ('\(EventType.participantCoachingStarted.rawValue)', '\(EventType.participantCoachingStopped.rawValue)')
      AND json_extract(line, '$.call_sid_to_coach') IN (SELECT value FROM json_each(?))))
    AND (? OR type <> '\(EventType.participantUpdated.rawValue)' OR EXISTS (
      SELECT 1 FROM json_each(line, '$.changes') WHERE key IN (SELECT value FROM json_each(?))))
    AND (? OR call_sid IS NULL
      OR type NOT IN ('\(EventType.alertRaised.rawValue)', '\(EventType.alertResolved.rawValue)')
      OR substr(json_extract(line, '$.alert'), 1, instr(json_extract(line, '$.alert'), ':') - 1)
        IN (SELECT value FROM json_each(?)))
    """

  static func sql(byTypeAlone isByType: Bool) -> String { isByType ? byType : whole }

  /// Binds the parameters of the condition, which are the next ones of the statement.
  static func bind(_ selection: EventFilter, to statement: SQLiteStatement) {
    statement.bind(list(selection.types.map(\.rawValue)))
    guard !selection.isByTypeAlone else { return }
    let calls = list(selection.calls?.map(\.text) ?? [])
    statement.bind(selection.calls == nil).bind(calls).bind(calls)
    statement.bind(selection.updates == nil).bind(list(selection.updates?.map(\.rawValue) ?? []))
    statement.bind(selection.alerts == nil).bind(list(selection.alerts?.map(\.rawValue) ?? []))
  }

  /// None of the texts has anything in it that would need an escape.
  private static func list(_ texts: [String]) -> String {
    "[\(texts.map { "\"\($0)\"" }.joined(separator: ","))]"
  }
}
