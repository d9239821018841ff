package import RollcallCore

/// The store of a run with state: a SQLite file that survives every end of the process.
///
/// A commit is on the disk before it returns. Commits that are ready together share a transaction; how far targets are is
/// written with the next one, or ``cursorDelay`` later.
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

  /// Events that one target may be behind.
  package static let bound = 10_000_000
  /// How long how far a target is may be known to this process alone.
  static let cursorDelay: Duration = .milliseconds(100)
  /// Old events that one transaction takes out.
  static let forgottenAtOnce = 500

  /// Dead letters that wait for the next transaction; more are written at once.
  static let letterBatch = 1024

  package nonisolated let isInMemory = false

  let loop: EventLoop
  private let file: StateFile
  let database: SQLiteDatabase
  let statements: StateStatements
  var stream: EventStream
  private let epochs: StreamEpochs
  /// What events do not show; nil where they show everything.
  package nonisolated let redaction: Redaction?
  /// What all streams of the file redact.
  package nonisolated let redactions: KnownRedactions
  /// Whether another stream has ended in the file, since that did not redact the same.
  package nonisolated let beginsAnew: Bool
  /// The last of all times of the stream in the file, whether an event bears it or only a room; nil in a new stream.
  package nonisolated let lastTimestamp: Timestamp?

  private var waiting: [(commit: PollCommit, resume: CheckedContinuation<Result<Void, StoreFailure>, Never>)] = []
  var progresses: [String: TargetProgress] = [:]
  private var unwritten: Set<String> = []
  private var letters: [DeadLetter] = []
  private var isCursorWriteDue = false
  /// After a failure of the disk nobody knows what is on it: a later write that seems to succeed says nothing.
  private var failure: StoreFailure?

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// Opens a file, or makes it.
  ///
  /// - Parameters:
  ///   - redaction: what events are not to show.
  ///   - epoch: of the stream, if it is a new one.
  ///   - process: this process's number, for others that want the file.
  /// - Throws: ``StoreFailure``; a file that cannot be used is left as it was.
  package init(
    on loop: EventLoop, path: String, owner: Owner, redaction: RedactionChoice? = nil, epoch: UInt64, process: Int32
  ) throws(StoreFailure) {
    self.loop = loop
    do throws(StoreFailure) {
      file = try StateFile(holding: path)
    } catch {
      guard error.kind == .held else { throw error }
      throw StoreFailure(.held, StateHolder.text(of: path))
    }
    database = try SQLiteDatabase(path: path, .readWrite)
    try database.leaveAsItIs()
    try StateOpening.prepare(database, owner: owner, epoch: epoch, process: process, now: loop.wallClock)
    let settled = try StateRedaction(database, redaction, epoch: epoch)
    (self.redaction, beginsAnew) = (settled.redaction, settled.beginsAnew)
    redactions = try RedactionHistory.read(database, current: settled.redaction)
    statements = try StateStatements(database)
    epochs = try StreamEpochs(database)
    let last = UInt64(try database.integer("SELECT max(sequence) FROM event") ?? 0)
    stream = EventStream(
      epoch: epochs.current, lastSequence: last, base: epochs.base, redaction: settled.redaction)
    lastTimestamp = try database.integer(StateSchema.lastTime).map(Timestamp.init(milliseconds:))
  }

  package func id(of sequence: UInt64) -> String { epochs.id(of: sequence) }

  package func commit(_ commit: PollCommit) async throws(StoreFailure) {
    let result = await withCheckedContinuation { continuation in
      waiting.append((commit, continuation))
      guard waiting.count == 1 else { return }
      // Whatever else is ready on the loop may commit before this runs.
      Task(executorPreference: loop) { await self.flush() }
    }
    try result.get()
  }

  /// Writes everything that waits in one transaction.
  private func flush() {
    let group = waiting
    waiting = []
    let result = write(group.map(\.commit))
    for (_, resume) in group { resume.resume(returning: result) }
  }

  private func write(_ commits: [PollCommit]) -> Result<Void, StoreFailure> {
    var stream = stream
    do throws(StoreFailure) {
      try transaction { () throws(StoreFailure) in
        for commit in commits {
          for draft in commit.drafts { try statements.insert(stream.freeze(draft)) }
          if let changes = commit.changes { try statements.rooms.save(changes) }
        }
        try writeCursors()
      }
      self.stream = stream
      cursorsAreWritten()
      return .success(())
    } catch {
      return .failure(error)
    }
  }

  /// Runs statements that count together or not at all.
  func transaction(_ body: () throws(StoreFailure) -> Void) throws(StoreFailure) {
    if let failure { throw failure }
    do throws(StoreFailure) {
      try database.execute("BEGIN IMMEDIATE")
      try body()
      try database.execute("COMMIT")
    } catch {
      // A transaction that SQLite has rolled back by itself cannot be rolled back again.
      try? database.execute("ROLLBACK")
      switch error.kind {
      case .inputOutput, .damaged: failure = error
      case .full, .newer, .foreign, .held, .cannotOpen: break
      }
      throw error
    }
  }

  private func writeCursors() throws(StoreFailure) {
    for target in unwritten {
      if let progress = progresses[target] { try statements.save(progress, of: target) }
    }
    for letter in letters { try statements.insert(letter) }
  }

  private func cursorsAreWritten() {
    unwritten.removeAll()
    letters.removeAll()
  }

  /// Writes how far targets are, now.
  package func sync() throws(StoreFailure) {
    guard !unwritten.isEmpty || !letters.isEmpty else { return }
    try transaction { () throws(StoreFailure) in try writeCursors() }
    cursorsAreWritten()
  }

  /// Writes what is left to write and brings the log into the file, so that a copy of the file alone has everything.
  package func close() throws(StoreFailure) {
    try sync()
    // Whoever reads just now is not waited for: the log stays beside the file then.
    try? database.emptyLog()
  }

  /// Where anything is redacted, has the log beside the file forget what the file no longer has.
  package func scrub() throws(StoreFailure) {
    guard redaction != nil else { return }
    try database.emptyLog()
  }

  private func writeDueCursors() {
    isCursorWriteDue = false
    // Where the disk is full they stay in memory, and are tried again with the next change.
    try? sync()
  }

  package func note(_ progress: TargetProgress, of target: String) {
    progresses[target] = progress
    unwritten.insert(target)
    scheduleCursorWrite()
  }

  package func bury(_ letter: DeadLetter) {
    letters.append(letter)
    // Where the disk is full they stay in memory, and are tried again with the next ones.
    if letters.count.isMultiple(of: Self.letterBatch) { try? sync() }
    scheduleCursorWrite()
  }

  private func scheduleCursorWrite() {
    guard !isCursorWriteDue else { return }
    isCursorWriteDue = true
    Task {
      try? await loop.sleep(for: Self.cursorDelay)
      writeDueCursors()
    }
  }
}
