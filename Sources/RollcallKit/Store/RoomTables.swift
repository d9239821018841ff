import RollcallCore

/// Reads rooms from a state file.
struct RoomReading {
  private let readHeads: SQLiteStatement
  private let readPeople: SQLiteStatement
  private let readCalls: SQLiteStatement?
  private let readDoubts: SQLiteStatement
  private let readStays: SQLiteStatement
  private let readAlerts: SQLiteStatement?

  /// - Parameter version: the version of the file's tables.
  init(_ database: SQLiteDatabase, version: Int64) throws(StoreFailure) {
    // Before version 3 it did not matter whether statuses were live.
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
    // Before version 2 no call details were stored.
    readCalls =
      version < 2
      ? nil
      : try database.prepare("SELECT call_sid, call FROM person WHERE conference_sid = ? AND call IS NOT NULL")
    readDoubts = try database.prepare(
      "SELECT call_sid, kind, scans, since, shown_before, record FROM doubt WHERE conference_sid = ?")
    readStays = try database.prepare(
      "SELECT call_sid, date_created, ended_at FROM ended_stay WHERE conference_sid = ?")
    // No alert was raised before version 5.
    readAlerts =
      version < 5 ? nil : try database.prepare("SELECT alert, call_sid, since FROM alert WHERE conference_sid = ?")
  }

  /// Returns all rooms in the file.
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
      head.lastSeenAt = readHeads.moment(6)
      head.hasLiveStatuses = readHeads.flag(7)
      rooms.append(SavedRoom(head: head))
    }
    for index in rooms.indices where !rooms[index].head.isOver {
      let conference = rooms[index].head.conference.text
      rooms[index].people = try people(in: conference)
      rooms[index].calls = try calls(in: conference)
      rooms[index].doubts = try doubts(in: conference)
      rooms[index].endedStays = try stays(in: conference)
      rooms[index].raisedAlerts = try alerts(in: conference)
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
      // Unreadable details are skipped and looked up again.
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
        throw StoreFailure(.damaged, "it has an unreadable doubt")
      }
      var doubt = SavedRoom.Doubt(
        kind, try Self.valid(readDoubts.text(0).flatMap(CallSID.init)), scans: Int(readDoubts.integer(2) ?? 0),
        since: since)
      doubt.lastSeen = readDoubts.moment(4)
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

  private func alerts(in conference: String) throws(StoreFailure) -> [SavedRoom.RaisedAlert] {
    guard let readAlerts else { return [] }
    var alerts: [SavedRoom.RaisedAlert] = []
    readAlerts.begin().bind(conference)
    while try readAlerts.next() {
      guard let name = readAlerts.text(0), let since = readAlerts.moment(2) else { continue }
      let call = try readAlerts.text(1).flatMap { text throws(StoreFailure) in
        text.isEmpty ? nil : try Self.valid(CallSID(text))
      }
      alerts.append(SavedRoom.RaisedAlert(Alert(name, of: call), since: since))
    }
    return alerts
  }

  private static func valid<Value>(_ value: Value?) throws(StoreFailure) -> Value {
    guard let value else { throw StoreFailure(.damaged, "it has an invalid sid") }
    return value
  }
}

extension SQLiteStatement {
  /// Returns the time in a column of milliseconds.
  fileprivate func moment(_ column: Int32) -> Timestamp? { integer(column).map(Timestamp.init(milliseconds:)) }
}

/// Writes rooms to a state file.
struct RoomWriting {
  private let saveHead: SQLiteStatement
  private let savePerson: SQLiteStatement
  private let saveCall: SQLiteStatement
  private let removePerson: SQLiteStatement
  private let clearPeople: SQLiteStatement
  private let clearDoubts: SQLiteStatement
  private let saveDoubt: SQLiteStatement
  private let saveStay: SQLiteStatement
  private let forgetStay: SQLiteStatement
  private let clearStays: SQLiteStatement
  private let saveAlert: SQLiteStatement
  private let removeAlert: SQLiteStatement
  private let clearAlerts: SQLiteStatement

  init(_ database: SQLiteDatabase) throws(StoreFailure) {
    saveHead = try database.prepare("INSERT OR REPLACE INTO conference VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
    // Keeps the column `call`.
    savePerson = try database.prepare(
      """
      INSERT INTO person (conference_sid, call_sid, date_created, date_updated, joined_at, muted_at, held_at,
        coaching_at, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (conference_sid, call_sid) DO UPDATE SET date_created = excluded.date_created,
        date_updated = excluded.date_updated, joined_at = excluded.joined_at, muted_at = excluded.muted_at,
        held_at = excluded.held_at, coaching_at = excluded.coaching_at, record = excluded.record
      """)
    saveCall = try database.prepare("UPDATE person SET call = ? WHERE conference_sid = ? AND call_sid = ?")
    removePerson = try database.prepare("DELETE FROM person WHERE conference_sid = ? AND call_sid = ?")
    clearPeople = try database.prepare("DELETE FROM person WHERE conference_sid = ?")
    clearDoubts = try database.prepare("DELETE FROM doubt WHERE conference_sid = ?")
    saveDoubt = try database.prepare("INSERT INTO doubt VALUES (?, ?, ?, ?, ?, ?, ?)")
    saveStay = try database.prepare("INSERT OR REPLACE INTO ended_stay VALUES (?, ?, ?, ?)")
    forgetStay = try database.prepare(
      "DELETE FROM ended_stay WHERE conference_sid = ? AND call_sid = ? AND date_created IS ?")
    clearStays = try database.prepare("DELETE FROM ended_stay WHERE conference_sid = ?")
    saveAlert = try database.prepare("INSERT OR REPLACE INTO alert VALUES (?, ?, ?, ?)")
    removeAlert = try database.prepare("DELETE FROM alert WHERE conference_sid = ? AND alert = ? AND call_sid = ?")
    clearAlerts = try database.prepare("DELETE FROM alert WHERE conference_sid = ?")
  }

  func save(_ changes: RoomChanges) throws(StoreFailure) {
    let head = changes.head
    let conference = head.conference.text
    saveHead.begin().bind(conference).bind(head.friendlyName).bind(head.isOver)
    saveHead.bind(head.lastScanStart?.milliseconds).bind(head.lastScanEnd?.milliseconds)
    saveHead.bind(head.lastEventAt?.milliseconds).bind(head.lastSeenAt?.milliseconds)
    try saveHead.bind(head.hasLiveStatuses).run()
    if head.isOver {
      try clearPeople.begin().bind(conference).run()
      try clearStays.begin().bind(conference).run()
      try clearAlerts.begin().bind(conference).run()
    }
    for call in changes.gone { try removePerson.begin().bind(conference).bind(call.text).run() }
    for person in changes.people { try save(person, in: conference) }
    for call in changes.calls { try save(call, in: conference) }
    try clearDoubts.begin().bind(conference).run()
    for doubt in changes.doubts { try save(doubt, in: conference) }
    for stay in changes.endedStays {
      saveStay.begin().bind(conference).bind(stay.id.callSID.text).bind(stay.id.dateCreated)
      try saveStay.bind(stay.endedAt.milliseconds).run()
    }
    for stay in changes.forgottenStays {
      try forgetStay.begin().bind(conference).bind(stay.callSID.text).bind(stay.dateCreated).run()
    }
    // No sid is empty, so the empty one stands for the conference itself.
    for alert in changes.resolvedAlerts {
      try removeAlert.begin().bind(conference).bind(alert.name).bind(alert.call?.text ?? "").run()
    }
    for raised in changes.raisedAlerts {
      saveAlert.begin().bind(conference).bind(raised.alert.name).bind(raised.alert.call?.text ?? "")
      try saveAlert.bind(raised.since.milliseconds).run()
    }
  }

  private func save(_ person: SavedRoom.Person, in conference: String) throws(StoreFailure) {
    savePerson.begin().bind(conference).bind(person.callSID.text).bind(person.dateCreated).bind(person.dateUpdated)
    savePerson.bind(person.joinedAt?.milliseconds).bind(person.mutedAt?.milliseconds)
    try savePerson.bind(person.heldAt?.milliseconds).bind(person.coachingAt?.milliseconds).bind(person.record).run()
  }

  /// Saves a call's details; `null` means that the provider does not know the call.
  private func save(_ call: SavedRoom.Call, in conference: String) throws(StoreFailure) {
    let text = call.details?.json ?? Array("null".utf8)
    try saveCall.begin().bind(text).bind(conference).bind(call.callSID.text).run()
  }

  private func save(_ doubt: SavedRoom.Doubt, in conference: String) throws(StoreFailure) {
    saveDoubt.begin().bind(conference).bind(doubt.callSID.text).bind(doubt.kind.rawValue).bind(doubt.scans)
    saveDoubt.bind(doubt.since.milliseconds).bind(doubt.lastSeen?.milliseconds)
    if let record = doubt.record { saveDoubt.bind(record) } else { saveDoubt.bind(Int64?.none) }
    try saveDoubt.run()
  }
}
