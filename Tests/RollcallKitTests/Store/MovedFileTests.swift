import Libc
import Testing

@testable import RollcallCore
@testable import RollcallKit

/// A store whose file was moved away.
@Suite(.timeLimit(.minutes(5))) struct `A state file that was moved` {
  enum Move: CaseIterable {
    case renamed
    case deleted
    case replaced
  }

  private static let draft = Event(.watchStopped, at: Timestamp(milliseconds: 0), conference: nil)

  private static func move(_ folder: StateFolder, _ move: Move) throws {
    let (path, other) = (folder.file("state"), folder.file("image"))
    switch move {
    case .renamed: #expect(unsafe rename(path, other) == 0)
    case .deleted: #expect(unsafe unlink(path) == 0)
    case .replaced:
      try SQLiteDatabase(path: other, .readWrite).execute("CREATE TABLE t (a)")
      #expect(unsafe rename(other, path) == 0)
    }
  }

  @Test(arguments: Move.allCases)
  func `accepts no more commits but can still be read`(move: Move) async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      try await store.commit(PollCommit([Self.draft]))
      try await store.checkPlace()
      try Self.move(folder, move)
      await #expect { try await store.checkPlace() } throws: { ($0 as? StoreFailure)?.kind == .displaced }
      await #expect { try await store.commit(PollCommit([Self.draft])) } throws: {
        ($0 as? StoreFailure)?.kind == .displaced
      }
      #expect(try await store.events(after: 0, limit: 9).map(\.sequence) == [1])
      var cursor = try await store.cursor(of: "a")
      cursor.taken = 1
      store.saveCursor(cursor, of: "a")
      try await store.close(until: folder.loop.now)
      guard move == .renamed else { return }
      // Everything is in the file, and its log stays beside the old path.
      let moved = try SQLiteDatabase(path: folder.file("image"), .readOnly)
      #expect(try moved.integer("SELECT count(*) FROM event") == 1)
      #expect(try moved.integer("SELECT taken FROM target") == 1)
    }
  }

  @Test func `ends the run within five seconds`() async throws {
    try await StateFolder.use(inSimulatedTime: true) { folder in
      let store = RunStore.file(try await folder.open(), on: folder.loop) { _ in }
      try Self.move(folder, .deleted)
      let start = folder.loop.now
      await store.watchPlace()
      #expect(start.duration(to: folder.loop.now) <= .seconds(5))
      #expect(await store.hasFailed)
      var failures = store.failures.makeAsyncIterator()
      #expect(await failures.next()?.kind == .displaced)
    }
  }
}
