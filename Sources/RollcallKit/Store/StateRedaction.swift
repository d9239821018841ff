package import RollcallCore

/// What the events of a state file redact. It belongs to the file as its account does: consumers know people by their tokens,
/// which other fields or another key would change.
struct StateRedaction {
  private let choice: RedactionChoice?
  /// What the file says; nil where its events show everything.
  private let found: String?
  private let keptKey: [UInt8]?
  /// Whether nothing was told yet, so that it may still be settled.
  private let isOpen: Bool

  /// Looks at a file without changing it.
  ///
  /// - Parameter version: of the file's tables.
  /// - Throws: ``StoreFailure`` where the file redacts something else.
  init(_ database: SQLiteDatabase, version: Int64, _ choice: RedactionChoice?) throws(StoreFailure) {
    self.choice = choice
    (found, keptKey) = try Self.kept(database, version: version)
    isOpen = try database.integer("SELECT 1 FROM event UNION ALL SELECT 1 FROM conference LIMIT 1") == nil
    guard isOpen || isAsBefore else { throw refusal }
  }

  private var isAsBefore: Bool {
    guard let choice else { return found == nil }
    // A file without a key never made tokens with one of its own.
    guard let key = choice.key ?? keptKey else { return false }
    return Redaction(choice.fields, key: key).fingerprint == found
  }

  /// Settles what is redacted from now on, in a transaction of the caller's.
  func settle(_ database: SQLiteDatabase) throws(StoreFailure) -> Redaction? {
    let key = choice?.key ?? keptKey ?? Array(Hex.encode(RandomKey.bytes()).utf8)
    let redaction = choice.map { Redaction($0.fields, key: key) }
    guard redaction?.fingerprint != found else { return redaction }
    // A key from a file stays there alone.
    let ownKey = choice != nil && choice?.key == nil ? String(decoding: key, as: UTF8.self) : nil
    let note = try database.prepare("UPDATE stream SET redaction = ?, redaction_key = ?")
    try note.begin().bind(redaction?.fingerprint).bind(ownKey).run()
    return redaction
  }

  /// What a file redacts, and the key, where it has it.
  static func kept(
    _ database: SQLiteDatabase, version: Int64
  ) throws(StoreFailure) -> (fingerprint: String?, key: [UInt8]?) {
    // Before version 2 nothing was redacted.
    guard version > 1 else { return (nil, nil) }
    let stream = try database.prepare("SELECT redaction, redaction_key FROM stream")
    guard try stream.next() else { throw StoreFailure(.damaged, "it says nothing of whose it is") }
    defer { stream.begin() }
    return (stream.text(0), stream.bytes(1))
  }

  private var refusal: StoreFailure {
    let (before, now) = (found.map(Redaction.fields(ofFingerprint:)) ?? [], choice?.fields ?? [])
    guard before != now else {
      return StoreFailure(.otherRedaction, "its events redact \(Self.list(before)) with another key")
    }
    return StoreFailure(.otherRedaction, "its events redact \(Self.list(before)), and this run \(Self.list(now))")
  }

  private static func list(_ fields: Set<Redaction.Field>) -> String {
    fields.isEmpty ? "nothing" : fields.map(\.rawValue).sorted().joined(separator: ",")
  }
}

/// What somebody wants redacted; a stream that has no key yet gets one.
package struct RedactionChoice: Sendable {
  package let fields: Set<Redaction.Field>
  /// nil for a random one, which a state file keeps for the stream.
  package let key: [UInt8]?

  package init(_ fields: Set<Redaction.Field>, key: [UInt8]?) {
    self.fields = fields
    self.key = key
  }

  /// For a stream that lives in memory.
  package func redaction() -> Redaction { Redaction(fields, key: key ?? RandomKey.bytes()) }
}
