import RollcallCore

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
    in span: LaneSpan, of selection: EventSelection, limit: Int
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

  func count(in span: LaneSpan, of selection: EventSelection) throws(StoreFailure) -> Int {
    let count = bind(span, selection, to: \.count)
    defer { count.begin() }
    return try count.next() ? Int(count.integer(0) ?? 0) : 0
  }

  func last(in span: LaneSpan, of selection: EventSelection) throws(StoreFailure) -> UInt64? {
    let last = bind(span, selection, to: \.last)
    defer { last.begin() }
    return try last.next() ? last.integer(0).map(UInt64.init(bitPattern:)) : nil
  }

  private func bind(
    _ span: LaneSpan, _ selection: EventSelection, to question: (Questions) -> SQLiteStatement
  ) -> SQLiteStatement {
    let statement = question(selection.isByTypeAlone ? byType : whole)
    statement.begin().bind(span.lane?.text).bind(Int64(clamping: span.after)).bind(Int64(clamping: span.through))
    SelectionCondition.bind(selection, to: statement)
    return statement
  }
}
