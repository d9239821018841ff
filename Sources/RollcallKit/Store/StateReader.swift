import Libc
package import RollcallCore

/// Reads a state file beside the process that writes it: it holds nothing, and makes nobody wait.
///
/// Not shared: whoever has it uses it from one place.
package final class StateReader {
  /// Which events are of interest.
  package struct Selection: Hashable, Sendable {
    /// nil for all, those without conference included.
    package var conference: ConferenceSID?
    /// The first and the last moment; nil where there is no such bound.
    package var from: Timestamp?
    package var to: Timestamp?

    package init(conference: ConferenceSID? = nil, from: Timestamp? = nil, to: Timestamp? = nil) {
      self.conference = conference
      self.from = from
      self.to = to
    }
  }

  let database: SQLiteDatabase
  /// Of the file's tables when it was opened; a watch that begins meanwhile may add to them.
  let version: Int64
  private let savedRooms: RoomReading
  private let ofAll: SQLiteStatement
  private let ofConference: SQLiteStatement

  /// Opens a file that a watch has made.
  ///
  /// - Throws: ``StoreFailure``; a file that is missing or cannot be opened is ``StoreFailure/Kind/cannotOpen``.
  package init(path: String) throws(StoreFailure) {
    try StateFile.check(reading: path)
    database = try Self.open(path)
    version = try database.integer("PRAGMA user_version") ?? 0
    guard (1...Int64(StateSchema.version)).contains(version),
      try database.integer("SELECT count(*) FROM stream") == 1
    else { throw StoreFailure(.damaged, "it says nothing of whose it is") }
    savedRooms = try RoomReading(database, version: version)
    // The plus keeps SQLite from the index of times, whose order is not that of the stream.
    let rest = "sequence > ? AND +at >= ? AND +at <= ? ORDER BY sequence LIMIT ?"
    ofAll = try database.prepare("\(StateStatements.event(version: version)) WHERE \(rest)")
    ofConference = try database.prepare(
      "\(StateStatements.event(version: version)) WHERE conference_sid = ? AND \(rest)")
  }

  /// A backup on a disk that cannot be written has no log beside it, and is read as it is.
  private static func open(_ path: String) throws(StoreFailure) -> SQLiteDatabase {
    let database = try SQLiteDatabase(path: path, .readOnly)
    do throws(StoreFailure) {
      _ = try database.integer("PRAGMA user_version")
      return database
    } catch {
      let log = SystemPath.bytes(of: "\(path)-wal")
      guard error.kind == .cannotOpen, unsafe access(log, F_OK) != 0 else { throw error }
      return try SQLiteDatabase(path: path, .immutable)
    }
  }

  /// The events of a selection that follow a sequence, in order.
  ///
  /// - Parameter limit: how many at the most.
  package func events(
    _ selection: Selection, after sequence: UInt64, limit: Int
  ) throws(StoreFailure) -> [StoredEvent] {
    let statement: SQLiteStatement
    if let conference = selection.conference {
      statement = ofConference.begin().bind(conference.text)
    } else {
      statement = ofAll.begin()
    }
    statement.bind(Int64(clamping: sequence)).bind(selection.from?.milliseconds ?? .min)
    statement.bind(selection.to?.milliseconds ?? .max).bind(limit)
    return try StateStatements.events(of: statement)
  }

  /// One event; nil where the file does not hold it, or no longer.
  package func event(_ sequence: UInt64) throws(StoreFailure) -> StoredEvent? {
    guard sequence > 0, let found = try events(Selection(), after: sequence - 1, limit: 1).first else { return nil }
    return found.sequence == sequence ? found : nil
  }

  /// The sequences of the first and the last event that the file still holds; nil where it holds none.
  package func bounds() throws(StoreFailure) -> ClosedRange<UInt64>? {
    guard let first = try database.integer("SELECT min(sequence) FROM event"),
      let last = try database.integer("SELECT max(sequence) FROM event"), first > 0, first <= last
    else { return nil }
    return UInt64(first)...UInt64(last)
  }

  /// The sequence before the first event that was written at a moment or later: where reading begins.
  package func sequence(before moment: Timestamp) throws(StoreFailure) -> UInt64 {
    let statement = try database.prepare("SELECT min(sequence) FROM event WHERE at >= ?")
    statement.begin().bind(moment.milliseconds)
    let first = try statement.next() ? statement.integer(0) : nil
    if let first { return UInt64(max(first - 1, 0)) }
    return try bounds()?.upperBound ?? 0
  }

  /// Whose stream it is.
  package func owner() throws(StoreFailure) -> SQLiteStore.Owner? {
    let statement = try database.prepare("SELECT origin, account FROM stream")
    guard try statement.next(), let origin = statement.text(0), let account = statement.text(1) else { return nil }
    return SQLiteStore.Owner(origin: origin, account: account)
  }

  /// What the events of the file do not show.
  package func redactedFields() throws(StoreFailure) -> Set<Redaction.Field> {
    try StateRedaction.kept(database, version: version).fingerprint.map(Redaction.fields(ofFingerprint:)) ?? []
  }

  /// What makes the tokens in the file; nil where nothing is redacted, or the key is somewhere else.
  package func redaction() throws(StoreFailure) -> Redaction? {
    let (fingerprint, key) = try StateRedaction.kept(database, version: version)
    guard let fingerprint, let key else { return nil }
    return Redaction(Redaction.fields(ofFingerprint: fingerprint), key: key)
  }

  /// The sequence of the event with an id, if it is still there.
  ///
  /// - Parameter sequence: the number in the id.
  package func sequence(ofID id: String, expecting sequence: UInt64) throws(StoreFailure) -> UInt64? {
    if try event(sequence)?.id == id { return sequence }
    // Until version 4 a file could have several streams, one after the other, each of which began with 1.
    let statement = try database.prepare("SELECT sequence FROM event WHERE json_extract(line, '$.id') = ? LIMIT 1")
    statement.begin().bind(id)
    return try statement.next() ? statement.integer(0).map(UInt64.init(clamping:)) : nil
  }

  /// What conferences and the people in their rooms are called where people read.
  package func knownNames() throws(StoreFailure) -> KnownNames {
    let redacted = try redactedFields()
    let redaction = try redaction()
    // The tables hold people by sids that events do not show; without the key nobody can tell whose they are.
    if redacted.isEmpty || redaction != nil, let rooms = try? rooms(), let saved = try? SavedStream(rooms) {
      return KnownNames(saved, redaction: redaction)
    }
    let statement = try database.prepare("SELECT sid, friendly_name FROM conference WHERE friendly_name IS NOT NULL")
    var names: [ConferenceSID: String] = [:]
    while try statement.next() {
      guard let conference = statement.text(0).flatMap(ConferenceSID.init) else { continue }
      names[conference] = statement.text(1)
    }
    return KnownNames(names, redacted: redacted)
  }

  /// The rooms of all conferences, as the last commits left them.
  package func rooms() throws(StoreFailure) -> [SavedRoom] { try savedRooms.all() }
}

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
  package func count(of selection: EventFilter, from moment: Timestamp) throws(StoreFailure) -> Int {
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

extension StateReader {
  /// Looks through the file, unless it is so large that a watch would not either.
  ///
  /// - Throws: ``StoreFailure`` with ``StoreFailure/Kind/damaged`` where something is wrong in it.
  package func checkHealth() throws(StoreFailure) { try StateOpening.check(database) }
}
