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
    // A damaged record has no id.
    guard let event, event.sequence == sequence, !event.id.isEmpty else { return nil }
    return event.id
  }

  package func references(
    in span: LaneSpan, of filter: EventFilter, limit: Int
  ) throws(StoreFailure) -> [EventReference] {
    try open().statements.lanes.references(in: span, of: filter, limit: limit)
  }

  package func count(in span: LaneSpan, of filter: EventFilter) throws(StoreFailure) -> Int {
    try open().statements.lanes.count(in: span, of: filter)
  }

  package func last(in span: LaneSpan, of filter: EventFilter) throws(StoreFailure) -> UInt64? {
    try open().statements.lanes.last(in: span, of: filter)
  }

  package nonisolated func cursor(of target: String) async throws(StoreFailure) -> Cursor {
    if let known = cursors.cursor(of: target) { return known }
    return try await readCursor(of: target, orFrom: cursors.start(of: target))
  }

  private func readCursor(of target: String, orFrom start: UInt64) throws(StoreFailure) -> Cursor {
    let cursor = try open().statements.cursor(of: target) ?? Cursor(first: start)
    saveCursor(cursor, of: target)
    return cursor
  }

  package func dismiss(_ target: String) {
    // If its cursor cannot be written now, its events are kept.
    if (try? sync()) != nil { cursors.remove(target) }
  }

  /// Returns the rooms of all conferences in the file.
  package func rooms() throws(StoreFailure) -> [SavedRoom] { try open().statements.savedRooms.all() }

  /// Returns the last complete answer to each discovery query.
  package func discoveries() throws(StoreFailure) -> [SavedDiscovery] { try open().statements.discovery.all() }

  /// Deletes events older than `moment` that no target of this run needs, with their dead letters.
  ///
  /// The last event always stays, because the next sequence follows it. Only some events are deleted at a time, because
  /// commits wait meanwhile.
  ///
  /// - Returns: whether there are more.
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

/// The queries about the events of one lane.
struct LaneStatements {
  /// The queries for one kind of filter.
  private struct Queries {
    let references: SQLiteStatement
    let count: SQLiteStatement
    let last: SQLiteStatement

    init(_ database: SQLiteDatabase, byTypeAlone isByType: Bool) throws(StoreFailure) {
      // `IS` also finds the events without a conference, with the same index.
      let span = """
        FROM event WHERE conference_sid IS ? AND sequence > ? AND sequence <= ?
        AND \(FilterCondition.sql(byTypeAlone: isByType))
        """
      references = try database.prepare("SELECT sequence, at \(span) ORDER BY sequence LIMIT ?")
      count = try database.prepare("SELECT count(*) \(span)")
      last = try database.prepare("SELECT sequence \(span) ORDER BY sequence DESC LIMIT 1")
    }
  }

  private let byType: Queries
  private let whole: Queries

  init(_ database: SQLiteDatabase) throws(StoreFailure) {
    byType = try Queries(database, byTypeAlone: true)
    whole = try Queries(database, byTypeAlone: false)
  }

  func references(
    in span: LaneSpan, of filter: EventFilter, limit: Int
  ) throws(StoreFailure) -> [EventReference] {
    var found: [EventReference] = []
    let references = bind(span, filter, to: \.references).bind(limit)
    while try references.next() {
      guard let sequence = references.integer(0) else { continue }
      // A damaged time is detected when the whole event is read.
      let at = references.integer(1) ?? 0
      found.append(
        EventReference(
          sequence: UInt64(bitPattern: sequence), lane: span.lane, timestamp: Timestamp(milliseconds: at)))
    }
    return found
  }

  func count(in span: LaneSpan, of filter: EventFilter) throws(StoreFailure) -> Int {
    let count = bind(span, filter, to: \.count)
    defer { count.begin() }
    return try count.next() ? Int(count.integer(0) ?? 0) : 0
  }

  func last(in span: LaneSpan, of filter: EventFilter) throws(StoreFailure) -> UInt64? {
    let last = bind(span, filter, to: \.last)
    defer { last.begin() }
    return try last.next() ? last.integer(0).map(UInt64.init(bitPattern:)) : nil
  }

  private func bind(
    _ span: LaneSpan, _ filter: EventFilter, to query: (Queries) -> SQLiteStatement
  ) -> SQLiteStatement {
    let statement = query(filter.isByTypeAlone ? byType : whole)
    statement.begin().bind(span.lane?.text).bind(Int64(clamping: span.after)).bind(Int64(clamping: span.through))
    FilterCondition.bind(filter, to: statement)
    return statement
  }
}

/// An ``EventFilter`` as an SQL condition on rows of `event`. Lists are bound as JSON.
enum FilterCondition {
  /// The condition for filters by type alone, which the index of lanes covers. A damaged type is not a known type, and
  /// passes.
  private static let byType = "(type IN (SELECT value FROM json_each(?))) IS NOT TRUE"

  private static let everyType = list(EventType.allCases.map(\.rawValue))

  /// The condition for all filters. The parts that parse lines come last; a damaged line passes.
  private static let whole = """
    \(byType) AND (? OR call_sid IS NULL OR call_sid IN (SELECT value FROM json_each(?))
      OR type NOT IN (SELECT value FROM json_each('\(everyType)')) OR (
      type IN ('\(EventType.participantCoachingStarted.rawValue)', '\(EventType.participantCoachingStopped.rawValue)')
      AND CASE WHEN json_valid(line)
        THEN json_extract(line, '$.call_sid_to_coach') IN (SELECT value FROM json_each(?)) ELSE TRUE END)
      OR (? AND CASE WHEN json_valid(line) THEN (\(address)) IN (SELECT value FROM json_each(?)) ELSE TRUE END))
    AND (? OR type <> '\(EventType.participantUpdated.rawValue)' OR CASE WHEN json_valid(line)
      THEN EXISTS (SELECT 1 FROM json_each(line, '$.changes') WHERE key IN (SELECT value FROM json_each(?)))
      ELSE TRUE END)
    AND (? OR call_sid IS NULL
      OR type NOT IN ('\(EventType.alertRaised.rawValue)', '\(EventType.alertResolved.rawValue)')
      OR CASE WHEN json_valid(line)
        THEN substr(json_extract(line, '$.alert'), 1, instr(json_extract(line, '$.alert'), ':') - 1)
          IN (SELECT value FROM json_each(?))
        ELSE TRUE END)
    """

  /// The participant's address in a line, as ``CallDetails/address`` and ``CallAddress/canonical(_:)`` give it.
  private static let address = """
    SELECT CASE
      WHEN text GLOB '+*' AND length(digits) BETWEEN \(CallAddress.digits.lowerBound + 1) AND \(CallAddress.digits.upperBound + 1)
        AND substr(digits, 2) NOT GLOB '*[^0-9]*' THEN digits
      WHEN lower(text) GLOB 'sip:*' OR lower(text) GLOB 'sips:*'
        THEN lower(substr(text, 1, min(instr(text || ';', ';'), instr(text || '?', '?')) - 1))
      ELSE text END
    FROM (SELECT text, replace(replace(replace(replace(replace(text, ' ', ''), '-', ''), '.', ''), '(', ''), ')', '') AS digits
      FROM (SELECT CASE WHEN kind = 'inbound' OR kind GLOB 'inbound-*' THEN json_extract(call, '$.from')
          WHEN kind = 'outbound' OR kind GLOB 'outbound-*' THEN json_extract(call, '$.to') END AS text
        FROM (SELECT json_extract(line, '$.participant.call') AS call,
          json_extract(line, '$.participant.call.direction') AS kind)))
    """

  static func sql(byTypeAlone isByType: Bool) -> String { isByType ? byType : whole }

  /// Binds the parameters of the condition, which must be the statement's next ones.
  static func bind(_ filter: EventFilter, to statement: SQLiteStatement) {
    statement.bind(list(EventType.allCases.filter { !filter.types.contains($0) }.map(\.rawValue)))
    guard !filter.isByTypeAlone else { return }
    let calls = list(filter.calls?.map(\.text) ?? [])
    statement.bind(filter.calls == nil).bind(calls).bind(calls)
    statement.bind(filter.hasAddresses).bind(list(filter.addresses))
    statement.bind(filter.updates == nil).bind(list(filter.updates?.map(\.rawValue) ?? []))
    statement.bind(filter.alerts == nil).bind(list(filter.alerts?.map(\.rawValue) ?? []))
  }

  /// Returns a JSON array of texts without control characters.
  private static func list(_ texts: [String]) -> String {
    let quoted = texts.map { text in
      // Not by character: a quotation mark and a combining accent are one, and not equal to the mark.
      text.unicodeScalars.reduce(into: "\"") { $0 += ($1 == "\"" || $1 == "\\" ? "\\" : "") + String($1) } + "\""
    }
    return "[\(quoted.joined(separator: ","))]"
  }
}
