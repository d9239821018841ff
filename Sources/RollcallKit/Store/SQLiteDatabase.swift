import CSQLite
import Libc
import RollcallCore

/// One connection to a database file. Not shared: whoever has it uses it from one place.
@safe
final class SQLiteDatabase {
  enum Access {
    /// Makes the file where there is none.
    case readWrite
    case readOnly
    /// For a file that nobody writes, in a place that cannot be written: without it SQLite wants to make files of its own.
    case immutable
  }

  /// How a transaction begins.
  enum Beginning: String {
    /// Nobody else may write.
    case immediate = "BEGIN IMMEDIATE"
    /// Nor read, unless the file has a log.
    case exclusive = "BEGIN EXCLUSIVE"
  }

  /// How long a statement waits for another connection's lock, in a command that has nothing else to do.
  static let commandPatience: Duration = .seconds(5)

  private let handle: OpaquePointer
  private let lockPatience: Int32

  /// - Parameter lockPatience: how long a statement waits for another connection's lock; readers of a file with a log wait
  ///   for nobody.
  /// - Throws: ``StoreFailure``. A file that is no database shows at the first statement.
  init(path: String, _ access: Access, lockPatience: Duration = commandPatience) throws(StoreFailure) {
    var handle: OpaquePointer?
    let mode =
      switch access {
      case .readWrite: CSQLITE_OPEN_READWRITE | CSQLITE_OPEN_CREATE
      case .readOnly: CSQLITE_OPEN_READONLY
      case .immutable: CSQLITE_OPEN_READONLY | CSQLITE_OPEN_URI
      }
    let flags = CInt(mode | CSQLITE_OPEN_NOMUTEX | CSQLITE_OPEN_EXRESCODE)
    // Some names without a directory, such as `:memory:`, mean more to SQLite than a file.
    let file = path.hasPrefix("/") ? path : "./" + path
    let name = access == .immutable ? Self.immutableURI(path) : file
    let code = unsafe csqlite_open(SystemPath.bytes(of: name), &handle, flags)
    guard code == CSQLITE_OK, let handle = unsafe handle else {
      unsafe csqlite_close(handle)
      throw StoreFailure(.cannotOpen, "the file cannot be opened")
    }
    unsafe self.handle = handle
    self.lockPatience = Int32(clamping: lockPatience.wholeMilliseconds)
    unsafe csqlite_busy_timeout(handle, self.lockPatience)
  }

  deinit { unsafe csqlite_close(handle) }

  /// Has the end of the connection leave the log beside the file, as it is for one that turns out to be somebody else's.
  func leaveAsItIs() throws(StoreFailure) { try setCheckpoint(atClose: false) }

  /// Has the end of the connection bring the log into the file, as it is by itself.
  func keepInShape() throws(StoreFailure) { try setCheckpoint(atClose: true) }

  /// Brings the log into the file and empties it, unless somebody reads just now: nobody is waited for.
  func emptyLog() throws(StoreFailure) {
    unsafe csqlite_busy_timeout(handle, 0)
    defer { unsafe csqlite_busy_timeout(handle, lockPatience) }
    try execute("PRAGMA wal_checkpoint(TRUNCATE)")
  }

  private func setCheckpoint(atClose: Bool) throws(StoreFailure) {
    let code = unsafe csqlite_checkpoint_at_close(handle, atClose ? 1 : 0)
    if code != CSQLITE_OK { throw failure(code) }
  }

  /// Source: https://www.sqlite.org/uri.html.
  private static func immutableURI(_ path: String) -> String {
    let segments = path.split(separator: "/", omittingEmptySubsequences: false)
    let encoded = segments.map { segment in
      PercentEncoding.value(SystemPath.bytes(of: String(segment)).dropLast().map { UInt8(bitPattern: $0) })
    }.joined(separator: "/")
    // Without the empty host the first of two slashes at the beginning would start one.
    return "\(path.hasPrefix("/") ? "file://" : "file:")\(encoded)?immutable=1"
  }

  /// Runs statements that give nothing back.
  func execute(_ sql: String) throws(StoreFailure) {
    let code = unsafe csqlite_exec(handle, sql)
    if code != CSQLITE_OK { throw failure(code) }
  }

  /// Runs statements that count together or not at all.
  func transaction(
    _ beginning: Beginning = .immediate, _ body: () throws(StoreFailure) -> Void
  ) throws(StoreFailure) {
    do throws(StoreFailure) {
      try execute(beginning.rawValue)
      try body()
      try execute("COMMIT")
    } catch {
      // A transaction that SQLite has rolled back by itself, or that did not begin, cannot be rolled back.
      try? execute("ROLLBACK")
      throw error
    }
  }

  /// Prepares a statement to be run again and again.
  func prepare(_ sql: String) throws(StoreFailure) -> SQLiteStatement {
    var statement: OpaquePointer?
    let code = unsafe csqlite_prepare(handle, sql, CInt(sql.utf8.count), &statement)
    guard code == CSQLITE_OK, let statement = unsafe statement else { throw failure(code) }
    return unsafe SQLiteStatement(statement, of: self)
  }

  /// The integer that a statement's first row begins with; nil where there is no row, or nothing in it.
  func integer(_ sql: String) throws(StoreFailure) -> Int64? {
    let statement = try prepare(sql)
    return try statement.next() ? statement.integer(0) : nil
  }

  /// How many rows the last statement changed.
  var changes: Int { Int(unsafe csqlite_changes(handle)) }

  /// What a result code means to whoever uses the store.
  func failure(_ code: Int32) -> StoreFailure {
    // A quota, or the index beside the log, is no full disk to SQLite; to whoever can make room it is.
    let number = unsafe csqlite_system_errno(handle)
    if code & 0xFF == Int32(CSQLITE_IOERR), number == ENOSPC || number == EDQUOT { return .diskFull }
    let text = unsafe csqlite_errmsg(handle).map { unsafe String(cString: $0) } ?? "unknown"
    return switch code & 0xFF {
    case Int32(CSQLITE_FULL): .diskFull
    case Int32(CSQLITE_CORRUPT), Int32(CSQLITE_NOTADB):
      StoreFailure(.damaged, "it is damaged, or no state file (\(text))")
    case Int32(CSQLITE_CANTOPEN), Int32(CSQLITE_PERM), Int32(CSQLITE_READONLY):
      StoreFailure(.cannotOpen, "it cannot be written (\(text))")
    case Int32(CSQLITE_BUSY), Int32(CSQLITE_PROTOCOL): .locked
    default: StoreFailure(.inputOutput, "\(text) (\(code))")
    }
  }
}

extension StoreFailure {
  fileprivate static let diskFull = StoreFailure(.full, "there is no room on the disk")
  fileprivate static let locked = StoreFailure(.busy, "another program holds a lock on it")
}

/// One prepared statement: bound, stepped through and reset, again and again.
@safe
final class SQLiteStatement {
  private let handle: OpaquePointer
  private let database: SQLiteDatabase
  private var nextParameter: Int32 = 1

  init(_ handle: OpaquePointer, of database: SQLiteDatabase) {
    unsafe self.handle = handle
    self.database = database
  }

  deinit { unsafe csqlite_finalize(handle) }

  /// Makes the statement ready for new values.
  @discardableResult
  func begin() -> SQLiteStatement {
    unsafe csqlite_reset(handle)
    unsafe csqlite_clear_bindings(handle)
    nextParameter = 1
    return self
  }

  /// Binds the next parameter; nil is NULL.
  @discardableResult
  func bind(_ value: Int64?) -> SQLiteStatement {
    if let value {
      unsafe csqlite_bind_int64(handle, nextParameter, value)
    } else {
      unsafe csqlite_bind_null(handle, nextParameter)
    }
    nextParameter += 1
    return self
  }

  @discardableResult
  func bind(_ value: Bool) -> SQLiteStatement { bind(value ? 1 : 0) }

  @discardableResult
  func bind(_ value: Int) -> SQLiteStatement { bind(Int64(value)) }

  @discardableResult
  func bind(_ text: String?) -> SQLiteStatement {
    guard let text else { return bind(Int64?.none) }
    return bind(Array(text.utf8))
  }

  /// Binds UTF-8 bytes as text.
  @discardableResult
  func bind(_ text: [UInt8]) -> SQLiteStatement {
    unsafe text.withUnsafeBufferPointer { bytes in
      // A null pointer would be NULL and not the empty text.
      let empty: StaticString = ""
      let start = unsafe UnsafeRawPointer(bytes.baseAddress ?? empty.utf8Start).assumingMemoryBound(to: CChar.self)
      unsafe csqlite_bind_text(handle, nextParameter, start, CInt(bytes.count))
    }
    nextParameter += 1
    return self
  }

  /// Steps to the next row.
  ///
  /// - Returns: false after the last one; the statement is reset then.
  func next() throws(StoreFailure) -> Bool {
    let code = unsafe csqlite_step(handle)
    if code == CSQLITE_ROW { return true }
    let failure = code == CSQLITE_DONE ? nil : database.failure(code)
    unsafe csqlite_reset(handle)
    if let failure { throw failure }
    return false
  }

  /// Runs a statement that gives no rows.
  func run() throws(StoreFailure) {
    while try next() {}
  }

  /// The integer in a column of the row; nil for NULL.
  func integer(_ column: Int32) -> Int64? {
    guard unsafe csqlite_column_type(handle, column) != CSQLITE_NULL else { return nil }
    return unsafe csqlite_column_int64(handle, column)
  }

  func flag(_ column: Int32) -> Bool { integer(column) == 1 }

  /// The text in a column of the row; nil for NULL.
  func text(_ column: Int32) -> String? {
    bytes(column).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The bytes of the text in a column of the row; nil for NULL.
  func bytes(_ column: Int32) -> [UInt8]? {
    guard unsafe csqlite_column_type(handle, column) != CSQLITE_NULL else { return nil }
    guard let start = unsafe csqlite_column_text(handle, column) else { return [] }
    let count = unsafe Int(csqlite_column_bytes(handle, column))
    return unsafe Array(UnsafeBufferPointer(start: start, count: count))
  }
}

/// New keys, from the system's own source of randomness.
package enum RandomKey {
  /// As many bytes as the digest that a key is used with.
  private static let byteCount = 32

  package static func bytes() -> [UInt8] {
    var random = SystemRandomNumberGenerator()
    return (0..<byteCount).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }
}

extension EventStream {
  /// An epoch for a run that starts now.
  static func newEpoch(startedAt start: Timestamp) -> UInt64 {
    epoch(startedAt: start, random: .random(in: .min ... .max))
  }
}
