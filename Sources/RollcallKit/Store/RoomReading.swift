import RollcallCore

/// How rooms are read from a state file.
struct RoomReading {
  private let readHeads: SQLiteStatement
  private let readPeople: SQLiteStatement
  private let readCalls: SQLiteStatement?
  private let readDoubts: SQLiteStatement
  private let readStays: SQLiteStatement

  /// - Parameter version: of the file's tables.
  init(_ database: SQLiteDatabase, version: Int64) throws(StoreFailure) {
    // Before version 3 nothing depended on whether statuses are live.
    let liveStatuses = version < 3 ? "0" : "live_statuses"
    readHeads = try database.prepare(
      """
      SELECT sid, friendly_name, is_over, last_scan_start, last_scan_end, last_event_at, shown_at, \(liveStatuses)
      FROM conference
      """)
    readPeople = try database.prepare(
      """
      SELECT call_sid, date_created, date_updated, joined_at, muted_at, held_at, coaching_at, record
      FROM person WHERE conference_sid = ?
      """)
    // Nobody's call was kept before version 2.
    readCalls =
      version < 2
      ? nil
      : try database.prepare("SELECT call_sid, call FROM person WHERE conference_sid = ? AND call IS NOT NULL")
    readDoubts = try database.prepare(
      "SELECT call_sid, kind, scans, since, shown_before, record FROM doubt WHERE conference_sid = ?")
    readStays = try database.prepare(
      "SELECT call_sid, date_created, ended_at FROM ended_stay WHERE conference_sid = ?")
  }

  /// Every room in the file.
  func all() throws(StoreFailure) -> [SavedRoom] {
    var rooms: [SavedRoom] = []
    readHeads.begin()
    while try readHeads.next() {
      var head = SavedRoom.Head(conference: try Self.valid(readHeads.text(0).flatMap(ConferenceSID.init)))
      head.friendlyName = readHeads.text(1)
      head.isOver = readHeads.flag(2)
      head.lastScanStart = readHeads.moment(3)
      head.lastScanEnd = readHeads.moment(4)
      head.lastEventAt = readHeads.moment(5)
      head.shownAt = readHeads.moment(6)
      head.hasLiveStatuses = readHeads.flag(7)
      rooms.append(SavedRoom(head: head))
    }
    for index in rooms.indices where !rooms[index].head.isOver {
      let conference = rooms[index].head.conference.text
      rooms[index].people = try people(in: conference)
      rooms[index].calls = try calls(in: conference)
      rooms[index].doubts = try doubts(in: conference)
      rooms[index].endedStays = try stays(in: conference)
    }
    return rooms
  }

  private func people(in conference: String) throws(StoreFailure) -> [SavedRoom.Person] {
    var people: [SavedRoom.Person] = []
    readPeople.begin().bind(conference)
    while try readPeople.next() {
      var person = SavedRoom.Person(
        callSID: try Self.valid(readPeople.text(0).flatMap(CallSID.init)), record: readPeople.bytes(7) ?? [])
      person.dateCreated = readPeople.integer(1)
      person.dateUpdated = readPeople.integer(2)
      person.joinedAt = readPeople.moment(3)
      person.mutedAt = readPeople.moment(4)
      person.heldAt = readPeople.moment(5)
      person.coachingAt = readPeople.moment(6)
      people.append(person)
    }
    return people
  }

  private func calls(in conference: String) throws(StoreFailure) -> [SavedRoom.Call] {
    guard let readCalls else { return [] }
    var calls: [SavedRoom.Call] = []
    readCalls.begin().bind(conference)
    while try readCalls.next() {
      let sid = try Self.valid(readCalls.text(0).flatMap(CallSID.init))
      // What cannot be read is asked for again.
      guard let call = try? JSONReader.read(readCalls.bytes(1) ?? []) else { continue }
      calls.append(SavedRoom.Call(callSID: sid, details: call.asObject == nil ? nil : CallDetails(call)))
    }
    return calls
  }

  private func doubts(in conference: String) throws(StoreFailure) -> [SavedRoom.Doubt] {
    var doubts: [SavedRoom.Doubt] = []
    readDoubts.begin().bind(conference)
    while try readDoubts.next() {
      guard let kind = readDoubts.text(1).flatMap(SavedRoom.Doubt.Kind.init), let since = readDoubts.moment(3) else {
        throw StoreFailure(.damaged, "a doubt in it cannot be read")
      }
      var doubt = SavedRoom.Doubt(
        kind, try Self.valid(readDoubts.text(0).flatMap(CallSID.init)), scans: Int(readDoubts.integer(2) ?? 0),
        since: since)
      doubt.shownBefore = readDoubts.moment(4)
      doubt.record = readDoubts.bytes(5)
      doubts.append(doubt)
    }
    return doubts
  }

  private func stays(in conference: String) throws(StoreFailure) -> [SavedRoom.EndedStay] {
    var stays: [SavedRoom.EndedStay] = []
    readStays.begin().bind(conference)
    while try readStays.next() {
      guard let ended = readStays.moment(2) else { continue }
      let call = try Self.valid(readStays.text(0).flatMap(CallSID.init))
      stays.append(
        SavedRoom.EndedStay(SavedRoom.StayID(callSID: call, dateCreated: readStays.integer(1)), endedAt: ended))
    }
    return stays
  }

  private static func valid<Value>(_ value: Value?) throws(StoreFailure) -> Value {
    guard let value else { throw StoreFailure(.damaged, "a sid in it cannot be read") }
    return value
  }
}

extension SQLiteStatement {
  /// The moment in a column of milliseconds.
  fileprivate func moment(_ column: Int32) -> Timestamp? { integer(column).map(Timestamp.init(milliseconds:)) }
}
