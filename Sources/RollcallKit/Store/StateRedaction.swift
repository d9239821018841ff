package import RollcallCore

/// The redaction of the events in a state file. Like the account, it cannot change: consumers identify people by their
/// tokens, which depend on the fields and the key.
struct StateRedaction {
  private let choice: RedactionChoice?
  /// The fingerprint in the file; nil if nothing is redacted.
  private let found: String?
  private let savedKey: [UInt8]?
  /// Whether the file has no events yet, so that the redaction can still be chosen.
  private let isOpen: Bool

  /// Reads a file without changing it.
  ///
  /// - Parameter version: the version of the file's tables.
  /// - Throws: ``StoreFailure`` if the file uses another redaction.
  init(_ database: SQLiteDatabase, version: Int64, _ choice: RedactionChoice?) throws(StoreFailure) {
    self.choice = choice
    (found, savedKey) = try Self.saved(database, version: version)
    isOpen = try database.integer("SELECT 1 FROM event UNION ALL SELECT 1 FROM conference LIMIT 1") == nil
    guard isOpen || isAsBefore else { throw refusal }
  }

  private var isAsBefore: Bool {
    guard let choice else { return found == nil }
    // Without a key, the file cannot have been redacted with a key of its own.
    guard let key = choice.key ?? savedKey else { return false }
    return Redaction(choice.fields, key: key).fingerprint == found
  }

  /// Fixes the redaction from now on, within the caller's transaction.
  func settle(_ database: SQLiteDatabase) throws(StoreFailure) -> Redaction? {
    let key = choice?.key ?? savedKey ?? Array(Hex.encode(RandomKey.bytes()).utf8)
    let redaction = choice.map { Redaction($0.fields, key: key) }
    guard redaction?.fingerprint != found else { return redaction }
    // A key that comes from a file is not copied into the state file.
    let ownKey = choice != nil && choice?.key == nil ? String(decoding: key, as: UTF8.self) : nil
    let update = try database.prepare("UPDATE stream SET redaction = ?, redaction_key = ?")
    try update.begin().bind(redaction?.fingerprint).bind(ownKey).run()
    return redaction
  }

  /// Returns the fingerprint of a file's redaction, and the key if the file has it.
  static func saved(
    _ database: SQLiteDatabase, version: Int64
  ) throws(StoreFailure) -> (fingerprint: String?, key: [UInt8]?) {
    // Before version 2 nothing was redacted.
    guard version > 1 else { return (nil, nil) }
    let stream = try database.prepare("SELECT redaction, redaction_key FROM stream")
    guard try stream.next() else { throw StoreFailure(.damaged, "it does not say which account it belongs to") }
    defer { stream.begin() }
    return (stream.text(0), stream.bytes(1))
  }

  private var refusal: StoreFailure {
    let (before, now) = (found.map(Redaction.fields(ofFingerprint:)) ?? [], choice?.fields ?? [])
    guard before != now else {
      return StoreFailure(.otherRedaction, "its events redact \(Self.list(before)) with another key")
    }
    return StoreFailure(
      .otherRedaction, "its events redact \(Self.list(before)), but this run redacts \(Self.list(now))")
  }

  private static func list(_ fields: Set<Redaction.Field>) -> String {
    fields.isEmpty ? "nothing" : fields.map(\.rawValue).sorted().joined(separator: ",")
  }
}

/// The requested redaction. A stream without a key gets one.
package struct RedactionChoice: Sendable {
  package let fields: Set<Redaction.Field>
  /// nil for a random key, which a state file keeps for the stream.
  package let key: [UInt8]?

  package init(_ fields: Set<Redaction.Field>, key: [UInt8]?) {
    self.fields = fields
    self.key = key
  }

  /// Returns the redaction of a stream in memory.
  package func redaction() -> Redaction { Redaction(fields, key: key ?? RandomKey.bytes()) }
}
