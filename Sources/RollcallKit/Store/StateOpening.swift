import RollcallCore

/// What happens to a state file between its first statement and its first commit.
enum StateOpening {
  /// Files up to this size are looked through whole; a larger one shows its damage when it is read.
  private static let checkedBytes: Int64 = 256 << 20

  /// Makes the tables of a new file, or looks whether those of an old one can be used; then notes who has it.
  static func prepare(
    _ database: SQLiteDatabase, owner: SQLiteStore.Owner, epoch: UInt64, process: Int32, now: Timestamp
  ) throws(StoreFailure) {
    // Not what the header says, which may be older: the newest is in the log beside the file.
    let version = try database.integer("PRAGMA user_version") ?? 0
    if version == 0 {
      try make(database, owner: owner, epoch: epoch)
    } else {
      try StateSchema.check(
        application: try database.integer("PRAGMA application_id") ?? 0, version: version)
      try check(database)
      try check(owner, of: database)
      try upgrade(database, from: version)
    }
    try database.execute(StateSchema.connection)
    try database.keepInShape()
    let holder = try database.prepare("UPDATE stream SET holder = ?, held_since = ?")
    try holder.begin().bind(Int64(process)).bind(now.milliseconds).run()
  }

  /// All of it or nothing, so that a file is never half made.
  private static func make(
    _ database: SQLiteDatabase, owner: SQLiteStore.Owner, epoch: UInt64
  ) throws(StoreFailure) {
    guard try database.integer("SELECT count(*) FROM sqlite_master") == 0 else {
      throw StoreFailure(.damaged, "it is a database, but no state file")
    }
    try database.execute("BEGIN EXCLUSIVE")
    try database.execute(StateSchema.tables)
    let stream = try database.prepare("INSERT INTO stream (epoch, origin, account) VALUES (?, ?, ?)")
    try stream.begin().bind(Int64(bitPattern: epoch)).bind(owner.origin).bind(owner.account).run()
    try database.execute("COMMIT")
  }

  /// All of it or nothing as well: an older file stays one where there is no room for it.
  private static func upgrade(_ database: SQLiteDatabase, from version: Int64) throws(StoreFailure) {
    guard version < StateSchema.version else { return }
    try database.execute("BEGIN EXCLUSIVE")
    if version < 2 { try database.execute(StateSchema.upgradeFromVersion1) }
    if version < 3 { try database.execute(StateSchema.upgradeFromVersion2) }
    try database.execute("COMMIT")
  }

  private static func check(_ owner: SQLiteStore.Owner, of database: SQLiteDatabase) throws(StoreFailure) {
    let stream = try database.prepare("SELECT origin, account FROM stream")
    guard try stream.next() else { throw StoreFailure(.damaged, "it says nothing of whose it is") }
    let found = SQLiteStore.Owner(origin: stream.text(0) ?? "", account: stream.text(1) ?? "")
    _ = try stream.next()
    guard found == owner else {
      throw StoreFailure(.foreign, "it belongs to \(found.origin) and the project \(found.account)")
    }
  }

  static func check(_ database: SQLiteDatabase) throws(StoreFailure) {
    let pages = try database.integer("PRAGMA page_count") ?? 0
    let bytes = pages * (try database.integer("PRAGMA page_size") ?? 0)
    guard bytes <= checkedBytes else { return }
    let statement = try database.prepare("PRAGMA quick_check(1)")
    guard try statement.next(), statement.text(0) == "ok" else {
      throw StoreFailure(.damaged, "it is damaged: \(statement.text(0) ?? "it cannot be read")")
    }
    _ = try statement.next()
  }
}

/// Tells who has a state file.
enum StateHolder {
  static func text(of path: String) -> String {
    do throws(StoreFailure) {
      let database = try SQLiteDatabase(path: path, .readOnly)
      let statement = try database.prepare("SELECT holder, held_since FROM stream")
      if try statement.next(), let process = statement.integer(0), let since = statement.integer(1) {
        return "process \(process) has had it since \(Timestamp(milliseconds: since).rfc3339)"
      }
    } catch {
      // It is being made just now.
    }
    return "another process has it"
  }
}
