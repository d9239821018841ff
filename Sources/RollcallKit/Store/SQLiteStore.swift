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

  package nonisolated func note(_ progress: TargetProgress, of target: String) {
    if cursors.set(progress, of: target) { scheduleCursorWrite(after: Self.cursorDelay) }
  }

  package nonisolated func bury(_ letter: DeadLetter) {
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
