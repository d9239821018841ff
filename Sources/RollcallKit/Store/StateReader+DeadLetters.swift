package import RollcallCore

/// The events that webhooks did not get.
extension StateReader {
  /// The first dead letter of a target that follows a sequence; nil where there is none.
  package func deadLetter(of target: String, after sequence: UInt64) throws(StoreFailure) -> UInt64? {
    let statement = try database.prepare("SELECT min(sequence) FROM dead_letter WHERE target = ? AND sequence > ?")
    statement.begin().bind(target).bind(Int64(clamping: sequence))
    guard try statement.next(), let found = statement.integer(0), found > 0 else { return nil }
    return UInt64(found)
  }

  /// How many dead letters each target has; those without any are not there.
  package func deadLetterCounts() throws(StoreFailure) -> [(target: String, count: Int)] {
    var counts: [(target: String, count: Int)] = []
    let statement = try database.prepare("SELECT target, count(*) FROM dead_letter GROUP BY target ORDER BY target")
    while try statement.next() {
      guard let target = statement.text(0) else { continue }
      counts.append((target, Int(statement.integer(1) ?? 0)))
    }
    return counts
  }

  /// How many events of a selection were written at a moment or later.
  package func count(of selection: EventSelection, from moment: Timestamp) throws(StoreFailure) -> Int {
    let statement = try database.prepare(
      "SELECT count(*) FROM event WHERE at >= ? AND \(SelectionCondition.sql(byTypeAlone: selection.isByTypeAlone))")
    SelectionCondition.bind(selection, to: statement.begin().bind(moment.milliseconds))
    return try statement.next() ? Int(statement.integer(0) ?? 0) : 0
  }
}

/// Takes dead letters that were delivered after all out of a state file, beside the watch that writes it.
///
/// Each removal is a transaction of its own, of some milliseconds, for which a commit of the watch waits; and it waits for
/// the watch's, for up to ``SQLiteDatabase/commandPatience``, while the loop goes on. Not shared: whoever has it uses it from
/// one place.
package final class DeadLetterRemoval {
  /// Between two attempts while the file is locked.
  private static let lockPause: Duration = .milliseconds(50)

  private let statement: SQLiteStatement
  private let loop: EventLoop

  /// - Parameter path: of a state file that is there.
  package init(path: String, on loop: EventLoop) throws(StoreFailure) {
    try StateFile.check(reading: path)
    let database = try SQLiteDatabase(path: path, .readWrite, lockPatience: .zero)
    statement = try database.prepare("DELETE FROM dead_letter WHERE target = ? AND sequence = ?")
    self.loop = loop
  }

  package func remove(
    _ sequence: UInt64, of target: String, isolation: isolated (any Actor)? = #isolation
  ) async throws(StoreFailure) {
    let end = loop.now.advanced(by: SQLiteDatabase.commandPatience)
    while true {
      do throws(StoreFailure) {
        return try statement.begin().bind(target).bind(Int64(clamping: sequence)).run()
      } catch {
        guard error.kind == .busy, loop.now < end, await loop.sleeps(for: Self.lockPause) else { throw error }
      }
    }
  }
}
