import Synchronization
import Testing

@testable import RollcallCore
@testable import RollcallKit

/// A state file that another program has locked.
@Suite(.timeLimit(.minutes(5))) struct `A locked state file` {
  private static let draft = Event(
    .watchStopped, at: Timestamp(milliseconds: 0), conference: ConferenceSID("CF"))

  private final class Waits: Sendable {
    let count = Mutex(0)
  }

  /// Opens another program's connection to a folder's file, and locks the file.
  private static func lock(_ folder: StateFolder, _ beginning: SQLiteDatabase.Beginning = .immediate) throws
    -> SQLiteDatabase
  {
    let other = try SQLiteDatabase(path: folder.file("state"), .readWrite)
    try other.execute(beginning.rawValue)
    return other
  }

  @Test func `delays a commit but not reads`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      try await store.commit(PollCommit([Self.draft]))
      let other = try Self.lock(folder)
      for _ in 0..<3 {
        await #expect(throws: StoreFailure(.busy, "another program holds a lock on it")) {
          try await store.commit(PollCommit([Self.draft, Self.draft]))
        }
        #expect(try await store.events(after: 0, limit: 9).count == 1)
      }
      #expect(store.undelivered(to: "nobody") == 0)
      try other.execute("ROLLBACK")
      try await store.commit(PollCommit([Self.draft, Self.draft]))
      #expect(try await store.events(after: 0, limit: 9).map(\.sequence) == [1, 2, 3])
    }
  }

  @Test func `counts nothing as delivered until the cursors are read`() {
    let cursors = Cursors(lastSequence: 10)
    #expect(cursors.done == 10)
    #expect(cursors.start(of: "a") == 11 && cursors.done == 0)
    _ = cursors.set(Cursor(first: 1, taken: 7), of: "a")
    #expect(cursors.done == 7)
  }

  @Test func `starts a new target where it was requested, whatever was stored before the file is read`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      try await store.commit(PollCommit([Self.draft, Self.draft]))
      let other = try Self.lock(folder, .exclusive)
      #expect(try await store.cursor(of: "new") == Cursor(first: 3))
      try other.execute("ROLLBACK")
      try await store.commit(PollCommit([Self.draft, Self.draft]))
      // The events that the target needs are kept.
      #expect(try await store.forget(before: Timestamp(milliseconds: .max)) == false)
      #expect(try await store.events(after: 0, limit: 9).map(\.sequence) == [3, 4])
      #expect(try await store.cursor(of: "new") == Cursor(first: 3))
      #expect(try await store.cursor(of: "newer") == Cursor(first: 5))
    }
  }

  @Test func `receives the cursors once the lock is gone`() async throws {
    try await StateFolder.use(inSimulatedTime: true) { folder in
      let store = try await folder.open()
      try await store.commit(PollCommit([Self.draft]))
      let other = try Self.lock(folder)
      store.saveCursor(Cursor(first: 1, taken: 1), of: "a")
      store.addDeadLetter(DeadLetter(target: "a", sequence: 1, reason: .tooOld, at: Timestamp(milliseconds: 0)))
      try await folder.loop.sleep(for: .seconds(5))
      #expect(store.undelivered(to: "a") == 0)
      #expect(try other.integer("SELECT count(*) FROM target") == 0)
      try other.execute("ROLLBACK")
      try await folder.loop.sleep(for: .seconds(2))
      #expect(try other.integer("SELECT taken FROM target WHERE name = 'a'") == 1)
      #expect(try other.integer("SELECT count(*) FROM dead_letter") == 1)
    }
  }

  @Test(arguments: [(400, true), (2000, false)])
  func `is waited for at the end, up to the limit`(lasts: Int, isSaved: Bool) async throws {
    try await StateFolder.use(inSimulatedTime: true) { folder in
      let store = try await folder.open()
      try await store.commit(PollCommit([Self.draft]))
      store.saveCursor(Cursor(first: 1, taken: 1), of: "a")
      let other = try Self.lock(folder)
      let start = folder.loop.now
      let failure = await withTaskGroup(of: StoreFailure?.self) { group in
        group.addTask { @Sendable in
          do throws(StoreFailure) {
            try await store.close(until: start.advanced(by: .seconds(1)))
            return nil
          } catch {
            return error
          }
        }
        try? await folder.loop.sleep(for: .milliseconds(lasts))
        try? other.execute("ROLLBACK")
        return await group.next() ?? nil
      }
      #expect(failure?.kind == (isSaved ? nil : .busy))
      #expect(try other.integer("SELECT count(*) FROM target") == (isSaved ? 1 : 0))
      await #expect(throws: StoreFailure(.inputOutput, "it is closed")) { try await store.rooms() }
    }
  }

  @Test(arguments: [SQLiteDatabase.Beginning.immediate, .exclusive])
  func `is waited for at the start, and then reported`(beginning: SQLiteDatabase.Beginning) async throws {
    try await StateFolder.use(inSimulatedTime: true) { folder in
      let other = try Self.lock(folder, beginning)
      let waits = Waits()
      let start = folder.loop.now
      await #expect(throws: StoreFailure(.busy, "another program holds a lock on it")) {
        try await folder.open { waits.count.withLock { $0 += 1 } }
      }
      #expect(start.duration(to: folder.loop.now) == SQLiteStore.openingTime)
      #expect(waits.count.withLock { $0 } == 1)
      try other.execute("ROLLBACK")
    }
  }

  @Test(arguments: [false, true])
  func `is opened as soon as the lock is gone`(isNew: Bool) async throws {
    try await StateFolder.use(inSimulatedTime: true) { folder in
      if !isNew { try await folder.open().close(until: folder.loop.now) }
      let other = try Self.lock(folder)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          let store = try await folder.open()
          try await store.commit(PollCommit([Self.draft]))
          #expect(try await store.events(after: 0, limit: 9).count == 1)
          // The store cannot have been opened before the lock ended.
          #expect(folder.loop.now >= BootInstant(nanoseconds: 3_000_000_000))
        }
        try await folder.loop.sleep(until: BootInstant(nanoseconds: 3_000_000_000))
        try other.execute("ROLLBACK")
        try await group.waitForAll()
      }
    }
  }

  @Test func `is no longer waited for when the start is cancelled`() async throws {
    try await StateFolder.use(inSimulatedTime: true) { folder in
      let other = try Self.lock(folder)
      let start = folder.loop.now
      let failure = await withTaskGroup(of: StoreFailure?.self) { group in
        group.addTask { @Sendable in
          do throws(StoreFailure) {
            _ = try await folder.open()
            return nil
          } catch {
            return error
          }
        }
        try? await folder.loop.sleep(for: .milliseconds(2500))
        group.cancelAll()
        return await group.next() ?? nil
      }
      #expect(failure?.kind == .busy)
      #expect(start.duration(to: folder.loop.now) == .milliseconds(2500))
      try other.execute("ROLLBACK")
    }
  }

  @Test func `stays reserved for the process that waits for it`() async throws {
    try await StateFolder.use(inSimulatedTime: true) { folder in
      let other = try Self.lock(folder)
      await withTaskGroup(of: Void.self) { group in
        group.addTask { _ = try? await folder.open() }
        try? await folder.loop.sleep(for: .seconds(1))
        await #expect { try await folder.open() } throws: { ($0 as? StoreFailure)?.kind == .inUse }
        #expect(folder.loop.now < BootInstant(nanoseconds: 2_000_000_000))
        group.cancelAll()
      }
      try other.execute("ROLLBACK")
    }
  }
}
