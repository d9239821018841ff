package import RollcallCore
import Synchronization

/// The store of a run with state: a SQLite file that survives every end of the process.
///
/// A commit is on the disk before it returns. Commits that are ready together share a transaction; how far targets are is
/// written with the next one, or ``cursorDelay`` later. Everything that SQLite does happens on a thread of the store's own,
/// since it may wait for a disk or for another program's lock; in a simulation it happens on the loop.
package actor SQLiteStore: EventStore {
  /// Whose stream it is: a file belongs to one origin and account.
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

  /// Events that one target may be behind.
  package static let bound = 10_000_000
  /// The maximum delay before the file is told how far a target is.
  static let cursorDelay: Duration = .milliseconds(100)
  /// The same after an attempt that a full disk or another program's lock has prevented.
  static let cursorPause: Duration = .seconds(1)
  /// How long the store's thread waits for another program's lock at a time. Readers are served in between.
  static let lockPatience: Duration = .milliseconds(50)
  /// Between two attempts at what a start or an end waits for.
  static let lockPause: Duration = .milliseconds(100)
  /// Old events that one transaction takes out.
  static let forgottenAtOnce = 500
  /// Dead letters that wait for the next transaction; more are written at once.
  static let letterBatch = 1024

  package nonisolated let isInMemory = false

  nonisolated let loop: EventLoop
  private nonisolated let thread: WorkerThread?
  nonisolated let cursors: Cursors
  private nonisolated let waiting = Mutex<[WaitingCommit]>([])
  /// Of this run.
  nonisolated let epoch: UInt64
  /// The last event of earlier runs.
  nonisolated let lastOfEarlierRuns: UInt64
  /// What events do not show; nil where they show everything.
  package nonisolated let redaction: Redaction?
  /// The last of all times of the stream in the file, whether an event bears it or only a room; nil in a new stream.
  package nonisolated let lastTimestamp: Timestamp?

  /// nil once the store is closed.
  private var connection: StateConnection?
  private var stream: EventStream
  /// After a failure of the disk nobody knows what is on it: a later write that seems to succeed says nothing.
  private var failure: StoreFailure?
  /// Why nothing is committed any longer, though what is stored can be read and cursors be kept.
  private var displacement: StoreFailure?

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    if let thread { return unsafe thread.asUnownedSerialExecutor() }
    return unsafe loop.asUnownedSerialExecutor()
  }

  /// - Parameter thread: nil where everything happens on the loop.
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

  /// The open file.
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
      // It begins on the loop, so whatever else is ready there may commit before the store's thread is told.
      if isFirst { Task(executorPreference: loop) { await self.flush() } }
    }
    try result.get()
  }

  /// Writes everything that waits in one transaction.
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
          for draft in commit.drafts { try statements.insert(stream.freeze(draft)) }
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

  /// Runs statements that count together or not at all.
  func transaction(_ body: (StateStatements) throws(StoreFailure) -> Void) throws(StoreFailure) {
    if let failure { throw failure }
    let connection = try open()
    do throws(StoreFailure) {
      try connection.database.transaction { () throws(StoreFailure) in try body(connection.statements) }
    } catch {
      switch error.kind {
      case .inputOutput, .damaged: failure = error
      case .full, .busy, .newer, .foreign, .otherRedaction, .held, .displaced, .cannotOpen: break
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

  /// Nobody waits for this task: a store that is gone by then has nothing to write.
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

  /// Writes how far targets are, now.
  package func sync() throws(StoreFailure) {
    let unsaved = cursors.unsaved
    guard !unsaved.isEmpty else { return }
    try transaction { statements throws(StoreFailure) in try statements.save(unsaved) }
    cursors.saved(unsaved)
  }

  // MARK: The end

  /// Writes what is left to write, brings the log into the file, so that a copy of the file alone has everything, and
  /// closes it. Whatever happens, it is closed then.
  ///
  /// - Parameter end: how long a full disk or another program's lock is waited for.
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
    // Another file has this one's name by now, and may have its log beside it too.
    if place != .elsewhere {
      // Whoever reads just now is not waited for: the log stays beside the file then.
      try? connection.database.emptyLog()
    }
    if place != .here { try? connection.database.leaveAsItIs() }
  }

  /// Looks whether the path still leads to the open file. From the moment it does not, nothing more is committed.
  package func checkPlace() throws(StoreFailure) {
    guard displacement == nil, let connection, connection.place != .here else { return }
    let failure = StoreFailure(.displaced, "its path no longer leads to it: it was deleted, renamed or replaced")
    displacement = failure
    throw failure
  }

  /// Where anything is redacted, has the log beside the file forget what the file no longer has.
  package func scrub() throws(StoreFailure) {
    guard redaction != nil else { return }
    try open().database.emptyLog()
  }
}

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
