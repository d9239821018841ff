import Libc
package import RollcallCore

/// Reads a state file while another process writes it, without locking anything or making that process wait.
///
/// Not thread-safe.
package final class StateReader {
  /// Which events to read.
  package struct Selection: Hashable, Sendable {
    /// nil for all events, including those without a conference.
    package var conference: ConferenceSID?
    /// The first and the last time; nil for no limit.
    package var from: Timestamp?
    package var to: Timestamp?

    package init(conference: ConferenceSID? = nil, from: Timestamp? = nil, to: Timestamp? = nil) {
      self.conference = conference
      self.from = from
      self.to = to
    }
  }

  let database: SQLiteDatabase
  /// The version of the file's tables when it was opened; a watch that starts later may upgrade them.
  let version: Int64
  private let savedRooms: RoomReading
  private let ofAll: SQLiteStatement
  private let ofConference: SQLiteStatement

  /// Opens an existing state file.
  ///
  /// - Throws: ``StoreFailure``; ``StoreFailure/Kind/cannotOpen`` if the file is missing or cannot be opened.
  package init(path: String) throws(StoreFailure) {
    try StateFile.check(reading: path)
    database = try Self.open(path)
    version = try database.integer("PRAGMA user_version") ?? 0
    guard (1...Int64(StateSchema.version)).contains(version),
      try database.integer("SELECT count(*) FROM stream") == 1
    else { throw StoreFailure(.damaged, "it does not say which account it belongs to") }
    savedRooms = try RoomReading(database, version: version)
    // The plus keeps SQLite from using the index of times, whose order is not that of the stream.
    let rest = "sequence > ? AND +at >= ? AND +at <= ? ORDER BY sequence LIMIT ?"
    ofAll = try database.prepare("\(StateStatements.event(version: version)) WHERE \(rest)")
    ofConference = try database.prepare(
      "\(StateStatements.event(version: version)) WHERE conference_sid = ? AND \(rest)")
  }

  /// Opens the file. A backup on a read-only disk has no log beside it and is opened as immutable.
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

  /// Returns the selected events after a sequence, in order.
  ///
  /// - Parameter limit: the maximum number of events.
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

  /// Returns one event; nil if it is not in the file or has been deleted.
  package func event(_ sequence: UInt64) throws(StoreFailure) -> StoredEvent? {
    guard sequence > 0, let found = try events(Selection(), after: sequence - 1, limit: 1).first else { return nil }
    return found.sequence == sequence ? found : nil
  }

  /// Returns the sequences of the first and last event still in the file; nil if there are none.
  package func bounds() throws(StoreFailure) -> ClosedRange<UInt64>? {
    guard let first = try database.integer("SELECT min(sequence) FROM event"),
      let last = try database.integer("SELECT max(sequence) FROM event"), first > 0, first <= last
    else { return nil }
    return UInt64(first)...UInt64(last)
  }

  /// Returns the sequence before the first event at or after `moment`, from which to start reading.
  package func sequence(before moment: Timestamp) throws(StoreFailure) -> UInt64 {
    let statement = try database.prepare("SELECT min(sequence) FROM event WHERE at >= ?")
    statement.begin().bind(moment.milliseconds)
    let first = try statement.next() ? statement.integer(0) : nil
    if let first { return UInt64(max(first - 1, 0)) }
    return try bounds()?.upperBound ?? 0
  }

  /// Returns the origin and account of the stream.
  package func owner() throws(StoreFailure) -> SQLiteStore.Owner? {
    let statement = try database.prepare("SELECT origin, account FROM stream")
    guard try statement.next(), let origin = statement.text(0), let account = statement.text(1) else { return nil }
    return SQLiteStore.Owner(origin: origin, account: account)
  }

  /// Returns the fields redacted in the file's events.
  package func redactedFields() throws(StoreFailure) -> Set<Redaction.Field> {
    try StateRedaction.saved(database, version: version).fingerprint.map(Redaction.fields(ofFingerprint:)) ?? []
  }

  /// Returns the redaction that makes the file's tokens; nil if nothing is redacted or there is no key.
  ///
  /// - Parameter given: the key; nil for the one in the file, if it is there.
  /// - Throws: ``StoreFailure`` with ``StoreFailure/Kind/otherRedaction`` if the key makes other tokens.
  package func redaction(key given: [UInt8]? = nil) throws(StoreFailure) -> Redaction? {
    let (fingerprint, saved) = try StateRedaction.saved(database, version: version)
    guard let fingerprint, let key = given ?? saved else { return nil }
    let redaction = Redaction(Redaction.fields(ofFingerprint: fingerprint), key: key)
    guard redaction.fingerprint == fingerprint else {
      throw StoreFailure(.otherRedaction, "its tokens were made with another key")
    }
    return redaction
  }

  /// Returns the sequence of the event with an id, if it is still in the file.
  ///
  /// - Parameter sequence: the sequence in the id.
  package func sequence(ofID id: String, expecting sequence: UInt64) throws(StoreFailure) -> UInt64? {
    if try event(sequence)?.id == id { return sequence }
    // Before version 4 a file could have several successive streams, each starting at sequence 1.
    let statement = try database.prepare("SELECT sequence FROM event WHERE json_extract(line, '$.id') = ? LIMIT 1")
    statement.begin().bind(id)
    return try statement.next() ? statement.integer(0).map(UInt64.init(clamping:)) : nil
  }

  /// Returns the first event of a type about a conference after a moment; nil if there is none.
  package func first(
    _ type: EventType, of conference: ConferenceSID, after moment: Timestamp
  ) throws(StoreFailure) -> StoredEvent? {
    try event(type, of: conference, "at > ? ORDER BY sequence", moment)
  }

  /// Returns the last event of a type about a conference; nil if there is none.
  package func last(_ type: EventType, of conference: ConferenceSID) throws(StoreFailure) -> StoredEvent? {
    try event(type, of: conference, "at >= ? ORDER BY sequence DESC", Timestamp(milliseconds: .min))
  }

  private func event(
    _ type: EventType, of conference: ConferenceSID, _ rest: String, _ moment: Timestamp
  ) throws(StoreFailure) -> StoredEvent? {
    let statement = try database.prepare(
      "\(StateStatements.event(version: version)) WHERE conference_sid = ? AND type = ? AND \(rest) LIMIT 1")
    statement.begin().bind(conference.text).bind(type.rawValue).bind(moment.milliseconds)
    return try StateStatements.events(of: statement).first
  }

  /// Returns the names of the conferences and of the people in their rooms, for display.
  package func knownNames() throws(StoreFailure) -> KnownNames {
    let redacted = try redactedFields()
    let redaction = try redaction()
    // Rooms are saved with sids that redacted events do not show; the key tells which tokens stand for them.
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

  /// Returns the rooms of all conferences as of their last commits.
  package func rooms() throws(StoreFailure) -> [SavedRoom] { try savedRooms.all() }
}

// MARK: Dead letters

extension StateReader {
  /// Returns the sequence of a target's first dead letter after another sequence; nil if there is none.
  package func deadLetter(of target: String, after sequence: UInt64) throws(StoreFailure) -> UInt64? {
    let statement = try database.prepare("SELECT min(sequence) FROM dead_letter WHERE target = ? AND sequence > ?")
    statement.begin().bind(target).bind(Int64(clamping: sequence))
    guard try statement.next(), let found = statement.integer(0), found > 0 else { return nil }
    return UInt64(found)
  }

  /// Returns the number of dead letters of each target that has any.
  package func deadLetterCounts() throws(StoreFailure) -> [(target: String, count: Int)] {
    var counts: [(target: String, count: Int)] = []
    let statement = try database.prepare("SELECT target, count(*) FROM dead_letter GROUP BY target ORDER BY target")
    while try statement.next() {
      guard let target = statement.text(0) else { continue }
      counts.append((target, Int(statement.integer(1) ?? 0)))
    }
    return counts
  }

  /// Returns the number of events at or after `moment` that pass a filter.
  package func count(of filter: EventFilter, from moment: Timestamp) throws(StoreFailure) -> Int {
    let statement = try database.prepare(
      "SELECT count(*) FROM event WHERE at >= ? AND \(FilterCondition.sql(byTypeAlone: filter.isByTypeAlone))")
    FilterCondition.bind(filter, to: statement.begin().bind(moment.milliseconds))
    return try statement.next() ? Int(statement.integer(0) ?? 0) : 0
  }
}

/// Deletes dead letters that have since been delivered from a state file, while a watch may be writing to it.
///
/// Each deletion is a transaction of a few milliseconds, for which a commit of the watch waits. A deletion in turn
/// waits for the watch, up to ``SQLiteDatabase/commandPatience``, without blocking the loop. Not thread-safe.
package final class DeadLetterRemoval {
  /// The pause between two attempts while the file is locked.
  private static let lockPause: Duration = .milliseconds(50)

  private let statement: SQLiteStatement
  private let loop: EventLoop

  /// - Parameter path: the path of an existing state file.
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
  /// Checks the integrity of the file, unless it is too large for that.
  ///
  /// - Throws: ``StoreFailure`` with ``StoreFailure/Kind/damaged`` if the file is damaged.
  package func checkHealth() throws(StoreFailure) { try StateOpening.check(database) }
}
