package import RollcallCore
import Synchronization

/// The store of a run, in memory or in a file, which retries commits that it cannot store for a while.
///
/// While the disk is full or another program has locked the file, commits wait here. Only the end of the run gives them
/// up, not the cancellation of the poll that made them.
package actor RunStore {
  /// A notice about a run's store.
  package enum Notice: Sendable, Equatable {
    /// Commits are waiting.
    case waiting(StoreFailure)
    /// Commits are stored again, after the failure reported last.
    case storedAgain(StoreFailure)
  }

  /// What was not stored when the run ended.
  package struct Losses: Sendable, Equatable {
    package var events = 0
    /// The number of commits without events, which only save the times of the last scans.
    package var saves = 0
    /// nil if the commits only came after the end.
    package var reason: StoreFailure?

    fileprivate mutating func add(_ commit: PollCommit) {
      if commit.events.isEmpty { saves += 1 } else { events += commit.events.count }
    }
  }

  /// How long the commits of an ending run may wait.
  package static let lastCommitTime: Duration = .seconds(3)
  /// How long the commits of a run that scans once may wait.
  package static let singleScanTime: Duration = .seconds(30)
  /// How long the cursors of an ending run may wait.
  package static let closingTime: Duration = .seconds(1)
  /// The pause between two attempts while the disk is full.
  static let fullPause: Duration = .seconds(1)
  /// The pause between two attempts while another program holds a lock on the file.
  static let lockPause: Duration = .milliseconds(100)
  /// The interval between two checks of the file's path.
  static let placeInterval: Duration = .seconds(2)
  /// The duration from which a lock is reported.
  static let lockTolerance: Duration = .seconds(1)

  private struct WaitingCommit {
    let commit: PollCommit
    let resume: CheckedContinuation<CommitOutcome, Never>
  }

  private enum Phase {
    case open
    /// Commits that cannot be stored by then are given up.
    case ending(BootInstant)
    /// A commit is missing, so nothing may follow it: the room in the file would be ahead of the events.
    case closed
    /// The store has failed, and nothing more may be stored.
    case failed
  }

  private struct Snapshot {
    var obstacle: OutageReason?
    var events: [EventType: Int] = [:]
    var alerts: [String: Int] = [:]
  }

  package nonisolated let events: any EventStore
  /// The maximum number of events that a target may be behind.
  package nonisolated let bound: Int
  /// The same store if it is a file; nil for a store in memory.
  package nonisolated let file: (any DurableStore)?
  /// Yields the first fatal store failure.
  package nonisolated let failures: AsyncStream<StoreFailure>

  private let loop: EventLoop
  private let notify: @Sendable (Notice) -> Void
  private let fail: AsyncStream<StoreFailure>.Continuation
  private let obstructions: AsyncStream<Void>
  private let obstruct: AsyncStream<Void>.Continuation
  private nonisolated let snapshot = Mutex(Snapshot())
  private var phase = Phase.open
  private var waiting: [WaitingCommit] = []
  /// Why the first waiting commit waits, and since when.
  private var obstruction: (failure: StoreFailure, since: BootInstant)?
  /// The failures reported since commits began to wait, the latest last.
  private var reported: [StoreFailure] = []
  private var losses = Losses()
  /// How long the store may fail to take commits; nil waits forever.
  private var patience: Duration?

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - file: the same store if it is a file.
  ///   - notify: called on the loop; must not block.
  package init(
    _ events: any EventStore, file: (any DurableStore)? = nil, bound: Int, on loop: EventLoop,
    notify: @escaping @Sendable (Notice) -> Void
  ) {
    self.events = events
    self.file = file
    self.bound = bound
    self.loop = loop
    self.notify = notify
    (failures, fail) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
    (obstructions, obstruct) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Creates a store whose events stay in memory until all targets have them.
  package static func memory(
    targets: [String], redaction: Redaction? = nil, on loop: EventLoop, notify: @escaping @Sendable (Notice) -> Void
  ) -> RunStore {
    let memory = MemoryStore(
      epoch: EventStream.newEpoch(startedAt: loop.wallClock), redaction: redaction, targets: targets)
    return RunStore(memory, bound: MemoryStore.bound, on: loop, notify: notify)
  }

  /// Creates a store that keeps its events in a state file.
  package static func file(
    _ file: SQLiteStore, on loop: EventLoop, notify: @escaping @Sendable (Notice) -> Void
  ) -> RunStore {
    RunStore(file, file: file, bound: SQLiteStore.bound, on: loop, notify: notify)
  }

  package nonisolated var isDurable: Bool { file != nil }
  /// Why commits are waiting; nil if none is.
  package nonisolated var obstacle: OutageReason? { snapshot.withLock(\.obstacle) }
  /// The number of stored events of each type in this run.
  package nonisolated var tally: [EventType: Int] { snapshot.withLock(\.events) }
  /// How often this run has raised each alert, by its name.
  package nonisolated var alerts: [String: Int] { snapshot.withLock(\.alerts) }

  // MARK: Commits

  /// Stores a commit, waiting as long as the disk is full or the file locked; see ``run()``.
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

  /// - Returns: why it is not stored; nil on success.
  private func attempt(_ commit: PollCommit) async -> StoreFailure? {
    do throws(StoreFailure) {
      try await events.commit(commit)
    } catch {
      return error
    }
    snapshot.withLock { snapshot in
      for event in commit.events {
        snapshot.events[event.type, default: 0] += 1
        if event.type == .alertRaised, let alert = event.alert { snapshot.alerts[alert, default: 0] += 1 }
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
      if let failure { recordObstruction(failure) }
      obstruct.yield()
    }
  }

  // MARK: Waiting

  /// Retries waiting commits until the task is cancelled, and then gives up those that still wait.
  package func run() async {
    for await _ in obstructions {
      while !waiting.isEmpty, await loop.sleeps(for: pause) { await repeatCommits() }
    }
    giveUp()
    // Nothing would retry a later commit.
    if takesCommits { phase = .closed }
  }

  /// The time until the next attempt.
  private var pause: Duration { obstruction?.failure.kind == .full ? Self.fullPause : Self.lockPause }

  private func repeatCommits() async {
    // Commits that arrive meanwhile are tried next time.
    let count = waiting.count
    let reason = obstruction?.failure.outage
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
    guard let failure = failures.lazy.compactMap(\.self).first else { return clearObstruction() }
    recordObstruction(failure)
    if let patience, let since = obstruction?.since, since.duration(to: loop.now) >= patience {
      return close(after: failure)
    }
    if case .ending(let end) = phase, loop.now >= end { giveUp() }
  }

  /// Attempts all commits concurrently, so that they share a transaction.
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

  /// Records why commits wait, and reports it once.
  private func recordObstruction(_ failure: StoreFailure) {
    let since = obstruction.flatMap { $0.failure.kind == failure.kind ? $0.since : nil } ?? loop.now
    obstruction = (failure, since)
    snapshot.withLock { $0.obstacle = failure.outage }
    guard !reported.contains(where: { $0.kind == failure.kind }) else { return }
    guard failure.kind != .busy || since.duration(to: loop.now) >= Self.lockTolerance else { return }
    reported.append(failure)
    notify(.waiting(failure))
  }

  /// Clears the obstruction once no commit is waiting, and reports that.
  private func clearObstruction() {
    guard waiting.isEmpty, obstruction != nil else { return }
    obstruction = nil
    snapshot.withLock { $0.obstacle = nil }
    if let last = reported.popLast() { notify(.storedAgain(last)) }
    reported = []
  }

  // MARK: The end

  /// Makes the run fail if the store takes no commit for this long.
  package func limitWaiting(to patience: Duration) { self.patience = patience }

  /// Records that the run is about to end: commits that cannot be stored within ``lastCommitTime`` are given up.
  package func beginEnd() {
    if case .open = phase { phase = .ending(loop.now.advanced(by: Self.lastCommitTime)) }
  }

  /// Checks the file's path until the task is cancelled; ends the run if the path no longer leads to the file.
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
    losses.reason = obstruction?.failure
    for waiting in waiting { losses.add(waiting.commit) }
    phase = .closed
    dropWaiting()
  }

  private func dropWaiting() {
    let dropped = waiting
    waiting = []
    obstruction = nil
    snapshot.withLock { $0.obstacle = nil }
    for waiting in dropped { waiting.resume.resume(returning: .notStored) }
  }

  /// What was given up at the end of the run; nil if nothing was, or a failure has ended the run.
  package var givenUp: Losses? {
    let isComplete = losses.events == 0 && losses.saves == 0
    return isComplete || hasFailed ? nil : losses
  }

  /// Whether a failure has ended the run.
  package var hasFailed: Bool { if case .failed = phase { true } else { false } }

  /// Saves the cursors for the next run. Nothing can be stored afterwards.
  ///
  /// - Parameter end: how long to wait for a full disk or another program's lock.
  /// - Returns: why they are not saved; nil on success.
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

/// A store that outlives the run that writes it.
package protocol DurableStore: EventStore {
  /// Deletes some of the events that are older than `moment` and that no target of this run needs.
  ///
  /// - Returns: whether there are more.
  func forget(before moment: Timestamp) async throws(StoreFailure) -> Bool

  /// If events are redacted, also removes deleted values from the store's log.
  func scrub() async throws(StoreFailure)

  /// Checks whether the path of the store still leads to it.
  ///
  /// - Throws: ``StoreFailure`` the first time it does not; nothing more is committed then.
  func checkPlace() async throws(StoreFailure)

  /// Saves the cursors for the next run and closes the store.
  ///
  /// - Parameter end: how long to wait for a full disk or another program's lock.
  func close(until end: BootInstant) async throws(StoreFailure)
}

extension SQLiteStore: DurableStore {}
