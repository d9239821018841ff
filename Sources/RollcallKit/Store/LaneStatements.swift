import RollcallCore

/// What a state file is asked of the events of one conference.
struct LaneStatements {
  private let references: SQLiteStatement
  private let count: SQLiteStatement
  private let last: SQLiteStatement

  /// `IS` finds the events without conference as well, by the same index.
  private static let stretch = """
    FROM event WHERE conference_sid IS ? AND sequence > ? AND sequence <= ?
    AND type IN (SELECT value FROM json_each(?))
    """

  init(_ database: SQLiteDatabase) throws(StoreFailure) {
    references = try database.prepare("SELECT sequence, at \(Self.stretch) ORDER BY sequence LIMIT ?")
    count = try database.prepare("SELECT count(*) \(Self.stretch)")
    last = try database.prepare("SELECT sequence \(Self.stretch) ORDER BY sequence DESC LIMIT 1")
  }

  func references(
    in span: LaneSpan, of types: Set<EventType>, limit: Int
  ) throws(StoreFailure) -> [EventReference] {
    var found: [EventReference] = []
    bind(span, types, to: references).bind(limit)
    while try references.next() {
      guard let sequence = references.integer(0), let at = references.integer(1) else { continue }
      found.append(
        EventReference(
          sequence: UInt64(bitPattern: sequence), lane: span.lane, timestamp: Timestamp(milliseconds: at)))
    }
    return found
  }

  func count(in span: LaneSpan, of types: Set<EventType>) throws(StoreFailure) -> Int {
    bind(span, types, to: count)
    defer { count.begin() }
    return try count.next() ? Int(count.integer(0) ?? 0) : 0
  }

  func last(in span: LaneSpan, of types: Set<EventType>) throws(StoreFailure) -> UInt64? {
    bind(span, types, to: last)
    defer { last.begin() }
    return try last.next() ? last.integer(0).map(UInt64.init(bitPattern:)) : nil
  }

  @discardableResult
  private func bind(_ span: LaneSpan, _ types: Set<EventType>, to statement: SQLiteStatement) -> SQLiteStatement {
    let list = types.map { "\"\($0.rawValue)\"" }.joined(separator: ",")
    statement.begin().bind(span.lane?.text).bind(Int64(clamping: span.after)).bind(Int64(clamping: span.through))
    return statement.bind("[\(list)]")
  }
}
