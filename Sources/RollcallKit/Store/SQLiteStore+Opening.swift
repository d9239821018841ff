package import RollcallCore

/// An open state file. Not shared: only the thread of its store uses it.
final class StateConnection {
  // In the order in which they are let go of: closing the file first would drop SQLite's own locks.
  let statements: StateStatements
  let database: SQLiteDatabase
  private let file: StateFile

  init(_ statements: StateStatements, of database: SQLiteDatabase, in file: consuming StateFile) {
    self.statements = statements
    self.database = database
    self.file = file
  }

  /// Where the file's path leads now.
  var place: StateFile.Place { file.place }
}

extension SQLiteStore {
  /// How long a start waits for another program's lock.
  package static let openingTime: Duration = .seconds(10)

  /// Opens a file, or makes it.
  ///
  /// - Parameters:
  ///   - redaction: what events are not to show.
  ///   - epoch: of this run; nil for one made of its start.
  ///   - process: this process's number, for others that want the file.
  ///   - onLock: called once, on the loop, where another program holds a lock on the file, which is waited for.
  /// - Throws: ``StoreFailure``; a file that cannot be used is left as it was. Cancelling ends a wait for a lock at once.
  package static func open(
    on loop: EventLoop, path: String, owner: Owner, redaction: RedactionChoice? = nil, epoch: UInt64? = nil,
    process: Int32,
    onLock: @escaping @Sendable () -> Void = {}
  ) async throws(StoreFailure) -> SQLiteStore {
    var thread: WorkerThread?
    if loop.simulated == nil {
      guard let started = WorkerThread.start() else { throw StoreFailure(.inputOutput, "there is no thread for it") }
      thread = started
    }
    do throws(StoreFailure) {
      let executor: any TaskExecutor = thread ?? loop
      return try await withTaskExecutorPreference(executor) { [thread] () async throws(StoreFailure) in
        try await open(
          path, on: loop, thread: thread, owner: owner, redaction: redaction, epoch: epoch, process: process,
          onLock: onLock)
      }
    } catch {
      thread?.stop()
      throw error
    }
  }

  /// The same on the thread of the store, which the task prefers.
  @concurrent private static func open(
    _ path: String, on loop: EventLoop, thread: WorkerThread?, owner: Owner, redaction: RedactionChoice?,
    epoch: UInt64?,
    process: Int32, onLock: @escaping @Sendable () -> Void
  ) async throws(StoreFailure) -> SQLiteStore {
    thread?.checkIsolated()
    let file = try hold(path)
    // Simulated time stands still while SQLite waits.
    let patience = loop.simulated == nil ? lockPatience : .zero
    let database = try SQLiteDatabase(path: path, .readWrite, lockPatience: patience)
    try database.leaveAsItIs()
    let opening = StateOpening(database, owner: owner, redaction: redaction, epoch: epoch, process: process)
    let contents = try await read(opening, on: loop, onLock)
    thread?.checkIsolated()
    let connection = StateConnection(try StateStatements(database), of: database, in: file)
    return SQLiteStore(connection, contents, on: loop, thread: thread)
  }

  private static func hold(_ path: String) throws(StoreFailure) -> StateFile {
    do throws(StoreFailure) {
      return try StateFile(holding: path)
    } catch {
      guard error.kind == .held else { throw error }
      throw StoreFailure(.held, StateHolder.text(of: path))
    }
  }

  /// Opens what is in the file, as soon as no other program has a lock on it.
  private static func read(
    _ opening: StateOpening, on loop: EventLoop, _ onLock: @escaping @Sendable () -> Void
  ) async throws(StoreFailure) -> StateOpening.Contents {
    var opening = opening
    let end = loop.now.advanced(by: openingTime)
    var isWaiting = false
    while true {
      let locked: StoreFailure
      do throws(StoreFailure) {
        return try opening.open(now: loop.wallClock)
      } catch {
        guard error.kind == .busy, loop.now < end else { throw error }
        locked = error
      }
      if !isWaiting { loop.perform(onLock) }
      isWaiting = true
      do throws(CancellationError) { try await loop.sleep(for: lockPause) } catch { throw locked }
    }
  }
}
