import RollcallCore

/// What is known of how the streams of a state file were redacted.
enum RedactionHistory {
  private static let query = """
    SELECT redaction, redaction_key, 1 FROM stream
    UNION ALL SELECT redaction, redaction_key, last >= coalesce((SELECT min(sequence) FROM event), 0) FROM past_epoch
    """

  /// - Parameter current: of the stream that is being written, whose key may be in a file of its own; earlier streams may
  ///   have had the same.
  static func read(
    _ database: SQLiteDatabase, current: Redaction? = nil
  ) throws(StoreFailure) -> KnownRedactions {
    var redactions: [Redaction] = []
    var (hideAccount, areIncomplete) = (false, false)
    let statement = try database.prepare(query)
    while try statement.next() {
      guard let fingerprint = statement.text(0) else { continue }
      let fields = Redaction.fields(ofFingerprint: fingerprint)
      hideAccount = hideAccount || fields.contains(.accountSID)
      let kept = statement.bytes(1).map { Redaction(fields, key: $0) }
      if let known = [kept, current?.of(fields)].compactMap(\.self).first(where: { $0.fingerprint == fingerprint }) {
        redactions.append(known)
      } else if fields.contains(.callSID), statement.flag(2) {
        areIncomplete = true
      }
    }
    return KnownRedactions(redactions, hideAccount: hideAccount, areIncomplete: areIncomplete)
  }
}
