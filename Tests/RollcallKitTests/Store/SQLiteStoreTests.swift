import Testing

@testable import RollcallCore
@testable import RollcallKit

/// The guarantees of a state file beyond those of every store.
@Suite(.timeLimit(.minutes(5))) struct `A state file` {
  private let conference: ConferenceSID

  init() throws { conference = try #require(ConferenceSID("CF")) }

  private func draft(_ milliseconds: Int64 = 0) -> Event {
    Event(.watchStopped, at: Timestamp(milliseconds: milliseconds), conference: conference)
  }

  private func person(_ call: String) throws -> SavedRoom.Person {
    let record = Array("{\"call_sid\":\"\(call)\",\"label\":\"\u{e9}\"}".utf8)
    return SavedRoom.Person(callSID: try #require(CallSID(call)), record: record)
  }

  private func changes(_ people: [String], scan: Int64 = 0) throws -> RoomChanges {
    var changes = RoomChanges(head: SavedRoom.Head(conference: conference))
    changes.head.lastScanEnd = Timestamp(milliseconds: scan)
    changes.people = try people.map(person)
    return changes
  }

  @Test func `contains everything after the process was killed`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      var cursor = try await store.cursor(of: "a")
      var changes = try changes(["x", "y"])
      changes.head.friendlyName = "daily \"é\""
      changes.head.lastScanStart = Timestamp(milliseconds: 5)
      changes.head.lastEventAt = Timestamp(milliseconds: 6)
      changes.head.lastSeenAt = Timestamp(milliseconds: 7)
      changes.people[0].dateCreated = 1
      changes.people[0].heldAt = Timestamp(milliseconds: 8)
      var doubt = SavedRoom.Doubt(.stale, changes.people[1].callSID, scans: 3, since: Timestamp(milliseconds: 9))
      doubt.record = changes.people[1].record
      changes.doubts = [doubt, SavedRoom.Doubt(.absent, doubt.callSID, scans: 2, since: doubt.since)]
      changes.endedStays = [
        SavedRoom.EndedStay(SavedRoom.StayID(callSID: doubt.callSID, dateCreated: 4), endedAt: doubt.since)
      ]
      let answers = [
        SavedDiscovery(question: "all", askedAt: doubt.since),
        SavedDiscovery(question: "name \"é\"", askedAt: doubt.since, unscanned: [conference: nil]),
      ]
      try await store.commit(PollCommit([draft(40), draft(50)], changes: changes, discovery: answers[0]))
      try await store.commit(
        PollCommit([], discovery: SavedDiscovery(question: answers[1].question, askedAt: .init(milliseconds: 1))))
      try await store.commit(PollCommit([], discovery: answers[1]))
      cursor.taken = 1
      cursor.behind = [conference: 0, nil: 1]
      store.saveCursor(cursor, of: "a")
      store.addDeadLetter(DeadLetter(target: "a", sequence: 1, reason: .rejected(status: 400), at: doubt.since))
      try await store.sync()
      let (events, rooms) = (try await store.events(after: 0, limit: 9), try await store.rooms())

      let next = try await folder.openImage()
      #expect(events.count == 2)
      #expect(try await next.events(after: 0, limit: 9) == events)
      #expect(try await next.rooms() == rooms)
      #expect(try await next.discoveries() == answers)
      let room = try #require(rooms.first)
      #expect(room.head == changes.head && room.people == changes.people && room.endedStays == changes.endedStays)
      #expect(Set(room.doubts.map(\.kind.rawValue)) == ["stale", "absent"] && room.doubts.contains(doubt))
      #expect(try await next.cursor(of: "a") == cursor)
      #expect(try await next.count("dead_letter") == 1)
      #expect(next.lastTimestamp == Timestamp(milliseconds: 50))
      try await next.commit(PollCommit([draft()]))
      #expect(try await next.events(after: 2, limit: 9).map(\.id) == [EventStream.id(epoch: 8, sequence: 3)])
    }
  }

  @Test func `has an epoch for each run, in order of their starts, and continues the sequence`() async throws {
    try await StateFolder.use(inSimulatedTime: true) { folder in
      let store = try await folder.open(epoch: nil)
      try await store.commit(PollCommit([draft(1)]))
      // The last time in the file is later than the current wall clock.
      try await store.commit(PollCommit([draft(folder.loop.wallClock.milliseconds + 5000)]))
      let next = try await folder.openImage(epoch: nil)
      try await next.commit(PollCommit([draft()]))
      let events = try await next.events(after: 0, limit: 9)
      #expect(events.map(\.sequence) == [1, 2, 3])
      let start = UInt64(folder.loop.wallClock.milliseconds / 1000)
      #expect([store.epoch >> 32, next.epoch >> 32] == [start, start + 5])
      #expect(try await next.id(of: 2) == EventStream.id(epoch: store.epoch, sequence: 2))
      #expect(try await next.id(of: 3) == EventStream.id(epoch: next.epoch, sequence: 3))
      #expect(try await next.id(of: 1) == events[0].id && next.epoch & 0xFFFF_FFFF != store.epoch & 0xFFFF_FFFF)
    }
  }

  @Test func `restored from an older copy assigns no id twice`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open(epoch: nil)
      try await store.commit(PollCommit([draft(1)]))
      let copy = try await folder.openImage(epoch: nil)
      try await store.commit(PollCommit([draft(2)]))
      try await copy.commit(PollCommit([draft(3)]))
      let (lost, new) = (try await store.events(after: 1, limit: 9), try await copy.events(after: 1, limit: 9))
      #expect(lost.map(\.sequence) == [2] && new.map(\.sequence) == [2] && lost[0].id != new[0].id)
    }
  }

  @Test(arguments: ["line = replace(line, 'watch', 'witch')", "checksum = checksum + 1", "type = 'watch.stopper'"])
  func `detects an event that has been changed`(damage: String) async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      try await store.commit(PollCommit([draft(1), draft(2), draft(3)]))
      let writer = try SQLiteDatabase(path: folder.file("state"), .readWrite)
      try writer.execute("UPDATE event SET \(damage) WHERE sequence = 2")
      let events = try await store.events(after: 0, limit: 9)
      #expect(events.map(\.isDamaged) == [false, true, false] && events.map(\.sequence) == [1, 2, 3])
    }
  }

  @Test(arguments: 0..<4)
  func `knows the latest time of its rooms, which are also saved without events`(column: Int) async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      #expect(store.lastTimestamp == nil)
      var changes = try changes([])
      let times: [WritableKeyPath<SavedRoom.Head, Timestamp?>] = [
        \.lastScanStart, \.lastScanEnd, \.lastEventAt, \.lastSeenAt,
      ]
      changes.head[keyPath: times[column]] = Timestamp(milliseconds: 90)
      try await store.commit(PollCommit([draft(50)], changes: changes))
      #expect(try await folder.openImage().lastTimestamp == Timestamp(milliseconds: 90))
    }
  }

  @Test(arguments: [SavedRoom.Doubt.Kind.absent, .stale, .returning, .lastSeen])
  func `knows the latest time of its doubts`(kind: SavedRoom.Doubt.Kind) async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      var changes = try changes(["x"])
      let call = changes.people[0].callSID
      var doubt = SavedRoom.Doubt(kind, call, scans: 1, since: Timestamp(milliseconds: 90))
      doubt.record = changes.people[0].record
      changes.doubts = [doubt]
      try await store.commit(PollCommit([draft(50)], changes: changes))
      #expect(try await folder.openImage().lastTimestamp == Timestamp(milliseconds: 90))
    }
  }

  @Test func `writes commits that are ready together in one transaction`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      try await store.commit(PollCommit([draft()]))
      let before = try folder.transactions()
      let draft = draft()
      await Task(executorPreference: folder.loop) {
        await withTaskGroup(of: Void.self) { group in
          for _ in 0..<50 {
            group.addTask(executorPreference: folder.loop) { try? await store.commit(PollCommit([draft])) }
          }
        }
      }.value
      #expect(try await store.events(after: 0, limit: 100).count == 51)
      #expect(try folder.transactions() == before + 1)
    }
  }

  @Test func `stores nothing of a commit while the disk is full, and all of it later`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      try await store.commit(PollCommit([draft()], changes: changes(["x"])))
      try await store.limitPages(true)
      let much = PollCommit((0..<500).map { draft($0) }, changes: try changes(["y"]))
      await #expect { try await store.commit(much) } throws: { ($0 as? StoreFailure)?.kind == .full }
      #expect(try await store.events(after: 0, limit: 1000).count == 1)
      #expect(try await store.rooms().first?.people.map(\.callSID.text) == ["x"])
      try await store.limitPages(false)
      try await store.commit(much)
      #expect(try await store.events(after: 0, limit: 1000).map(\.sequence) == Array(1...501))
      #expect(try await folder.openImage().rooms().first?.people.map(\.callSID.text) == ["x", "y"])
    }
  }

  @Test func `writes cursors with the next commit`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      try await store.commit(PollCommit([draft()]))
      store.saveCursor(Cursor(first: 1, taken: 1), of: "a")
      try await store.commit(PollCommit([draft()]))
      #expect(try await folder.openImage().cursor(of: "a").taken == 1)
    }
  }

  @Test func `is damaged if it has a cursor for a conference with an invalid sid`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      try await store.commit(PollCommit([draft(), draft()]))
      let lane = try #require(ConferenceSID("CF"))
      store.saveCursor(Cursor(first: 1, taken: 2, behind: [lane: 1, nil: 1]), of: "a")
      try await store.commit(PollCommit([draft()]))
      try await store.close(until: folder.loop.now)
      try SQLiteDatabase(path: folder.file("state"), .readWrite).execute(
        "UPDATE lane SET conference_sid = 'C F' WHERE conference_sid = 'CF'")
      let damaged = try await folder.open(epoch: 8)
      let failure = await #expect(throws: StoreFailure.self) { try await damaged.cursor(of: "a") }
      #expect(failure?.kind == .damaged)
    }
  }

  @Test func `forgets old events and their dead letters, but never the last one`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      for start in stride(from: Int64(0), to: 1200, by: 100) {
        try await store.commit(PollCommit((start..<start + 100).map { draft($0) }))
      }
      for sequence in [7, 900] as [UInt64] {
        store.addDeadLetter(
          DeadLetter(target: "a", sequence: sequence, reason: .tooOld, at: Timestamp(milliseconds: 0)))
      }
      try await store.sync()
      var rounds = 1
      while try await store.forget(before: Timestamp(milliseconds: 600)) { rounds += 1 }
      #expect(rounds == 2)
      #expect(try await store.events(after: 0, limit: 1).map(\.sequence) == [601])
      #expect(try await store.count("dead_letter") == 1)
      while try await store.forget(before: Timestamp(milliseconds: 10_000)) {}
      #expect(try await store.events(after: 0, limit: 9).map(\.sequence) == [1200])
      try await store.commit(PollCommit([draft()]))
      #expect(try await store.events(after: 1200, limit: 9).map(\.sequence) == [1201])
      let next = try await folder.openImage()
      try await next.commit(PollCommit([draft()]))
      #expect(try await next.events(after: 1201, limit: 9).map(\.sequence) == [1202])
    }
  }

  @Test func `belongs to one account, and to one process at a time`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      try await store.commit(PollCommit([draft()]))
      await #expect { try await folder.open() } throws: { error in
        (error as? StoreFailure)?.kind == .inUse && (error as? StoreFailure)?.reason.contains("process ") == true
      }
      _ = try await folder.openImage()
      let others = [("https://other.example", "p"), (StateFolder.owner.origin, "q")]
      for (origin, account) in others {
        await #expect {
          try await folder.open("image", owner: SQLiteStore.Owner(origin: origin, account: account))
        } throws: {
          ($0 as? StoreFailure)?.kind == .foreign
        }
      }
    }
  }

  @Test func `of a later version is rejected and not changed`() async throws {
    try await StateFolder.use { folder in
      _ = try await folder.open("image")
      try SQLiteDatabase(path: folder.file("image"), .readWrite).execute(
        "PRAGMA user_version = \(StateSchema.version + 1)")
      await #expect { try await folder.open("image") } throws: { ($0 as? StoreFailure)?.kind == .newer }
      let version = try SQLiteDatabase(path: folder.file("image"), .readOnly).integer("PRAGMA user_version")
      #expect(version == Int64(StateSchema.version) + 1)
    }
  }

  @Test func `has every commit on the disk before its events are delivered`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      try await store.commit(PollCommit([draft()]))
      // 2 is FULL, both for a new and for an existing file.
      for store in [store, try await folder.openImage()] {
        #expect(try await store.setting("synchronous") == 2)
      }
    }
  }

  @Test func `uses a thread of its own, or in a simulation that of the loop`() async throws {
    for isSimulated in [false, true] {
      try await StateFolder.use(inSimulatedTime: isSimulated) { folder in
        let store = try await folder.open()
        #expect(await store.isOnLoop() == isSimulated)
        #expect(folder.loop.isCurrent)
      }
    }
  }

  @Test func `serves callers that are not on its loop`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      let draft = draft()
      let count = try await Task.detached {
        try await store.commit(PollCommit([draft]))
        return store.undelivered(to: "nobody") + (try await store.events(after: 0, limit: 9).count)
      }.value
      #expect(count == 1)
    }
  }

  @Test func `can be queried by other programs meanwhile`() async throws {
    try await StateFolder.use { folder in
      let store = try await folder.open()
      try await store.commit(PollCommit([draft(1_000)], changes: changes(["x"])))
      let reader = try SQLiteDatabase(path: folder.file("state"), .readOnly)
      try reader.execute("BEGIN")
      let events = try reader.prepare("SELECT id, type, timestamp, conference_sid FROM events")
      #expect(try events.next())
      let row = (0..<4).map { events.text($0) ?? "" }
      #expect(row == [EventStream.id(epoch: 7, sequence: 1), "watch.stopped", "1970-01-01T00:00:01.000Z", "CF"])
      let room = try reader.prepare("SELECT call_sid, label FROM room")
      #expect(try room.next() && room.text(0) == "x" && room.text(1) == "\u{e9}")
      // A reader delays no one, and sees the state from when it began.
      try await store.commit(PollCommit([draft()]))
      #expect(try reader.integer("SELECT count(*) FROM events") == 1)
    }
  }
}
