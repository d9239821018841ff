package import RollcallCore
import Synchronization

/// The store of a run, in memory or in a file, and what follows where it takes no commits for a while.
///
/// A commit that finds the disk full, or the file locked by another program, waits here until it is stored. Only the end of
/// the run gives it up; that the poll which made it was cancelled changes nothing.
package actor RunStore {
  /// What people should know of a run's store.
  package enum Notice: Sendable, Equatable {
    /// Commits wait.
    case waiting(StoreFailure)
    /// None waits any longer, for what was told last.
    case storedAgain(StoreFailure)
  }

  /// What was not stored when the run ended.
  package struct Losses: Sendable, Equatable {
    package var events = 0
    /// Commits without events: the times of the last scans.
    package var saves = 0
    package var reason: StoreFailure?

    fileprivate mutating func add(_ commit: PollCommit) {
      if commit.drafts.isEmpty { saves += 1 } else { events += commit.drafts.count }
    }
  }

  /// How long the commits of a run that ends may wait.
  package static let lastCommitTime: Duration = .seconds(3)
  /// How long the commits of a run that scans once may wait.
  package static let singleScanTime: Duration = .seconds(30)
  /// How long the cursors of a run that ends may wait.
  package static let closingTime: Duration = .seconds(1)
  /// Between two attempts while the disk is full.
  static let fullPause: Duration = .seconds(1)
  /// The same while another program holds a lock on the file.
  static let lockPause: Duration = .milliseconds(100)
  /// How often the place of the file is looked at.
  static let placeInterval: Duration = .seconds(2)
  /// Shorter locks are not worth a word.
  static let lockTolerance: Duration = .seconds(1)

  private struct WaitingCommit {
    let commit: PollCommit
    let resume: CheckedContinuation<CommitOutcome, Never>
  }

  private enum Phase {
    case open
    /// Commits that cannot be stored by then are given up.
    case ending(BootInstant)
    /// A commit is missing: nothing may follow it, or the room in the file would be ahead of the events.
    case closed
    /// The same, since the store has failed.
    case failed
  }

  private struct Snapshot {
    var obstacle: OutageReason?
    var events: [EventType: Int] = [:]
    var alerts: [String: Int] = [:]
  }

  package nonisolated let events: any EventStore
  /// Events that a target may be behind.
  package nonisolated let bound: Int
  /// The same store, where it lasts; nil where events live in memory.
  package nonisolated let file: (any DurableStore)?
  /// Gets the failure after which nothing can be stored any longer.
  package nonisolated let failures: AsyncStream<StoreFailure>

  private let loop: EventLoop
  private let tell: @Sendable (Notice) -> Void
  private let fail: AsyncStream<StoreFailure>.Continuation
  private let obstructions: AsyncStream<Void>
  private let obstruct: AsyncStream<Void>.Continuation
  private nonisolated let snapshot = Mutex(Snapshot())
  private var phase = Phase.open
  private var waiting: [WaitingCommit] = []
  /// Why the first of them waits, and since when.
  private var hindrance: (failure: StoreFailure, since: BootInstant)?
  /// What has been told of why they wait, until none does; the last one ends it.
  private var told: [StoreFailure] = []
  private var losses = Losses()
  /// How long the store may take no commit; nil for ever.
  private var patience: Duration?

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - file: the same store, where it lasts.
  ///   - tell: called on the loop, and must not block.
  package init(
    _ events: any EventStore, file: (any DurableStore)? = nil, bound: Int, on loop: EventLoop,
    tell: @escaping @Sendable (Notice) -> Void
  ) {
    self.events = events
    self.file = file
    self.bound = bound
    self.loop = loop
    self.tell = tell
    (failures, fail) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
    (obstructions, obstruct) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// A store whose events live in memory until all targets have them.
  package static func memory(
    targets: [String], redaction: Redaction? = nil, on loop: EventLoop, tell: @escaping @Sendable (Notice) -> Void
  ) -> RunStore {
    let memory = MemoryStore(
      epoch: EventStream.newEpoch(startedAt: loop.wallClock), redaction: redaction, targets: targets)
    return RunStore(memory, bound: MemoryStore.bound, on: loop, tell: tell)
  }

  package static func file(
    _ file: SQLiteStore, on loop: EventLoop, tell: @escaping @Sendable (Notice) -> Void
  ) -> RunStore {
    RunStore(file, file: file, bound: SQLiteStore.bound, on: loop, tell: tell)
  }

  package nonisolated var isDurable: Bool { file != nil }
  /// Why commits wait now; nil where none does.
  package nonisolated var obstacle: OutageReason? { snapshot.withLock(\.obstacle) }
  /// How many events of each type this run has stored.
  package nonisolated var tally: [EventType: Int] { snapshot.withLock(\.events) }
  /// How often this run has raised each alert, by its name.
  package nonisolated var alerts: [String: Int] { snapshot.withLock(\.alerts) }

  // MARK: Commits

  /// Stores a commit, however long the disk is full or the file locked; see ``run()``.
  package func commit(_ commit: PollCommit) async -> CommitOutcome {
    guard takesCommits else { return refuse(commit) }
    guard waiting.isEmpty else { return await wait(commit) }
    guard let failure = await attempt(commit) else { return .stored() }
    guard takesCommits else { return refuse(commit) }
    guard failure.outage != nil else {
      close(after: failure)
      return .notStored
    }
    return await wait(commit, because: failure)
  }

  private var takesCommits: Bool {
    switch phase {
    case .open, .ending: true
    case .closed, .failed: false
    }
  }

  /// - Returns: why it is not stored; nil where it is.
  private func attempt(_ commit: PollCommit) async -> StoreFailure? {
    do throws(StoreFailure) {
      try await events.commit(commit)
    } catch {
      return error
    }
    snapshot.withLock { snapshot in
      for draft in commit.drafts {
        snapshot.events[draft.type, default: 0] += 1
        if draft.type == .alertRaised, let alert = draft.alert { snapshot.alerts[alert, default: 0] += 1 }
      }
    }
    return nil
  }

  private func refuse(_ commit: PollCommit) -> CommitOutcome {
    losses.add(commit)
    return .notStored
  }

  private func wait(_ commit: PollCommit, because failure: StoreFailure? = nil) async -> CommitOutcome {
    await withCheckedContinuation { continuation in
      waiting.append(WaitingCommit(commit: commit, resume: continuation))
      if let failure { meet(failure) }
      obstruct.yield()
    }
  }

  // MARK: Waiting

  /// Repeats the commits that wait, until the task is cancelled; those that still wait then are given up.
  package func run() async {
    for await _ in obstructions {
      while !waiting.isEmpty, await loop.sleeps(for: pause) { await repeatCommits() }
    }
    giveUp()
    // Nobody repeats what comes now.
    if takesCommits { phase = .closed }
  }

  /// Until the store is to be tried again.
  private var pause: Duration { hindrance?.failure.kind == .full ? Self.fullPause : Self.lockPause }

  private func repeatCommits() async {
    // Those that come meanwhile have their turn next time.
    let count = waiting.count
    let reason = hindrance?.failure.outage
    let failures = await attemptAll(waiting.map(\.commit))
    guard waiting.count >= count else { return }
    let tried = zip(waiting.prefix(count), failures)
    waiting.removeFirst(count)
    var unstored: [WaitingCommit] = []
    for (commit, failure) in tried {
      if failure == nil {
        commit.resume.resume(returning: .stored(delayedBy: reason))
      } else {
        unstored.append(commit)
      }
    }
    waiting = unstored + waiting
    if let fatal = failures.lazy.compactMap(\.self).first(where: { $0.outage == nil }) { return close(after: fatal) }
    guard let failure = failures.lazy.compactMap(\.self).first else { return overcome() }
    meet(failure)
    if let patience, let since = hindrance?.since, since.duration(to: loop.now) >= patience {
      return close(after: failure)
    }
    if case .ending(let end) = phase, loop.now >= end { giveUp() }
  }

  /// At once, so that they share a transaction.
  private func attemptAll(_ commits: [PollCommit]) async -> [StoreFailure?] {
    await withTaskGroup(of: (Int, StoreFailure?).self) { group in
      for (index, commit) in commits.enumerated() {
        group.addTask { (index, await self.attempt(commit)) }
      }
      var failures = [StoreFailure?](repeating: nil, count: commits.count)
      for await (index, failure) in group { failures[index] = failure }
      return failures
    }
  }

  /// Takes note of why commits wait.
  private func meet(_ failure: StoreFailure) {
    let since = hindrance.flatMap { $0.failure.kind == failure.kind ? $0.since : nil } ?? loop.now
    hindrance = (failure, since)
    snapshot.withLock { $0.obstacle = failure.outage }
    guard !told.contains(where: { $0.kind == failure.kind }) else { return }
    guard failure.kind != .busy || since.duration(to: loop.now) >= Self.lockTolerance else { return }
    told.append(failure)
    tell(.waiting(failure))
  }

  /// Takes note that none waits any longer, for what kept the first of them.
  private func overcome() {
    guard waiting.isEmpty, hindrance != nil else { return }
    hindrance = nil
    snapshot.withLock { $0.obstacle = nil }
    if let last = told.popLast() { tell(.storedAgain(last)) }
    told = []
  }

  // MARK: The end

  /// Has the run fail where the store takes no commit for so long.
  package func limitWaiting(to patience: Duration) { self.patience = patience }

  /// Takes note that the run is about to end: what cannot be stored within ``lastCommitTime`` is given up.
  package func beginEnd() {
    if case .open = phase { phase = .ending(loop.now.advanced(by: Self.lastCommitTime)) }
  }

  /// Follows the place of the file until the task is cancelled, or it is lost: the run ends then.
  package func watchPlace() async {
    guard let file else { return }
    while await loop.sleeps(for: Self.placeInterval) {
      do throws(StoreFailure) { try await file.checkPlace() } catch { return close(after: error) }
    }
  }

  private func close(after failure: StoreFailure) {
    phase = .failed
    fail.yield(failure)
    dropWaiting()
  }

  private func giveUp() {
    guard !waiting.isEmpty else { return }
    losses.reason = hindrance?.failure
    for waiting in waiting { losses.add(waiting.commit) }
    phase = .closed
    dropWaiting()
  }

  private func dropWaiting() {
    let dropped = waiting
    waiting = []
    hindrance = nil
    snapshot.withLock { $0.obstacle = nil }
    for waiting in dropped { waiting.resume.resume(returning: .notStored) }
  }

  /// What the end of the run has given up; nil where that is nothing.
  package var givenUp: Losses? { losses.reason == nil ? nil : losses }

  /// Whether a failure has ended the run.
  package var hasFailed: Bool { if case .failed = phase { true } else { false } }

  /// Writes down how far targets are, for the next run. Nothing can be stored after that.
  ///
  /// - Parameter end: how long a full disk or another program's lock is waited for.
  /// - Returns: why the file does not have it; nil where it has.
  package func close(until end: BootInstant) async -> StoreFailure? {
    if takesCommits { phase = .closed }
    do throws(StoreFailure) {
      try await file?.close(until: end)
      return nil
    } catch {
      return error
    }
  }
}

/// A store that lasts beyond the run that writes it.
package protocol DurableStore: EventStore {
  /// Removes some of the events that are older than a moment and that no target of this run waits for.
  ///
  /// - Returns: whether there are more.
  func forget(before moment: Timestamp) async throws(StoreFailure) -> Bool

  /// Where anything is redacted, removes what the store no longer has from its log too.
  func scrub() async throws(StoreFailure)

  /// Looks whether what the store was opened by still leads to it.
  ///
  /// - Throws: ``StoreFailure`` the first time that it does not; nothing more is committed then.
  func checkPlace() async throws(StoreFailure)

  /// Writes what is left to write, for the next run.
  ///
  /// - Parameter end: how long a full disk or another program's lock is waited for.
  func close(until end: BootInstant) async throws(StoreFailure)
}

extension SQLiteStore: DurableStore {}
