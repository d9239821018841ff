import Libc
import RollcallCore

/// The file of a stream before anything is asked of SQLite: held by one process, and of the right kind.
///
/// The descriptor stays open as long as the process lives: closing it would drop the locks of SQLite's own.
struct StateFile: ~Copyable {
  private static let magic = Array("SQLite format 3\0".utf8)
  private static let headerBytes = 100
  private static let pageSizeAt = 16
  private static let versionAt = 60
  private static let applicationAt = 68
  private static let permissions: mode_t = 0o600

  /// Where the path of the open file leads.
  enum Place {
    case here
    /// Nowhere.
    case gone
    /// To another file.
    case elsewhere
  }

  private let path: String
  private let descriptor: Int32
  /// Whether there is nothing in it yet.
  let isNew: Bool

  /// Opens the file, or makes it, and holds it for this process.
  ///
  /// - Throws: ``StoreFailure``; the file is as it was then.
  init(holding path: String) throws(StoreFailure) {
    let descriptor = unsafe open(
      SystemPath.bytes(of: path), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, Self.permissions)
    guard descriptor >= 0 else { throw Self.openFailure(errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw StoreFailure(.held, "another process has it")
    }
    do throws(StoreFailure) {
      isNew = try Self.checkHeader(descriptor, hasLog: Self.hasLog(path))
    } catch {
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    self.path = path
  }

  /// Where its path leads now: somebody may have deleted, renamed or replaced it. What cannot be found out counts as here.
  var place: Place {
    var (own, found) = (stat(), stat())
    guard unsafe fstat(descriptor, &own) == 0 else { return .here }
    guard unsafe stat(SystemPath.bytes(of: path), &found) == 0 else {
      return errno == ENOENT || errno == ENOTDIR ? .gone : .here
    }
    return own.st_dev == found.st_dev && own.st_ino == found.st_ino ? .here : .elsewhere
  }

  /// Looks at a file that somebody else may hold.
  static func check(reading path: String) throws(StoreFailure) {
    let descriptor = unsafe open(SystemPath.bytes(of: path), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw openFailure(errno, verb: "read") }
    defer { close(descriptor) }
    if try checkHeader(descriptor, hasLog: hasLog(path)) { throw StoreFailure(.damaged, "it is empty") }
  }

  private static func openFailure(_ number: Int32, verb: String = "write") -> StoreFailure {
    let reason =
      switch number {
      case ENOENT: "there is no such directory or file"
      case EISDIR: "it is a directory"
      case EACCES, EPERM: "this user may not \(verb) it"
      case EROFS: "its disk is read-only"
      case ENOSPC: "there is no room on the disk"
      default: "it cannot be opened (errno \(number))"
      }
    return StoreFailure(.cannotOpen, reason)
  }

  /// Whether something has not been brought into the file yet.
  private static func hasLog(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(SystemPath.bytes(of: path + "-wal"), &status) == 0 && status.st_size > 0
  }

  /// - Returns: whether the file is empty.
  private static func checkHeader(_ descriptor: Int32, hasLog: Bool) throws(StoreFailure) -> Bool {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw openFailure(errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw StoreFailure(.cannotOpen, "it is no regular file") }
    guard status.st_size > 0 else { return true }
    var header = [UInt8](repeating: 0, count: headerBytes)
    let count = unsafe header.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
    guard count == headerBytes, header.starts(with: magic) else {
      throw StoreFailure(.damaged, "it is no state file")
    }
    // A page that a full disk has cut short is whole in the log; without one, SQLite would fill it up with zeros.
    let pageSize = Int64(number(in: header, at: pageSizeAt) >> 16)
    guard hasLog || pageSize <= 1 || Int64(status.st_size) % pageSize == 0 else {
      throw StoreFailure(.damaged, "it is damaged: its end is missing")
    }
    let (application, version) = (number(in: header, at: applicationAt), number(in: header, at: versionAt))
    // A process that was killed while it made the tables left neither.
    if application == 0, version == 0 { return false }
    try StateSchema.check(application: Int64(application), version: Int64(version))
    return false
  }

  private static func number(in header: [UInt8], at offset: Int) -> Int32 {
    header[offset..<offset + 4].reduce(0) { $0 << 8 | Int32($1) }
  }

  deinit { close(descriptor) }
}

/// What happens to a state file between its first statement and its first commit.
///
/// All of it can be repeated from the start, as where another program holds a lock on the file: what was done is done, and
/// what was not is as it was.
struct StateOpening {
  /// What a store begins with.
  struct Contents: Sendable {
    /// Of this run.
    let epoch: UInt64
    let redaction: Redaction?
    /// The last event, and the last of all times; nil in a new stream.
    let lastSequence: UInt64
    let lastTimestamp: Timestamp?
  }

  /// Files up to this size are looked through whole; a larger one shows its damage when it is read.
  private static let checkedBytes: Int64 = 256 << 20

  let database: SQLiteDatabase
  let owner: SQLiteStore.Owner
  let redaction: RedactionChoice?
  /// Of this run; nil for one made of its start.
  let epoch: UInt64?
  let process: Int32
  /// Whether the file has been looked through, which need not be repeated.
  private var isChecked = false

  init(
    _ database: SQLiteDatabase, owner: SQLiteStore.Owner, redaction: RedactionChoice?, epoch: UInt64?, process: Int32
  ) {
    self.database = database
    self.owner = owner
    self.redaction = redaction
    self.epoch = epoch
    self.process = process
  }

  /// Makes the tables of a new file, or looks whether those of an old one can be used; then notes who has it, and reads
  /// what a store begins with.
  mutating func open(now: Timestamp) throws(StoreFailure) -> Contents {
    let settlement = try prepare()
    try database.execute(StateSchema.connection)
    try database.keepInShape()
    // What is deleted is to be gone from the file, too.
    if redaction != nil { try database.execute("PRAGMA secure_delete = ON") }
    let lastTimestamp = try database.integer(StateSchema.lastTime).map(Timestamp.init(milliseconds:))
    // The stream's time does not go back, and epochs are in the order of their runs.
    let start = max(now, lastTimestamp ?? now)
    let epoch = epoch ?? EventStream.newEpoch(startedAt: start)
    var settled: Redaction?
    try database.transaction { () throws(StoreFailure) in
      settled = try settlement.settle(database)
      let run = try database.prepare("UPDATE stream SET epoch = ?, holder = ?, held_since = ?")
      try run.begin().bind(Int64(bitPattern: epoch)).bind(Int64(process)).bind(now.milliseconds).run()
    }
    return Contents(
      epoch: epoch, redaction: settled,
      lastSequence: UInt64(clamping: try database.integer("SELECT max(sequence) FROM event") ?? 0),
      lastTimestamp: lastTimestamp)
  }

  /// - Returns: what is to be redacted in the file.
  private mutating func prepare() throws(StoreFailure) -> StateRedaction {
    // Not what the header says, which may be older: the newest is in the log beside the file.
    let version = try database.integer("PRAGMA user_version") ?? 0
    guard version > 0 else {
      try make()
      return try StateRedaction(database, version: Int64(StateSchema.version), redaction)
    }
    try StateSchema.check(application: try database.integer("PRAGMA application_id") ?? 0, version: version)
    if !isChecked { try Self.check(database) }
    isChecked = true
    try checkOwner()
    let redaction = try StateRedaction(database, version: version, redaction)
    try upgrade(from: version)
    return redaction
  }

  /// All of it or nothing, so that a file is never half made.
  private func make() throws(StoreFailure) {
    guard try database.integer("SELECT count(*) FROM sqlite_master") == 0 else {
      throw StoreFailure(.damaged, "it is a database, but no state file")
    }
    try database.transaction(.exclusive) { () throws(StoreFailure) in
      try database.execute(StateSchema.tables)
      let stream = try database.prepare("INSERT INTO stream (epoch, origin, account) VALUES (0, ?, ?)")
      try stream.begin().bind(owner.origin).bind(owner.account).run()
    }
  }

  /// All of it or nothing as well: an older file stays one where there is no room for it.
  private func upgrade(from version: Int64) throws(StoreFailure) {
    guard version < StateSchema.version else { return }
    try database.transaction(.exclusive) { () throws(StoreFailure) in
      if version < 2 { try database.execute(StateSchema.upgradeFromVersion1) }
      if version < 3 { try database.execute(StateSchema.upgradeFromVersion2) }
      if version < 4 { try database.execute(StateSchema.upgradeFromVersion3) }
      if version < 5 { try database.execute(StateSchema.upgradeFromVersion4) }
    }
  }

  private func checkOwner() throws(StoreFailure) {
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
