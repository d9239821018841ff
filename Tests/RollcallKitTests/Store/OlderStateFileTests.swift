import Testing

@testable import RollcallCore
@testable import RollcallKit

/// Upgrades of a file from an earlier version.
@Suite(.timeLimit(.minutes(5))) struct `A state file of an earlier version` {
  private let conference: ConferenceSID
  private let x: CallSID

  init() throws {
    conference = try #require(ConferenceSID("CF"))
    x = try #require(CallSID("x"))
  }

  /// Creates the file of a run with one participant whose event is still pending.
  private func make(_ version: OlderVersion, in folder: StateFolder) throws {
    let database = try SQLiteDatabase(path: folder.file("state"), .readWrite)
    try database.execute("PRAGMA journal_mode = WAL")
    try database.execute(version.tables)
    try database.execute(
      """
      INSERT INTO stream (epoch, origin, account, holder, held_since)
        VALUES (7, '\(StateFolder.owner.origin)', '\(StateFolder.owner.account)', 42, 1000);
      INSERT INTO event (sequence, type, at, conference_sid, call_sid, line)
        VALUES (1, 'participant.joined', 50, 'CF', 'x', '{"id":"a"}'), (2, 'watch.started', 60, 'CF', NULL, '{"id":"b"}');
      INSERT INTO conference (sid, friendly_name, is_over, last_scan_start, last_scan_end, last_event_at)
        VALUES ('CF', 'daily', 0, 40, 50, 50);
      INSERT INTO person (conference_sid, call_sid, date_created, date_updated, joined_at, record)
        VALUES ('CF', 'x', 1, 2, 50, '{"call_sid":"x"}');
      INSERT INTO ended_stay VALUES ('CF', 'y', 5, 60);
      INSERT INTO target VALUES ('a', 1, 1);
      """)
  }

  private func version(_ folder: StateFolder) throws -> Int64? {
    try SQLiteDatabase(path: folder.file("state"), .readOnly).integer("PRAGMA user_version")
  }

  @Test(arguments: OlderVersion.allCases)
  func `is upgraded when a run opens it, and continues where it was`(_ older: OlderVersion) async throws {
    try await StateFolder.use { folder in
      try make(older, in: folder)
      let before = try StateReader(path: folder.file("state")).events(StateReader.Selection(), after: 0, limit: 9)
      let store = try await folder.open(epoch: 9)
      #expect(try version(folder) == Int64(StateSchema.version))
      #expect(try await store.events(after: 0, limit: 9) == before && before.map(\.id) == ["a", "b"])
      #expect(try await store.id(of: 2) == "b" && !before.contains(where: \.isDamaged))
      #expect(try await store.cursor(of: "a") == Cursor(first: 1, taken: 1))
      let room = try #require(try await store.rooms().first)
      #expect(room.head.friendlyName == "daily" && room.people.map(\.callSID) == [x])
      #expect(room.people.first?.joinedAt == Timestamp(milliseconds: 50) && room.calls.isEmpty)
      let ended = SavedRoom.StayID(callSID: try #require(CallSID("y")), dateCreated: 5)
      #expect(room.endedStays == [SavedRoom.EndedStay(ended, endedAt: Timestamp(milliseconds: 60))])
      #expect(!room.head.hasLiveStatuses && room.raisedAlerts.isEmpty)
      var changes = RoomChanges(head: room.head)
      changes.people = room.people
      changes.people[0].heldAt = Timestamp(milliseconds: 70)
      changes.head.hasLiveStatuses = true
      changes.endedStays = [
        SavedRoom.EndedStay(
          SavedRoom.StayID(callSID: ended.callSID, dateCreated: nil), endedAt: Timestamp(milliseconds: 65))
      ]
      changes.forgottenStays = [ended]
      changes.calls = [SavedRoom.Call(callSID: x, details: CallDetails(from: "a", to: nil, direction: "inbound"))]
      changes.raisedAlerts = [
        SavedRoom.RaisedAlert(Alert("empty:5m"), since: Timestamp(milliseconds: 66)),
        SavedRoom.RaisedAlert(Alert("hold:2m", of: x), since: Timestamp(milliseconds: 67)),
      ]
      let draft = Event(.watchStopped, at: Timestamp(milliseconds: 70), conference: nil)
      try await store.commit(PollCommit([draft], changes: changes))
      #expect(try await store.events(after: 2, limit: 9).map(\.id) == [EventStream.id(epoch: 9, sequence: 3)])
      let next = try await folder.openImage()
      #expect(try await next.rooms().first?.people == changes.people)
      #expect(try await next.rooms().first?.calls == changes.calls)
      #expect(try await next.rooms().first?.endedStays == changes.endedStays)
      #expect(try await next.rooms().first?.head == changes.head)
      #expect(try await next.rooms().first?.raisedAlerts == changes.raisedAlerts)
      #expect(try await next.setting("user_version") == Int64(StateSchema.version))
    }
  }

  @Test func `keeps the ids of all its streams, but no redacted call details`() async throws {
    try await StateFolder.use { folder in
      try make(.three, in: folder)
      let redaction = Redaction([.from], key: Array("0123456789abcdef".utf8))
      let writer = try SQLiteDatabase(path: folder.file("state"), .readWrite)
      try writer.execute(
        """
        INSERT INTO past_epoch VALUES (1, 6, NULL, NULL);
        UPDATE stream SET redaction = '\(redaction.fingerprint)', redaction_key = '0123456789abcdef';
        UPDATE event SET line = '{"id":"\(EventStream.id(epoch: 6, sequence: 1))"}' WHERE sequence = 1;
        UPDATE event SET line = '{"id":"\(EventStream.id(epoch: 7, sequence: 1))"}' WHERE sequence = 2;
        UPDATE person SET call = '{"from":"redacted_0123"}';
        """)
      let store = try await folder.open(redaction: RedactionChoice([.from], key: nil), epoch: 9)
      try await store.commit(
        PollCommit([Event(.watchStopped, at: Timestamp(milliseconds: 70), conference: nil)]))
      let ids = [(6, 1), (7, 1), (9, 3)].map { EventStream.id(epoch: $0, sequence: $1) }
      #expect(try await store.events(after: 0, limit: 9).map(\.id) == ids)
      #expect(try await store.rooms().first?.calls.isEmpty == true)
      let reader = try StateReader(path: folder.file("state"))
      #expect(try ids.map { try reader.sequence(ofID: $0, expecting: 1) } == [1, 2, 3])
    }
  }

  /// Until version 3 no participant with the status `completed` was in a room.
  @Test(arguments: [OlderVersion.one, .two], [("in-progress", true), ("", false), (nil, false)] as [(String?, Bool)])
  func `counts a room's statuses as live if people are in it`(
    _ older: OlderVersion, form: (status: String?, isLive: Bool)
  ) async throws {
    try await StateFolder.use { folder in
      try make(older, in: folder)
      let status = form.status.map { "\"\($0)\"" } ?? "7"
      let writer = try SQLiteDatabase(path: folder.file("state"), .readWrite)
      try writer.execute("UPDATE person SET record = '{\"call_sid\":\"x\",\"status\":\(status)}'")
      let store = try await folder.open()
      #expect(try await store.rooms().map(\.head.hasLiveStatuses) == [form.isLive])
    }
  }

  @Test(arguments: OlderVersion.allCases)
  func `gets the same tables as a new file`(_ older: OlderVersion) async throws {
    try await StateFolder.use { folder in
      try make(older, in: folder)
      _ = try await folder.open()
      _ = try await folder.open("image")
      #expect(try columns(of: folder.file("state")) == columns(of: folder.file("image")))
    }
  }

  private func columns(of path: String) throws -> Set<String> {
    let statement = try SQLiteDatabase(path: path, .readOnly).prepare(
      """
      SELECT t.name || '.' || c.name || ' ' || c.type || ' ' || c."notnull" || ' ' || c.pk
      FROM sqlite_master t, pragma_table_info(t.name) c
      UNION ALL SELECT t.name || ' ' || i.name || ' ' || i."unique" || ' ' || coalesce(c.name, 'an expression')
      FROM sqlite_master t, pragma_index_list(t.name) i, pragma_index_info(i.name) c
      """)
    var columns: Set<String> = []
    while try statement.next() { columns.insert(statement.text(0) ?? "") }
    return columns
  }

  @Test(arguments: OlderVersion.allCases)
  func `is read without being changed`(_ older: OlderVersion) async throws {
    try await StateFolder.use { folder in
      try make(older, in: folder)
      let reader = try StateReader(path: folder.file("state"))
      #expect(try reader.rooms().first?.people.map(\.callSID) == [x])
      #expect(try reader.owner() == StateFolder.owner && reader.bounds() == 1...2)
      try reader.checkHealth()
      #expect(try reader.rooms().first?.endedStays.count == 1)
      #expect(try version(folder) == older.rawValue)
      // A reader that was opened before continues after a run has upgraded the tables.
      _ = try await folder.open()
      #expect(try reader.rooms().first?.people.map(\.callSID) == [x])
      #expect(try reader.events(StateReader.Selection(), after: 0, limit: 9).count == 2)
    }
  }

  @Test(arguments: OlderVersion.allCases)
  func `is not changed if it belongs to another account, and a later version is rejected`(
    _ older: OlderVersion
  ) async throws {
    try await StateFolder.use { folder in
      try make(older, in: folder)
      let other = SQLiteStore.Owner(origin: StateFolder.owner.origin, account: "q")
      await #expect { try await folder.open(owner: other) } throws: { ($0 as? StoreFailure)?.kind == .foreign }
      #expect(try version(folder) == older.rawValue)
      let writer = try SQLiteDatabase(path: folder.file("state"), .readWrite)
      let later = Int64(StateSchema.version) + 1
      try writer.execute("PRAGMA user_version = \(later)")
      await #expect { try await folder.open() } throws: { ($0 as? StoreFailure)?.kind == .newer }
      #expect(try version(folder) == later)
    }
  }
}

/// The tables of earlier versions, each derived from those of the previous one.
enum OlderVersion: Int64, CaseIterable {
  case one = 1
  case two = 2
  case three = 3
  case four = 4

  var tables: String {
    switch self {
    case .one: Self.version1
    case .two: OlderVersion.one.tables + StateSchema.upgradeFromVersion1
    case .three: OlderVersion.two.tables + StateSchema.upgradeFromVersion2
    case .four: OlderVersion.three.tables + StateSchema.upgradeFromVersion3
    }
  }

  private static let version1 = """
    CREATE TABLE stream (
      epoch INTEGER NOT NULL, origin TEXT NOT NULL, account TEXT NOT NULL,
      holder INTEGER, held_since INTEGER
    );
    CREATE TABLE event (
      sequence INTEGER PRIMARY KEY, type TEXT NOT NULL, at INTEGER NOT NULL,
      conference_sid TEXT, call_sid TEXT, line TEXT NOT NULL
    );
    CREATE INDEX event_in_conference ON event (conference_sid, sequence, type);
    CREATE INDEX event_at ON event (at);
    CREATE TABLE conference (
      sid TEXT PRIMARY KEY, friendly_name TEXT, is_over INTEGER NOT NULL,
      last_scan_start INTEGER, last_scan_end INTEGER, last_event_at INTEGER, shown_at INTEGER
    ) WITHOUT ROWID;
    CREATE TABLE person (
      conference_sid TEXT NOT NULL, call_sid TEXT NOT NULL, date_created INTEGER, date_updated INTEGER,
      joined_at INTEGER, muted_at INTEGER, held_at INTEGER, coaching_at INTEGER, record TEXT NOT NULL,
      PRIMARY KEY (conference_sid, call_sid)
    ) WITHOUT ROWID;
    CREATE TABLE doubt (
      conference_sid TEXT NOT NULL, call_sid TEXT NOT NULL, kind TEXT NOT NULL, scans INTEGER NOT NULL,
      since INTEGER NOT NULL, shown_before INTEGER, record TEXT,
      PRIMARY KEY (conference_sid, call_sid, kind)
    ) WITHOUT ROWID;
    CREATE TABLE ended_stay (
      conference_sid TEXT NOT NULL, call_sid TEXT NOT NULL, date_created INTEGER NOT NULL, ended_at INTEGER NOT NULL,
      PRIMARY KEY (conference_sid, call_sid, date_created)
    ) WITHOUT ROWID;
    CREATE TABLE target (name TEXT PRIMARY KEY, first INTEGER NOT NULL, taken INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE lane (
      target TEXT NOT NULL, conference_sid TEXT NOT NULL, done INTEGER NOT NULL,
      PRIMARY KEY (target, conference_sid)
    ) WITHOUT ROWID;
    CREATE TABLE dead_letter (
      target TEXT NOT NULL, sequence INTEGER NOT NULL, reason TEXT NOT NULL, at INTEGER NOT NULL,
      PRIMARY KEY (target, sequence)
    ) WITHOUT ROWID;
    CREATE VIEW events AS
      SELECT sequence, json_extract(line, '$.id') AS id, type,
        strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS timestamp,
        conference_sid, call_sid, json_extract(line, '$.participant_count') AS participant_count, line
      FROM event;
    CREATE VIEW room AS
      SELECT conference_sid, call_sid, json_extract(record, '$.muted') AS muted,
        json_extract(record, '$.hold') AS hold, json_extract(record, '$.coaching') AS coaching,
        coalesce(json_extract(record, '$.call_sid_to_coach'), json_extract(record, '$.coaching_call_sid'))
          AS call_sid_to_coach,
        json_extract(record, '$.status') AS status, json_extract(record, '$.label') AS label,
        strftime('%Y-%m-%dT%H:%M:%fZ', joined_at / 1000.0, 'unixepoch') AS joined_at, record
      FROM person;
    PRAGMA application_id = 0x72636C78;
    PRAGMA user_version = 1;
    """
}
