import Libc
import RollcallCore

/// A state file that this process has locked and whose header has been checked, for SQLite to open.
///
/// The descriptor must stay open until SQLite has closed the file (``StateDescriptors``).
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
    /// There is no file.
    case gone
    /// There is another file.
    case elsewhere
  }

  private let path: String
  private let descriptor: Int32
  /// Whether the file is empty.
  let isNew: Bool

  /// Opens or creates the file and locks it for this process.
  ///
  /// - Throws: ``StoreFailure``; the file is not changed then.
  init(locking path: String) throws(StoreFailure) {
    let descriptor = unsafe open(
      SystemPath.bytes(of: path), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, Self.permissions)
    guard descriptor >= 0 else { throw Self.openFailure(errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      StateDescriptors.close(descriptor)
      throw StoreFailure(.inUse, "another process has it open")
    }
    do throws(StoreFailure) {
      isNew = try Self.checkHeader(descriptor, hasLog: Self.hasLog(path))
    } catch {
      StateDescriptors.close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    self.path = path
  }

  /// Where the path leads now: the file may have been deleted, renamed or replaced. ``Place/here`` if that is unknown.
  var place: Place {
    var (own, found) = (stat(), stat())
    guard unsafe fstat(descriptor, &own) == 0 else { return .here }
    guard unsafe stat(SystemPath.bytes(of: path), &found) == 0 else {
      return errno == ENOENT || errno == ENOTDIR ? .gone : .here
    }
    return own.st_dev == found.st_dev && own.st_ino == found.st_ino ? .here : .elsewhere
  }

  /// Checks a file that another process may have locked.
  static func check(reading path: String) throws(StoreFailure) {
    let descriptor = unsafe open(SystemPath.bytes(of: path), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw openFailure(errno, verb: "read") }
    defer { StateDescriptors.close(descriptor) }
    if try checkHeader(descriptor, hasLog: hasLog(path)) { throw StoreFailure(.damaged, "it is empty") }
  }

  private static func openFailure(_ number: Int32, verb: String = "write") -> StoreFailure {
    let reason =
      switch number {
      case ENOENT: "no such file or directory"
      case EISDIR: "it is a directory"
      case EACCES, EPERM: "this user may not \(verb) it"
      case EROFS: "its disk is read-only"
      case ENOSPC: "the disk is full"
      default: "it cannot be opened (errno \(number))"
      }
    return StoreFailure(.cannotOpen, reason)
  }

  /// Returns whether there is a log whose contents are not in the file yet.
  private static func hasLog(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(SystemPath.bytes(of: path + "-wal"), &status) == 0 && status.st_size > 0
  }

  /// - Returns: whether the file is empty.
  private static func checkHeader(_ descriptor: Int32, hasLog: Bool) throws(StoreFailure) -> Bool {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw openFailure(errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw StoreFailure(.cannotOpen, "it is not a regular file") }
    guard status.st_size > 0 else { return true }
    var header = [UInt8](repeating: 0, count: headerBytes)
    let count = unsafe header.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
    guard count == headerBytes, header.starts(with: magic) else {
      throw StoreFailure(.damaged, "it is not a state file")
    }
    // A page cut short by a full disk is complete in the log; without a log, SQLite would pad it with zeros.
    // SQLite writes a page size of 65 536 as 1.
    let pageSize = Int64(number(in: header, at: pageSizeAt) >> 16)
    guard hasLog || pageSize <= 1 || Int64(status.st_size) % pageSize == 0 else {
      throw StoreFailure(.damaged, "it is damaged: its end is missing")
    }
    let (application, version) = (number(in: header, at: applicationAt), number(in: header, at: versionAt))
    // Both are 0 if a process was killed while it created the tables.
    if application == 0, version == 0 { return false }
    try StateSchema.check(application: Int64(application), version: Int64(version))
    return false
  }

  private static func number(in header: [UInt8], at offset: Int) -> Int32 {
    header[offset..<offset + 4].reduce(0) { $0 << 8 | Int32($1) }
  }

  deinit {
    // The descriptor may have to outlive the lock.
    _ = flock(descriptor, LOCK_UN)
    StateDescriptors.close(descriptor)
  }
}

/// The steps between opening a state file and its first commit.
///
/// They can be repeated from the start, as when another program holds a lock on the file: each step is done completely
/// or not at all.
struct StateOpening {
  /// What a store needs to start.
  struct Contents: Sendable {
    /// The epoch of this run.
    let epoch: UInt64
    let redaction: Redaction?
    /// The last event's sequence; 0 in a new stream.
    let lastSequence: UInt64
    /// The latest time; nil in a new stream.
    let lastTimestamp: Timestamp?
  }

  /// The maximum size of files that are checked when opened; damage in larger ones shows when they are read.
  private static let checkedBytes: Int64 = 256 << 20

  let database: SQLiteDatabase
  let owner: SQLiteStore.Owner
  let redaction: RedactionChoice?
  /// The epoch of this run; nil to derive it from the start time.
  let epoch: UInt64?
  let process: Int32
  /// Whether the file has been checked, which need not be repeated.
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

  /// Creates the tables of a new file or checks and upgrades those of an existing one, then records this process as its
  /// user and reads what a store needs to start.
  mutating func open(now: Timestamp) throws(StoreFailure) -> Contents {
    let settlement = try prepare()
    try database.execute(StateSchema.connection)
    try database.mergeLogAtClose()
    // Deleted values must not remain in the file.
    if redaction != nil { try database.execute("PRAGMA secure_delete = ON") }
    let lastTimestamp = try database.integer(StateSchema.lastTime).map(Timestamp.init(milliseconds:))
    // Times never go back within a stream, and epochs are in the order of their runs.
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

  /// - Returns: the redaction of the file.
  private mutating func prepare() throws(StoreFailure) -> StateRedaction {
    // Read through SQLite rather than from the header, because the log beside the file may be newer.
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

  /// Creates the tables in one transaction, so that a file is never half created.
  private func make() throws(StoreFailure) {
    guard try database.integer("SELECT count(*) FROM sqlite_master") == 0 else {
      throw StoreFailure(.damaged, "it is a database but not a state file")
    }
    try database.transaction(.exclusive) { () throws(StoreFailure) in
      try database.execute(StateSchema.tables)
      let stream = try database.prepare("INSERT INTO stream (epoch, origin, account) VALUES (0, ?, ?)")
      try stream.begin().bind(owner.origin).bind(owner.account).run()
    }
  }

  /// Upgrades the tables in one transaction, so that an older file stays intact if the disk is full.
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
    guard try stream.next() else { throw StoreFailure(.damaged, "it does not say which account it belongs to") }
    let found = SQLiteStore.Owner(origin: stream.text(0) ?? "", account: stream.text(1) ?? "")
    _ = try stream.next()
    guard found == owner else {
      throw StoreFailure(.foreign, "it belongs to account \(found.account) at \(found.origin)")
    }
  }

  static func check(_ database: SQLiteDatabase) throws(StoreFailure) {
    let pages = try database.integer("PRAGMA page_count") ?? 0
    let bytes = pages * (try database.integer("PRAGMA page_size") ?? 0)
    guard bytes <= checkedBytes else { return }
    let statement = try database.prepare("PRAGMA quick_check(1)")
    guard try statement.next(), statement.text(0) == "ok" else {
      throw StoreFailure(.damaged, "it is damaged: \(statement.text(0) ?? "it is unreadable")")
    }
    _ = try statement.next()
  }
}

/// Describes the process that has a state file open.
enum StateLockOwner {
  static func text(of path: String) -> String {
    do throws(StoreFailure) {
      let database = try SQLiteDatabase(path: path, .readOnly)
      let statement = try database.prepare("SELECT holder, held_since FROM stream")
      if try statement.next(), let process = statement.integer(0), let since = statement.integer(1) {
        return "process \(process) has had it open since \(Timestamp(milliseconds: since).rfc3339)"
      }
    } catch {
      // The file is still being created.
    }
    return "another process has it open"
  }
}
