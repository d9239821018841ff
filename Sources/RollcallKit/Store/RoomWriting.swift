import RollcallCore

/// How rooms are written into a state file.
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

  init(_ database: SQLiteDatabase) throws(StoreFailure) {
    saveHead = try database.prepare("INSERT OR REPLACE INTO conference VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
    // What is known of a person's call stays.
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
  }

  func save(_ changes: RoomChanges) throws(StoreFailure) {
    let head = changes.head
    let conference = head.conference.text
    saveHead.begin().bind(conference).bind(head.friendlyName).bind(head.isOver)
    saveHead.bind(head.lastScanStart?.milliseconds).bind(head.lastScanEnd?.milliseconds)
    saveHead.bind(head.lastEventAt?.milliseconds).bind(head.shownAt?.milliseconds)
    try saveHead.bind(head.hasLiveStatuses).run()
    if head.isOver {
      try clearPeople.begin().bind(conference).run()
      try clearStays.begin().bind(conference).run()
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
  }

  private func save(_ person: SavedRoom.Person, in conference: String) throws(StoreFailure) {
    savePerson.begin().bind(conference).bind(person.callSID.text).bind(person.dateCreated).bind(person.dateUpdated)
    savePerson.bind(person.joinedAt?.milliseconds).bind(person.mutedAt?.milliseconds)
    try savePerson.bind(person.heldAt?.milliseconds).bind(person.coachingAt?.milliseconds).bind(person.record).run()
  }

  /// `null` says that there is nothing to be known.
  private func save(_ call: SavedRoom.Call, in conference: String) throws(StoreFailure) {
    let text = call.details?.json ?? Array("null".utf8)
    try saveCall.begin().bind(text).bind(conference).bind(call.callSID.text).run()
  }

  private func save(_ doubt: SavedRoom.Doubt, in conference: String) throws(StoreFailure) {
    saveDoubt.begin().bind(conference).bind(doubt.callSID.text).bind(doubt.kind.rawValue).bind(doubt.scans)
    saveDoubt.bind(doubt.since.milliseconds).bind(doubt.shownBefore?.milliseconds)
    if let record = doubt.record { saveDoubt.bind(record) } else { saveDoubt.bind(Int64?.none) }
    try saveDoubt.run()
  }
}
