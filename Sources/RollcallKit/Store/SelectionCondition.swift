import RollcallCore

/// What an ``EventSelection`` asks of a row of `event`, in SQL. Lists are bound as JSON.
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
    """

  static func sql(byTypeAlone isByType: Bool) -> String { isByType ? byType : whole }

  /// Binds the parameters of the condition, which are the next ones of the statement.
  static func bind(_ selection: EventSelection, to statement: SQLiteStatement) {
    statement.bind(list(selection.types.map(\.rawValue)))
    guard !selection.isByTypeAlone else { return }
    let calls = list(selection.calls?.map(\.text) ?? [])
    statement.bind(selection.calls == nil).bind(calls).bind(calls)
    statement.bind(selection.updates == nil).bind(list(selection.updates?.map(\.rawValue) ?? []))
  }

  /// None of the texts has anything in it that would need an escape.
  private static func list(_ texts: [String]) -> String {
    "[\(texts.map { "\"\($0)\"" }.joined(separator: ","))]"
  }
}
