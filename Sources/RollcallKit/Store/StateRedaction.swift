import RollcallCore

/// What the stream of a state file redacts. Other fields or another key are another stream: it begins with a baseline of its
/// own, in the same file, behind the events of the one before.
struct StateRedaction: Sendable {
  /// nil where events show everything.
  let redaction: Redaction?
  /// Whether another stream has ended here.
  let beginsAnew: Bool

  /// Settles what is redacted from now on.
  ///
  /// - Parameter epoch: of the stream, if another one begins.
  init(_ database: SQLiteDatabase, _ choice: RedactionChoice?, epoch: UInt64) throws(StoreFailure) {
    let stream = try database.prepare("SELECT redaction, redaction_key FROM stream")
    guard try stream.next() else { throw StoreFailure(.damaged, "it says nothing of whose it is") }
    let (past, keptKey) = (stream.text(0), stream.bytes(1))
    _ = try stream.next()
    let key = choice?.key ?? keptKey ?? Array(Hex.encode(RandomKey.bytes()).utf8)
    let redaction = choice.map { Redaction($0.fields, key: key) }
    self.redaction = redaction
    // What is deleted is to be gone from the file, too.
    if redaction != nil { try database.execute("PRAGMA secure_delete = ON") }
    guard past != redaction?.fingerprint else {
      beginsAnew = false
      return
    }
    let epochs = try StreamEpochs(database)
    let last = UInt64(clamping: try database.integer("SELECT max(sequence) FROM event") ?? 0)
    let beginsAnew = last > epochs.base
    self.beginsAnew = beginsAnew
    // A key from a file stays there alone.
    let ownKey = choice != nil && choice?.key == nil ? String(decoding: key, as: UTF8.self) : nil
    try database.transaction(.exclusive) { () throws(StoreFailure) in
      if beginsAnew { try Self.begin(database, epoch, after: last, epochs.current) }
      let note = try database.prepare("UPDATE stream SET redaction = ?, redaction_key = ?")
      try note.begin().bind(redaction?.fingerprint).bind(ownKey).run()
    }
  }

  private static func begin(
    _ database: SQLiteDatabase, _ epoch: UInt64, after last: UInt64, _ past: UInt64
  ) throws(StoreFailure) {
    let note = try database.prepare(
      "INSERT INTO past_epoch (last, epoch, redaction, redaction_key) SELECT ?, ?, redaction, redaction_key FROM stream"
    )
    try note.begin().bind(Int64(clamping: last)).bind(Int64(bitPattern: past)).run()
    let renew = try database.prepare("UPDATE stream SET epoch = ?")
    try renew.begin().bind(Int64(bitPattern: epoch)).run()
    // The people in them have never been told of in the new stream.
    try database.execute("DELETE FROM conference; DELETE FROM person; DELETE FROM doubt; DELETE FROM ended_stay")
  }
}
