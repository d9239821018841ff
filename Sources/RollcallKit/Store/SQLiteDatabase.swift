import CSQLite
import Libc
import RollcallCore

/// A connection to a database file. Not thread-safe.
@safe
final class SQLiteDatabase {
  enum Access {
    /// Creates the file if there is none.
    case readWrite
    case readOnly
    /// For a file on a read-only disk that nothing writes to; with other access SQLite would create files beside it.
    case immutable
  }

  /// How a transaction begins.
  enum Beginning: String {
    /// Excludes other writers.
    case immediate = "BEGIN IMMEDIATE"
    /// Excludes readers too, unless the file has a log.
    case exclusive = "BEGIN EXCLUSIVE"
  }

  /// How long a statement of a command waits for another connection's lock.
  static let commandPatience: Duration = .seconds(5)

  /// The bytes that a page may add to the file or its log.
  private static let pageGrowth: Int64 = 4096 + 24

  private let handle: OpaquePointer
  private let path: String
  private let file: StateDescriptors.FileID?
  private let lockPatience: Int32
  private let onlyReads: Bool

  /// - Parameter lockPatience: how long a statement waits for another connection's lock. Readers of a file with a log
  ///   never wait.
  /// - Throws: ``StoreFailure``. A file that is not a database is detected by the first statement.
  init(path: String, _ access: Access, lockPatience: Duration = commandPatience) throws(StoreFailure) {
    var handle: OpaquePointer?
    let mode =
      switch access {
      case .readWrite: CSQLITE_OPEN_READWRITE | CSQLITE_OPEN_CREATE
      case .readOnly: CSQLITE_OPEN_READONLY
      case .immutable: CSQLITE_OPEN_READONLY | CSQLITE_OPEN_URI
      }
    let flags = CInt(mode | CSQLITE_OPEN_NOMUTEX | CSQLITE_OPEN_EXRESCODE)
    // Some names without a directory, such as `:memory:`, have a special meaning to SQLite.
    let file = path.hasPrefix("/") ? path : "./" + path
    let name = access == .immutable ? Self.immutableURI(path) : file
    let code = unsafe csqlite_open(SystemPath.bytes(of: name), &handle, flags)
    guard code == CSQLITE_OK, let handle = unsafe handle else {
      unsafe csqlite_close(handle)
      throw StoreFailure(.cannotOpen, "it cannot be opened")
    }
    unsafe self.handle = handle
    self.path = path
    onlyReads = access != .readWrite
    self.file = StateDescriptors.connectionOpened(path)
    self.lockPatience = Int32(clamping: lockPatience.wholeMilliseconds)
    unsafe csqlite_busy_timeout(handle, self.lockPatience)
  }

  deinit {
    unsafe csqlite_close(handle)
    StateDescriptors.connectionClosed(file)
  }

  /// Makes closing leave the log beside the file, in case the file turns out not to be ours.
  func keepLogAtClose() throws(StoreFailure) { try setCheckpoint(atClose: false) }

  /// Makes closing move the log into the file, as is SQLite's default.
  func mergeLogAtClose() throws(StoreFailure) { try setCheckpoint(atClose: true) }

  /// Moves the log into the file and empties it. Does not wait for readers: while there are any, it is not emptied.
  func emptyLog() throws(StoreFailure) {
    unsafe csqlite_busy_timeout(handle, 0)
    defer { unsafe csqlite_busy_timeout(handle, lockPatience) }
    try execute("PRAGMA wal_checkpoint(TRUNCATE)")
  }

  private func setCheckpoint(atClose: Bool) throws(StoreFailure) {
    let code = unsafe csqlite_checkpoint_at_close(handle, atClose ? 1 : 0)
    if code != CSQLITE_OK { throw failure(code) }
  }

  /// Returns a URI that opens a file as immutable. Source: https://www.sqlite.org/uri.html.
  private static func immutableURI(_ path: String) -> String {
    let segments = path.split(separator: "/", omittingEmptySubsequences: false)
    let encoded = segments.map { segment in
      PercentEncoding.value(SystemPath.bytes(of: String(segment)).dropLast().map { UInt8(bitPattern: $0) })
    }.joined(separator: "/")
    // With an empty host, a path that begins with two slashes is not mistaken for a host.
    return "\(path.hasPrefix("/") ? "file://" : "file:")\(encoded)?immutable=1"
  }

  /// Runs statements that return no rows.
  func execute(_ sql: String) throws(StoreFailure) {
    let code = unsafe csqlite_exec(handle, sql)
    if code != CSQLITE_OK { throw failure(code) }
  }

  /// Runs a body in one transaction.
  func transaction(
    _ beginning: Beginning = .immediate, _ body: () throws(StoreFailure) -> Void
  ) throws(StoreFailure) {
    do throws(StoreFailure) {
      try execute(beginning.rawValue)
      try body()
      try execute("COMMIT")
    } catch {
      // Fails harmlessly if the transaction did not begin or SQLite has already rolled it back.
      try? execute("ROLLBACK")
      throw error
    }
  }

  /// Prepares a statement that can be run repeatedly.
  func prepare(_ sql: String) throws(StoreFailure) -> SQLiteStatement {
    var statement: OpaquePointer?
    let code = unsafe csqlite_prepare(handle, sql, CInt(sql.utf8.count), &statement)
    guard code == CSQLITE_OK, let statement = unsafe statement else { throw failure(code) }
    return unsafe SQLiteStatement(statement, of: self)
  }

  /// Returns the first integer of a statement's first row; nil for NULL and if there is no row.
  func integer(_ sql: String) throws(StoreFailure) -> Int64? {
    let statement = try prepare(sql)
    return try statement.next() ? statement.integer(0) : nil
  }

  /// The number of rows that the last statement changed.
  var changes: Int { Int(unsafe csqlite_changes(handle)) }

  /// Whether another page would exceed the process's limit on file sizes, which SQLite reports as an I/O error
  /// without an `errno`.
  private var isAtSizeLimit: Bool {
    guard let limit = fileSizeLimit() else { return false }
    return ["", "-wal"].contains { suffix in
      var status = stat()
      return unsafe stat(SystemPath.bytes(of: path + suffix), &status) == 0
        && Int64(status.st_size) + Self.pageGrowth > limit
    }
  }

  /// Returns the failure that a result code stands for.
  func failure(_ code: Int32) -> StoreFailure {
    // SQLite reports an exceeded quota, and a disk too full for the log's index, as I/O errors; the remedy is that of a
    // full disk.
    let number = unsafe csqlite_system_errno(handle)
    if code & 0xFF == Int32(CSQLITE_IOERR) {
      if number == ENOSPC || number == EDQUOT { return .diskFull }
      if isAtSizeLimit { return .tooLarge }
    }
    let text = unsafe csqlite_errmsg(handle).map { unsafe String(cString: $0) } ?? "unknown"
    return switch code & 0xFF {
    case Int32(CSQLITE_FULL): .diskFull
    case Int32(CSQLITE_CORRUPT), Int32(CSQLITE_NOTADB):
      StoreFailure(.damaged, "it is damaged or not a state file (\(text))")
    case Int32(CSQLITE_CANTOPEN), Int32(CSQLITE_PERM), Int32(CSQLITE_READONLY):
      StoreFailure(.cannotOpen, "it cannot be \(onlyReads ? "opened" : "written") (\(text))")
    case Int32(CSQLITE_BUSY), Int32(CSQLITE_PROTOCOL): .locked
    default: StoreFailure(.inputOutput, "\(text) (\(code))")
    }
  }
}

extension StoreFailure {
  fileprivate static let diskFull = StoreFailure(.full, "the disk is full")
  fileprivate static let tooLarge = StoreFailure(.full, "it has reached the limit on file sizes (ulimit -f)")
  fileprivate static let locked = StoreFailure(.busy, "another program holds a lock on it")
}

/// A prepared statement, which is bound, stepped through and reset repeatedly.
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

  /// Resets the statement for new values.
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
      // A null pointer would bind NULL instead of the empty text.
      let empty: StaticString = ""
      let start = unsafe UnsafeRawPointer(bytes.baseAddress ?? empty.utf8Start).assumingMemoryBound(to: CChar.self)
      unsafe csqlite_bind_text(handle, nextParameter, start, CInt(bytes.count))
    }
    nextParameter += 1
    return self
  }

  /// Steps to the next row.
  ///
  /// - Returns: false after the last row; the statement is then reset.
  func next() throws(StoreFailure) -> Bool {
    let code = unsafe csqlite_step(handle)
    if code == CSQLITE_ROW { return true }
    let failure = code == CSQLITE_DONE ? nil : database.failure(code)
    unsafe csqlite_reset(handle)
    if let failure { throw failure }
    return false
  }

  /// Runs a statement that returns no rows.
  func run() throws(StoreFailure) {
    while try next() {}
  }

  /// Returns the integer in a column; nil for NULL.
  func integer(_ column: Int32) -> Int64? {
    guard unsafe csqlite_column_type(handle, column) != CSQLITE_NULL else { return nil }
    return unsafe csqlite_column_int64(handle, column)
  }

  func flag(_ column: Int32) -> Bool { integer(column) == 1 }

  /// Returns the text in a column; nil for NULL.
  func text(_ column: Int32) -> String? {
    bytes(column).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Returns the bytes of the text in a column; nil for NULL.
  func bytes(_ column: Int32) -> [UInt8]? {
    guard unsafe csqlite_column_type(handle, column) != CSQLITE_NULL else { return nil }
    guard let start = unsafe csqlite_column_text(handle, column) else { return [] }
    let count = unsafe Int(csqlite_column_bytes(handle, column))
    return unsafe Array(UnsafeBufferPointer(start: start, count: count))
  }
}

/// Random keys from the system's generator.
package enum RandomKey {
  /// The number of bytes, as many as in the digest that the key is used with.
  private static let byteCount = 32

  package static func bytes() -> [UInt8] {
    var random = SystemRandomNumberGenerator()
    return (0..<byteCount).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }
}

extension EventStream {
  /// Returns an epoch for a run that starts now.
  static func newEpoch(startedAt start: Timestamp) -> UInt64 {
    epoch(startedAt: start, random: .random(in: .min ... .max))
  }
}
