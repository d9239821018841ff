import RollcallCore

/// The tables of a state file. They are documented, and other programs may read them while rollcall runs.
enum StateSchema {
  /// `rclx` in the file's header, which identifies a state file.
  static let applicationID: Int32 = 0x7263_6C78
  /// The version of the tables. Files of a later version are rejected.
  static let version: Int32 = 5

  /// Checks that this version can use a file.
  static func check(application: Int64, version: Int64) throws(StoreFailure) {
    guard application == applicationID, version > 0 else { throw StoreFailure(.damaged, "it is not a state file") }
    guard version <= Self.version else { throw StoreFailure(.newer, "it was written by a later version of rollcall") }
  }

  /// The settings of a connection. `synchronous` makes every commit reach the disk before it returns.
  static let connection = """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = OFF;
    PRAGMA journal_size_limit = 16777216;
    PRAGMA cache_size = -2048;
    PRAGMA temp_store = MEMORY;
    """

  /// The latest time in the stream. Scans without events leave their times only in the rooms. The query is fast: event
  /// times are indexed, and the other tables are small.
  static let lastTime = """
    SELECT max(moment) FROM (
      SELECT max(at) AS moment FROM event
      UNION ALL SELECT max(last_scan_start) FROM conference
      UNION ALL SELECT max(last_scan_end) FROM conference
      UNION ALL SELECT max(last_event_at) FROM conference
      UNION ALL SELECT max(shown_at) FROM conference
      UNION ALL SELECT max(since) FROM doubt
      UNION ALL SELECT max(shown_before) FROM doubt
      UNION ALL SELECT max(ended_at) FROM ended_stay
      UNION ALL SELECT max(asked_at) FROM discovery
    )
    """

  /// Upgrades a file from version 1 to version 2.
  static let upgradeFromVersion1 = """
    ALTER TABLE person ADD COLUMN call TEXT;
    ALTER TABLE stream ADD COLUMN redaction TEXT;
    ALTER TABLE stream ADD COLUMN redaction_key TEXT;
    CREATE TABLE past_epoch (
      last INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, redaction TEXT, redaction_key TEXT
    );
    PRAGMA user_version = 2;
    """

  /// Upgrades a file from version 2 to version 3. Until then participants with the status `completed` were never in a
  /// room, so any status in a room shows that statuses are live.
  static let upgradeFromVersion2 = """
    ALTER TABLE conference ADD COLUMN live_statuses INTEGER NOT NULL DEFAULT 0;
    UPDATE conference SET live_statuses = 1 WHERE EXISTS (
      SELECT 1 FROM person WHERE conference_sid = sid AND json_type(record, '$.status') = 'text'
        AND json_extract(record, '$.status') <> ''
    );
    ALTER TABLE ended_stay RENAME TO dated_stay;
    \(endedStays)
    INSERT INTO ended_stay SELECT conference_sid, call_sid, date_created, ended_at FROM dated_stay;
    DROP TABLE dated_stay;
    PRAGMA user_version = 3;
    """

  /// Upgrades a file from version 3 to version 4. Event lines keep their ids, whatever their epochs, and have no
  /// checksums. Call details in redacted files are looked up again, because rooms now keep the original values.
  static let upgradeFromVersion3 = """
    ALTER TABLE event ADD COLUMN checksum INTEGER;
    UPDATE person SET call = NULL WHERE (SELECT redaction FROM stream) IS NOT NULL;
    DROP TABLE past_epoch;
    \(discovery)
    PRAGMA user_version = 4;
    """

  /// Upgrades a file from version 4 to version 5, in which no alert is raised yet.
  static let upgradeFromVersion4 = """
    \(alerts)
    PRAGMA user_version = 5;
    """

  /// The raised alerts; the call sid is empty if an alert is about the conference.
  private static let alerts = """
    CREATE TABLE alert (
      conference_sid TEXT NOT NULL, alert TEXT NOT NULL, call_sid TEXT NOT NULL, since INTEGER NOT NULL,
      PRIMARY KEY (conference_sid, alert, call_sid)
    ) WITHOUT ROWID;
    """

  private static let discovery = """
    CREATE TABLE discovery (
      question TEXT PRIMARY KEY, asked_at INTEGER NOT NULL, unscanned TEXT NOT NULL
    ) WITHOUT ROWID;
    """

  /// The index replaces NULL dates with a text, because NULL is distinct from itself in an index.
  private static let endedStays = """
    CREATE TABLE ended_stay (
      conference_sid TEXT NOT NULL, call_sid TEXT NOT NULL, date_created INTEGER, ended_at INTEGER NOT NULL
    );
    CREATE UNIQUE INDEX ended_stay_once ON ended_stay (conference_sid, call_sid, ifnull(date_created, 'none'));
    """

  /// Times are in milliseconds since 1970, the provider's dates in seconds.
  static let tables = """
    CREATE TABLE stream (
      epoch INTEGER NOT NULL, origin TEXT NOT NULL, account TEXT NOT NULL,
      holder INTEGER, held_since INTEGER, redaction TEXT, redaction_key TEXT
    );
    CREATE TABLE event (
      sequence INTEGER PRIMARY KEY, type TEXT NOT NULL, at INTEGER NOT NULL,
      conference_sid TEXT, call_sid TEXT, line TEXT NOT NULL, checksum INTEGER
    );
    CREATE INDEX event_in_conference ON event (conference_sid, sequence, type);
    CREATE INDEX event_at ON event (at);
    CREATE TABLE conference (
      sid TEXT PRIMARY KEY, friendly_name TEXT, is_over INTEGER NOT NULL,
      last_scan_start INTEGER, last_scan_end INTEGER, last_event_at INTEGER, shown_at INTEGER,
      live_statuses INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE TABLE person (
      conference_sid TEXT NOT NULL, call_sid TEXT NOT NULL, date_created INTEGER, date_updated INTEGER,
      joined_at INTEGER, muted_at INTEGER, held_at INTEGER, coaching_at INTEGER, record TEXT NOT NULL,
      call TEXT, PRIMARY KEY (conference_sid, call_sid)
    ) WITHOUT ROWID;
    CREATE TABLE doubt (
      conference_sid TEXT NOT NULL, call_sid TEXT NOT NULL, kind TEXT NOT NULL, scans INTEGER NOT NULL,
      since INTEGER NOT NULL, shown_before INTEGER, record TEXT,
      PRIMARY KEY (conference_sid, call_sid, kind)
    ) WITHOUT ROWID;
    \(endedStays)
    \(discovery)
    \(alerts)
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
    PRAGMA application_id = \(applicationID);
    PRAGMA user_version = \(version);
    """
}
