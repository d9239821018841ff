import RollcallCore

/// The prepared statements of a state file, and what they mean.
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

  /// What ``events(of:)`` reads.
  ///
  /// - Parameter version: of the file's tables.
  static func event(version: Int64 = Int64(StateSchema.version)) -> String {
    // Before version 4 nothing said what the bytes of an event were.
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

  /// - Returns: how many events are forgotten.
  func forget(before moment: Timestamp, upTo sequence: UInt64, atMost limit: Int) throws(StoreFailure) -> Int {
    try forgetEvents.begin().bind(moment.milliseconds).bind(Int64(sequence)).bind(limit).run()
    let count = database.changes
    if count > 0 { try forgetLetters.begin().run() }
    return count
  }

  /// What tells whether the bytes of an event are those that were stored.
  private static func checksum(of line: [UInt8]) -> Int64 { Int64(bitPattern: FNV1a.digest(line)) }

  /// The events that a bound statement gives. Those that are not what was stored are there all the same, as damaged ones.
  static func events(of statement: SQLiteStatement) throws(StoreFailure) -> [StoredEvent] {
    var events: [StoredEvent] = []
    while try statement.next() {
      guard let sequence = statement.integer(0).map(UInt64.init(bitPattern:)) else {
        throw StoreFailure(.damaged, "an event in it cannot be read")
      }
      let (line, at) = (statement.bytes(5) ?? [], statement.integer(2))
      let (type, id) = (statement.text(1).flatMap(EventType.init), EventStream.id(in: line))
      let isAsStored = statement.integer(6).map { $0 == checksum(of: line) } ?? true
      // Of a damaged one nothing is told but its place; the others are never without these.
      events.append(
        StoredEvent(
          sequence: sequence, id: id ?? "", type: type ?? .watchStopped, timestamp: Timestamp(milliseconds: at ?? 0),
          conference: statement.text(3).flatMap(ConferenceSID.init), call: statement.text(4).flatMap(CallSID.init),
          line: line + [UInt8(ascii: "\n")], isDamaged: !isAsStored || type == nil || id == nil || at == nil))
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
      // No sid is empty, so the empty one is the lane of the events without conference.
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
    guard first > 0, taken >= 0 else { throw StoreFailure(.damaged, "how far a target is cannot be read") }
    var cursor = Cursor(first: UInt64(first), taken: UInt64(taken))
    readLanes.begin().bind(target)
    while try readLanes.next() {
      cursor.behind[readLanes.text(0).flatMap(ConferenceSID.init)] = UInt64(max(0, readLanes.integer(1) ?? 0))
    }
    return cursor
  }
}

extension DeadLetterReason {
  /// As the state file keeps it.
  package var text: String {
    switch self {
    case .rejected(let status): "answered \(status)"
    case .targetGone: "the target wants no more events"
    case .tooOld: "too old"
    case .failedRepeatedly: "failed again and again while others were taken"
    case .overflow: "too many events waited"
    case .damaged: "damaged"
    }
  }
}

/// How the answers of discovery are written into a state file, and read from it.
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

  /// The last complete answer to each question.
  func all() throws(StoreFailure) -> [SavedDiscovery] {
    var answers: [SavedDiscovery] = []
    read.begin()
    while try read.next() {
      guard let question = read.text(0), let moment = read.integer(1),
        let answer = SavedDiscovery(
          question: question, askedAt: Timestamp(milliseconds: moment), unscannedText: read.bytes(2) ?? [])
      else { throw StoreFailure(.damaged, "an answer of discovery in it cannot be read") }
      answers.append(answer)
    }
    return answers
  }
}
