import CSQLite
import RollcallCore

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
