import RollcallCore

/// The prepared statements of a state file.
struct StateStatements {
  let eventsAfter: SQLiteStatement
  private let forgetEvents: SQLiteStatement
  private let forgetLetters: SQLiteStatement
  private let insertEvent: SQLiteStatement
  private let insertLetter: SQLiteStatement
  private let saveTarget: SQLiteStatement
  private let clearLanes: SQLiteStatement
  private let saveLane: SQLiteStatement
  private let readTarget: SQLiteStatement
  private let readLanes: SQLiteStatement
  let rooms: RoomWriting
  let savedRooms: RoomReading
  let discovery: DiscoveryStatements
  private let database: SQLiteDatabase
  let lanes: LaneStatements

  /// Returns the SELECT clause for ``events(of:)``.
  ///
  /// - Parameter version: the version of the file's tables.
  static func event(version: Int64 = Int64(StateSchema.version)) -> String {
    // Before version 4 events had no checksums.
    "SELECT sequence, type, at, conference_sid, call_sid, line, \(version < 4 ? "NULL" : "checksum") FROM event"
  }

  init(_ database: SQLiteDatabase) throws(StoreFailure) {
    self.database = database
    eventsAfter = try database.prepare("\(Self.event()) WHERE sequence > ? ORDER BY sequence LIMIT ?")
    forgetEvents = try database.prepare(
      """
      DELETE FROM event WHERE sequence IN
        (SELECT sequence FROM event WHERE at < ? AND sequence <= ? ORDER BY at, sequence LIMIT ?)
      """)
    forgetLetters = try database.prepare(
      "DELETE FROM dead_letter WHERE NOT EXISTS (SELECT 1 FROM event WHERE event.sequence = dead_letter.sequence)")
    insertEvent = try database.prepare(
      "INSERT INTO event (sequence, type, at, conference_sid, call_sid, line, checksum) VALUES (?, ?, ?, ?, ?, ?, ?)")
    insertLetter = try database.prepare(
      "INSERT OR REPLACE INTO dead_letter (target, sequence, reason, at) VALUES (?, ?, ?, ?)")
    saveTarget = try database.prepare("INSERT OR REPLACE INTO target (name, first, taken) VALUES (?, ?, ?)")
    clearLanes = try database.prepare("DELETE FROM lane WHERE target = ?")
    saveLane = try database.prepare("INSERT INTO lane (target, conference_sid, done) VALUES (?, ?, ?)")
    readTarget = try database.prepare("SELECT first, taken FROM target WHERE name = ?")
    readLanes = try database.prepare("SELECT conference_sid, done FROM lane WHERE target = ?")
    rooms = try RoomWriting(database)
    savedRooms = try RoomReading(database, version: Int64(StateSchema.version))
    discovery = try DiscoveryStatements(database)
    lanes = try LaneStatements(database)
  }

  func insert(_ event: StoredEvent) throws(StoreFailure) {
    insertEvent.begin().bind(Int64(event.sequence)).bind(event.type.rawValue).bind(event.timestamp.milliseconds)
    let line = Array(event.line.dropLast())
    try insertEvent.bind(event.conference?.text).bind(event.call?.text).bind(line).bind(Self.checksum(of: line)).run()
  }

  /// - Returns: the number of deleted events.
  func forget(before moment: Timestamp, upTo sequence: UInt64, atMost limit: Int) throws(StoreFailure) -> Int {
    try forgetEvents.begin().bind(moment.milliseconds).bind(Int64(sequence)).bind(limit).run()
    let count = database.changes
    if count > 0 { try forgetLetters.begin().run() }
    return count
  }

  /// Returns the checksum that shows whether an event's bytes are those that were stored.
  private static func checksum(of line: [UInt8]) -> Int64 { Int64(bitPattern: FNV1a.digest(line)) }

  /// Returns the events of a bound statement, including damaged ones, which are marked.
  static func events(of statement: SQLiteStatement) throws(StoreFailure) -> [StoredEvent] {
    var events: [StoredEvent] = []
    while try statement.next() {
      guard let sequence = statement.integer(0).map(UInt64.init(bitPattern:)) else {
        throw StoreFailure(.damaged, "it has an unreadable event")
      }
      let (line, at) = (statement.bytes(5) ?? [], statement.integer(2))
      let (type, id) = (statement.text(1).flatMap(EventType.init), EventStream.id(in: line))
      let isAsStored = statement.integer(6).map { $0 == checksum(of: line) } ?? true
      // A damaged event keeps what is still readable; the other values are placeholders.
      events.append(
        StoredEvent(
          sequence: sequence, id: id ?? "", type: type ?? .watchStopped, timestamp: Timestamp(milliseconds: at ?? 0),
          conference: statement.text(3).flatMap(ConferenceSID.init), call: statement.text(4).flatMap(CallSID.init),
          line: line + [UInt8(ascii: "\n")], isDamaged: !isAsStored || type == nil || id == nil || at == nil,
          hasLostType: type == nil))
    }
    return events
  }

  func insert(_ letter: DeadLetter) throws(StoreFailure) {
    insertLetter.begin().bind(letter.target).bind(Int64(letter.sequence)).bind(letter.reason.text)
    try insertLetter.bind(letter.at.milliseconds).run()
  }

  func save(_ cursor: Cursor, of target: String) throws(StoreFailure) {
    try saveTarget.begin().bind(target).bind(Int64(cursor.first)).bind(Int64(cursor.taken)).run()
    try clearLanes.begin().bind(target).run()
    for (lane, done) in cursor.behind {
      // The empty text stands for the lane of events without a conference, because no sid is empty.
      try saveLane.begin().bind(target).bind(lane?.text ?? "").bind(Int64(done)).run()
    }
  }

  func save(_ unsaved: Cursors.Unsaved) throws(StoreFailure) {
    for (target, cursor) in unsaved.cursors { try save(cursor, of: target) }
    for (target, start) in unsaved.starts where try cursor(of: target) == nil {
      try save(Cursor(first: start), of: target)
    }
    for letter in unsaved.letters { try insert(letter) }
  }

  func cursor(of target: String) throws(StoreFailure) -> Cursor? {
    readTarget.begin().bind(target)
    guard try readTarget.next() else { return nil }
    let (first, taken) = (readTarget.integer(0) ?? 0, readTarget.integer(1) ?? -1)
    _ = try readTarget.next()
    guard first > 0, taken >= 0 else { throw StoreFailure(.damaged, "it has an invalid cursor") }
    var cursor = Cursor(first: UInt64(first), taken: UInt64(taken))
    readLanes.begin().bind(target)
    while try readLanes.next() {
      let text = readLanes.text(0) ?? ""
      let lane = ConferenceSID(text)
      guard lane != nil || text.isEmpty else { throw StoreFailure(.damaged, "it has an invalid sid") }
      cursor.behind[lane] = UInt64(max(0, readLanes.integer(1) ?? 0))
    }
    return cursor
  }
}

extension DeadLetterReason {
  /// The text stored in the state file.
  package var text: String {
    switch self {
    case .rejected(let status): "answered \(status)"
    case .targetGone: "the target wants no more events"
    case .tooOld: "too old"
    case .failedRepeatedly: "failed repeatedly while other events were delivered"
    case .overflow: "too many events were pending"
    case .damaged: "damaged"
    }
  }
}

/// Writes discovery answers to a state file, and reads them.
struct DiscoveryStatements {
  private let save: SQLiteStatement
  private let read: SQLiteStatement

  init(_ database: SQLiteDatabase) throws(StoreFailure) {
    save = try database.prepare("INSERT OR REPLACE INTO discovery (question, asked_at, unscanned) VALUES (?, ?, ?)")
    read = try database.prepare("SELECT question, asked_at, unscanned FROM discovery")
  }

  func save(_ answer: SavedDiscovery) throws(StoreFailure) {
    save.begin().bind(answer.question).bind(answer.askedAt.milliseconds)
    try save.bind(answer.unscannedText).run()
  }

  /// Returns the last complete answer to each query.
  func all() throws(StoreFailure) -> [SavedDiscovery] {
    var answers: [SavedDiscovery] = []
    read.begin()
    while try read.next() {
      guard let question = read.text(0), let moment = read.integer(1),
        let answer = SavedDiscovery(
          question: question, askedAt: Timestamp(milliseconds: moment), unscannedText: read.bytes(2) ?? [])
      else { throw StoreFailure(.damaged, "it has an unreadable discovery answer") }
      answers.append(answer)
    }
    return answers
  }
}
