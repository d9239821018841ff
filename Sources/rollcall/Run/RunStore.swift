import RollcallCore
import RollcallKit
import Synchronization

/// The store of a run, in memory or in a file, and what follows where it fails.
final class RunStore: Sendable {
  /// How long a full disk is left alone before it is tried again.
  private static let pause: Duration = .seconds(1)

  let events: any EventStore
  /// Events that a target may be behind.
  let bound: Int
  /// nil where events live in memory.
  let file: SQLiteStore?
  private let loop: EventLoop
  private let log: StandardError
  private let condition = Mutex(Condition())
  /// Gets the failure after which nothing can be stored any longer.
  let failures: AsyncStream<StoreFailure>
  private let fail: AsyncStream<StoreFailure>.Continuation

  private struct Condition {
    /// Commits that wait for room on the disk.
    var waiting = 0
    /// Whether a commit is missing: nothing may follow it, or the room in the file would be ahead of the events.
    var isBroken = false
    /// Events stored in this run.
    var events: [EventType: Int] = [:]
  }

  private init(_ events: any EventStore, file: SQLiteStore?, bound: Int, on loop: EventLoop, log: StandardError) {
    self.events = events
    self.file = file
    self.bound = bound
    self.loop = loop
    self.log = log
    (failures, fail) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
  }

  static func memory(
    targets: [String], redaction: Redaction? = nil, on loop: EventLoop, log: StandardError
  ) -> RunStore {
    let store = MemoryStore(on: loop, epoch: .random(in: .min ... .max), redaction: redaction, targets: targets)
    return RunStore(store, file: nil, bound: MemoryStore.bound, on: loop, log: log)
  }

  static func file(_ store: SQLiteStore, on loop: EventLoop, log: StandardError) -> RunStore {
    RunStore(store, file: store, bound: SQLiteStore.bound, on: loop, log: log)
  }

  var isDurable: Bool { file != nil }
  var isDiskFull: Bool { condition.withLock { $0.waiting > 0 } }
  /// How many events of each type this run has stored.
  var tally: [EventType: Int] { condition.withLock(\.events) }

  /// When the oldest event was written that a target has yet to get; nil where it has all.
  func oldestUndelivered(to target: String) async -> Timestamp? {
    guard let done = try? await events.progress(of: target).done else { return nil }
    return try? await events.events(after: done, limit: 1).first?.timestamp
  }

  /// To be appended to what people are told of undelivered events.
  var consolation: String { isDurable ? "; the state file keeps them" : "" }

  /// Writes down how far targets are, for the next run. Nothing can be stored after that.
  func close() async {
    do throws(StoreFailure) {
      try await file?.close()
    } catch {
      // That nothing can be written has been said.
      guard !condition.withLock({ $0.isBroken }) else { return }
      log.conclude(.warning, "how far events were delivered is not saved, some come again: \(error.reason)")
    }
  }

  /// Stores a commit, however long the disk is full.
  ///
  /// - Parameter isLast: whether it is of no use later, so that a full disk is not waited for.
  /// - Returns: false where it is not stored; the run is about to end then.
  func commit(_ commit: PollCommit, isLast: Bool = false) async -> Bool {
    var isWaiting = false
    defer { if isWaiting { endWaiting() } }
    while !condition.withLock({ $0.isBroken }) {
      do throws(StoreFailure) {
        try await events.commit(commit)
        condition.withLock { condition in
          for draft in commit.drafts { condition.events[draft.type, default: 0] += 1 }
        }
        return true
      } catch {
        guard error.kind == .full, !isLast else {
          condition.withLock { $0.isBroken = true }
          fail.yield(error)
          return false
        }
      }
      if !isWaiting { beginWaiting() }
      isWaiting = true
      do throws(CancellationError) {
        try await loop.sleep(for: Self.pause)
      } catch {
        condition.withLock { $0.isBroken = true }
      }
    }
    return false
  }

  private func beginWaiting() {
    let isFirst = condition.withLock { condition in
      condition.waiting += 1
      return condition.waiting == 1
    }
    guard isFirst else { return }
    log.log(.warning, "there is no room on the disk for the state file; polls pause until there is")
  }

  private func endWaiting() {
    let isOver = condition.withLock { condition in
      condition.waiting -= 1
      return condition.waiting == 0 && !condition.isBroken
    }
    if isOver { log.log(.notice, "there is room on the disk again; polls go on") }
  }
}
