package import RollcallCore
import Synchronization

/// The store of a run with state: an SQLite file that survives any end of the process.
///
/// A commit is on the disk before it returns, and commits that are ready together share a transaction. Cursors are
/// written with the next transaction, or after ``cursorDelay``. SQLite runs on a thread of the store's own, because it
/// may wait for a disk or for another program's lock; in a simulation it runs on the loop.
package actor SQLiteStore: EventStore {
  /// The origin and account to which a file belongs.
  package struct Owner: Equatable, Sendable {
    package var origin: String
    package var account: String

    package init(origin: String, account: String) {
      self.origin = origin
      self.account = account
    }
  }

  private struct WaitingCommit: Sendable {
    let commit: PollCommit
    let resume: CheckedContinuation<Result<Void, StoreFailure>, Never>
  }

  /// The maximum number of events that a target may be behind.
  package static let bound = 10_000_000
  /// The maximum delay before a cursor is saved.
  static let cursorDelay: Duration = .milliseconds(100)
  /// The delay after an attempt that failed because of a full disk or another program's lock.
  static let cursorPause: Duration = .seconds(1)
  /// How long the store's thread waits for another program's lock at a time. Reads are served in between.
  static let lockPatience: Duration = .milliseconds(50)
  /// The pause between two attempts to open or close a locked file.
  static let lockPause: Duration = .milliseconds(100)
  /// The maximum number of old events deleted by one transaction.
  static let forgottenAtOnce = 500
  /// The number of pending dead letters at which they are written without delay.
  static let letterBatch = 1024

  package nonisolated let isInMemory = false

  nonisolated let loop: EventLoop
  private nonisolated let thread: WorkerThread?
  nonisolated let cursors: Cursors
  private nonisolated let waiting = Mutex<[WaitingCommit]>([])
  /// The epoch of this run.
  nonisolated let epoch: UInt64
  /// The sequence of the last event of earlier runs.
  nonisolated let lastOfEarlierRuns: UInt64
  /// The redaction of events; nil if nothing is redacted.
  package nonisolated let redaction: Redaction?
  /// The latest time in the file, from events and rooms; nil in a new stream.
  package nonisolated let lastTimestamp: Timestamp?

  /// nil once the store is closed.
  private var connection: StateConnection?
  private var stream: EventStream
  /// After a disk failure the file's contents are uncertain, so nothing is written any more even if writing seems to
  /// work.
  private var failure: StoreFailure?
  /// Why nothing is committed any more, although events can still be read and cursors saved.
  private var displacement: StoreFailure?

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    if let thread { return unsafe thread.asUnownedSerialExecutor() }
    return unsafe loop.asUnownedSerialExecutor()
  }

  /// - Parameter thread: nil to run everything on the loop.
  init(
    _ connection: sending StateConnection, _ contents: StateOpening.Contents, on loop: EventLoop, thread: WorkerThread?
  ) {
    self.connection = connection
    self.loop = loop
    self.thread = thread
    epoch = contents.epoch
    lastOfEarlierRuns = contents.lastSequence
    redaction = contents.redaction
    lastTimestamp = contents.lastTimestamp
    cursors = Cursors(lastSequence: contents.lastSequence)
    stream = EventStream(epoch: epoch, lastSequence: contents.lastSequence, redaction: redaction)
  }

  deinit { thread?.stop() }

  /// Returns the open file.
  ///
  /// - Throws: ``StoreFailure`` once the store is closed.
  func open() throws(StoreFailure) -> StateConnection {
    guard let connection else { throw StoreFailure(.inputOutput, "it is closed") }
    return connection
  }

  // MARK: Commits

  package nonisolated func commit(_ commit: PollCommit) async throws(StoreFailure) {
    let result = await withCheckedContinuation { continuation in
      let isFirst = waiting.withLock { waiting in
        waiting.append(WaitingCommit(commit: commit, resume: continuation))
        return waiting.count == 1
      }
      // Started on the loop, so that everything else that is ready there can join the same transaction.
      if isFirst { Task(executorPreference: loop) { await self.flush() } }
    }
    try result.get()
  }

  /// Writes all waiting commits in one transaction.
  private func flush() {
    let group = waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
    let result = write(group.map(\.commit))
    for waiting in group { waiting.resume.resume(returning: result) }
  }

  private func write(_ commits: [PollCommit]) -> Result<Void, StoreFailure> {
    if let displacement { return .failure(displacement) }
    var stream = stream
    let unsaved = cursors.unsaved
    do throws(StoreFailure) {
      try transaction { statements throws(StoreFailure) in
        for commit in commits {
          for event in commit.events { try statements.insert(stream.freeze(event)) }
          if let changes = commit.changes { try statements.rooms.save(stream.frozen(changes)) }
          if let answer = commit.discovery { try statements.discovery.save(answer) }
        }
        try statements.save(unsaved)
      }
    } catch {
      return .failure(error)
    }
    self.stream = stream
    cursors.stored(through: stream.lastSequence)
    cursors.saved(unsaved)
    return .success(())
  }

  /// Runs statements in one transaction.
  func transaction(_ body: (StateStatements) throws(StoreFailure) -> Void) throws(StoreFailure) {
    if let failure { throw failure }
    let connection = try open()
    do throws(StoreFailure) {
      try connection.database.transaction { () throws(StoreFailure) in try body(connection.statements) }
    } catch {
      switch error.kind {
      case .inputOutput, .damaged: failure = error
      case .full, .busy, .newer, .foreign, .otherRedaction, .inUse, .displaced, .cannotOpen: break
      }
      throw error
    }
  }

  // MARK: Cursors

  package nonisolated func saveCursor(_ cursor: Cursor, of target: String) {
    if cursors.set(cursor, of: target) { scheduleCursorWrite(after: Self.cursorDelay) }
  }

  package nonisolated func addDeadLetter(_ letter: DeadLetter) {
    let (isWriteDue, waiting) = cursors.add(letter)
    if waiting.isMultiple(of: Self.letterBatch) {
      scheduleCursorWrite(after: .zero)
    } else if isWriteDue {
      scheduleCursorWrite(after: Self.cursorDelay)
    }
  }

  package nonisolated func undelivered(to target: String) -> Int { cursors.undelivered(to: target) }

  /// Schedules a write of the cursors. The task need not keep the store alive, because closing it writes them too.
  private nonisolated func scheduleCursorWrite(after delay: Duration) {
    Task(executorPreference: loop) { [weak self, loop] in
      try? await loop.sleep(for: delay)
      await self?.writeDueCursors()
    }
  }

  private func writeDueCursors() {
    cursors.writeBegins()
    do throws(StoreFailure) {
      try sync()
    } catch {
      if error.outage != nil, cursors.scheduleWrite() { scheduleCursorWrite(after: Self.cursorPause) }
    }
  }

  /// Writes the cursors now.
  package func sync() throws(StoreFailure) {
    let unsaved = cursors.unsaved
    guard !unsaved.isEmpty else { return }
    try transaction { statements throws(StoreFailure) in try statements.save(unsaved) }
    cursors.saved(unsaved)
  }

  // MARK: Closing

  /// Writes pending cursors, moves the log into the file so that a copy of the file alone is complete, and closes it.
  ///
  /// The file is closed even if an error is thrown.
  ///
  /// - Parameter end: how long to wait for a full disk or another program's lock.
  package func close(until end: BootInstant) async throws(StoreFailure) {
    defer { connection = nil }
    var isWritten = false
    while !isWritten {
      do throws(StoreFailure) {
        try sync()
        isWritten = true
      } catch {
        guard error.outage != nil, loop.now < end, await loop.sleeps(for: Self.lockPause) else { throw error }
      }
    }
    guard let connection else { return }
    let place = connection.place
    // If another file has this path by now, the log beside it may belong to that file.
    if place != .elsewhere {
      // Does not wait for readers; with one, the log stays beside the file.
      try? connection.database.emptyLog()
    }
    if place != .here { try? connection.database.keepLogAtClose() }
  }

  /// Checks whether the path still leads to the open file. Once it does not, nothing more is committed.
  package func checkPlace() throws(StoreFailure) {
    guard displacement == nil, let connection, connection.place != .here else { return }
    let failure = StoreFailure(.displaced, "its path no longer leads to it: it was deleted, renamed or replaced")
    displacement = failure
    throw failure
  }

  /// If events are redacted, removes from the log what has been deleted from the file.
  package func scrub() throws(StoreFailure) {
    guard redaction != nil else { return }
    try open().database.emptyLog()
  }
}

/// An open state file. Not thread-safe: only the thread of its store uses it.
final class StateConnection {
  // In order of release: closing the file first would drop SQLite's own locks.
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
  /// How long opening waits for another program's lock.
  package static let openingTime: Duration = .seconds(10)

  /// Opens or creates a file.
  ///
  /// - Parameters:
  ///   - redaction: what to redact in events.
  ///   - epoch: the epoch of this run; nil to derive it from the start time.
  ///   - process: the id of this process, shown to other processes that try to open the file.
  ///   - onLock: called once, on the loop, if opening has to wait for another program's lock.
  /// - Throws: ``StoreFailure``; a file that cannot be used is not changed. Cancelling ends the wait for a lock at
  ///   once.
  package static func open(
    on loop: EventLoop, path: String, owner: Owner, redaction: RedactionChoice? = nil, epoch: UInt64? = nil,
    process: Int32,
    onLock: @escaping @Sendable () -> Void = {}
  ) async throws(StoreFailure) -> SQLiteStore {
    var thread: WorkerThread?
    if loop.simulated == nil {
      guard let started = WorkerThread.start() else { throw StoreFailure(.inputOutput, "no thread could be started") }
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

  /// Opens the file on the store's thread, which the task prefers.
  @concurrent private static func open(
    _ path: String, on loop: EventLoop, thread: WorkerThread?, owner: Owner, redaction: RedactionChoice?,
    epoch: UInt64?,
    process: Int32, onLock: @escaping @Sendable () -> Void
  ) async throws(StoreFailure) -> SQLiteStore {
    thread?.checkIsolated()
    let file = try lock(path)
    // Simulated time does not pass while SQLite waits.
    let patience = loop.simulated == nil ? lockPatience : .zero
    let database = try SQLiteDatabase(path: path, .readWrite, lockPatience: patience)
    try database.keepLogAtClose()
    let opening = StateOpening(database, owner: owner, redaction: redaction, epoch: epoch, process: process)
    let contents = try await read(opening, on: loop, onLock)
    thread?.checkIsolated()
    let connection = StateConnection(try StateStatements(database), of: database, in: file)
    return SQLiteStore(connection, contents, on: loop, thread: thread)
  }

  private static func lock(_ path: String) throws(StoreFailure) -> StateFile {
    do throws(StoreFailure) {
      return try StateFile(locking: path)
    } catch {
      guard error.kind == .inUse else { throw error }
      throw StoreFailure(.inUse, StateLockOwner.text(of: path))
    }
  }

  /// Reads the file's contents as soon as no other program has a lock on it.
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
