import Testing

@testable import RollcallCore
@testable import RollcallKit

/// The guarantees of every store.
@Suite(.timeLimit(.minutes(5))) struct `An event store` {
  enum Kind: CaseIterable, Sendable {
    case memory
    case file
  }

  private func store(_ kind: Kind, in folder: StateFolder, targets: [String] = ["a", "b"]) async throws
    -> any EventStore
  {
    switch kind {
    case .memory: return MemoryStore(epoch: 7, targets: targets)
    case .file:
      let store = try await folder.open()
      for target in targets { _ = try await store.cursor(of: target) }
      return store
    }
  }

  private static func drafts(_ count: Int) -> [Event] {
    (0..<count).map { Event(.watchStopped, at: Timestamp(milliseconds: Int64($0)), conference: nil) }
  }

  @Test(arguments: Kind.allCases)
  func `numbers events without gaps and keeps their bytes`(kind: Kind) async throws {
    try await StateFolder.use { folder in
      let store = try await store(kind, in: folder)
      for count in [1, 0, 3, 700, 1] { try await store.commit(PollCommit(Self.drafts(count))) }
      let all = try await store.events(after: 0, limit: 1000)
      #expect(all.map(\.sequence) == Array(1...705))
      #expect(all.map(\.id) == all.map { EventStream.id(epoch: 7, sequence: $0.sequence) })
      #expect(try await store.events(after: 0, limit: 1000) == all)
      #expect(try await store.events(after: 700, limit: 2).map(\.sequence) == [701, 702])
      #expect(try await store.events(after: 705, limit: 2).isEmpty)
      var stream = EventStream(epoch: 7)
      #expect(all.first == Self.drafts(1).first.map { stream.freeze($0) })
    }
  }

  @Test(arguments: Kind.allCases)
  func `keeps the events of concurrent commits together`(kind: Kind) async throws {
    try await StateFolder.use { folder in
      let store = try await store(kind, in: folder)
      let sids = (0..<20).compactMap { ConferenceSID("CF-\($0)") }
      await withTaskGroup(of: Void.self) { group in
        for sid in sids {
          group.addTask {
            let draft = Event(.watchStopped, at: Timestamp(milliseconds: 0), conference: sid)
            try? await store.commit(PollCommit([draft, draft, draft]))
          }
        }
      }
      let all = try await store.events(after: 0, limit: 100)
      #expect(all.map(\.sequence) == Array(1...60))
      for start in stride(from: 0, to: 60, by: 3) {
        #expect(Set(all[start..<start + 3].map(\.conference)).count == 1)
      }
    }
  }

  @Test(arguments: Kind.allCases)
  func `keeps the cursor of each target`(kind: Kind) async throws {
    try await StateFolder.use { folder in
      let store = try await store(kind, in: folder)
      try await store.commit(PollCommit(Self.drafts(10)))
      #expect(try await store.cursor(of: "a") == Cursor(first: 1))
      #expect(store.undelivered(to: "a") == 10)
      store.saveCursor(Cursor(first: 1, taken: 4), of: "a")
      #expect(store.undelivered(to: "a") == 6)
      #expect(store.undelivered(to: "b") == 10)
      #expect(try await store.cursor(of: "a").taken == 4)
      let lane = try #require(ConferenceSID("CF"))
      let behind = Cursor(first: 1, taken: 9, behind: [lane: 2, nil: 5])
      store.saveCursor(behind, of: "b")
      #expect(try await store.cursor(of: "b") == behind)
      #expect(store.undelivered(to: "b") == 8)
    }
  }

  @Test(arguments: Kind.allCases)
  func `starts a new target with the next event`(kind: Kind) async throws {
    try await StateFolder.use { folder in
      let store = try await store(kind, in: folder, targets: ["a"])
      try await store.commit(PollCommit(Self.drafts(10)))
      #expect(try await store.cursor(of: "new") == Cursor(first: 11))
      #expect(store.undelivered(to: "new") == 0)
    }
  }

  @Test(arguments: Kind.allCases)
  func `keeps events as long as any target needs them`(kind: Kind) async throws {
    try await StateFolder.use { folder in
      let store = try await store(kind, in: folder)
      try await store.commit(PollCommit(Self.drafts(10)))
      store.saveCursor(Cursor(first: 1, taken: 10), of: "a")
      store.saveCursor(Cursor(first: 1, taken: 3), of: "b")
      if let file = store as? SQLiteStore { while try await file.forget(before: Timestamp(milliseconds: 1000)) {} }
      #expect(try await store.events(after: 0, limit: 100).map(\.sequence) == Array(4...10))
    }
  }
}
