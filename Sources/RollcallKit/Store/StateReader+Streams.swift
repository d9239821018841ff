package import RollcallCore

/// The streams that a state file holds, one after the other.
extension StateReader {
  /// Where the event with an id is, if it is still there.
  ///
  /// - Parameter sequence: the number in the id, which each stream has begun with 1.
  package func place(ofID id: String, sequence: UInt64) throws(StoreFailure) -> UInt64? {
    for place in try streams()?.places(of: sequence) ?? [sequence] where try event(place)?.id == id { return place }
    return nil
  }

  /// What the events of the stream that was written last do not show.
  package func redactedFields() throws(StoreFailure) -> Set<Redaction.Field> {
    guard version > 1 else { return [] }
    let statement = try database.prepare("SELECT redaction FROM stream")
    guard try statement.next() else { return [] }
    return Redaction.fields(ofFingerprint: statement.text(0) ?? "")
  }

  /// What the streams of the file redact, as far as their keys are in it.
  package func redactions() throws(StoreFailure) -> KnownRedactions {
    version > 1 ? try RedactionHistory.read(database) : KnownRedactions()
  }

  /// The place of the first event of the stream that was written last.
  package func firstPlace() throws(StoreFailure) -> UInt64 { (try streams()?.base ?? 0) + 1 }

  /// nil where a file of version 1 can hold only one.
  private func streams() throws(StoreFailure) -> StreamEpochs? { version > 1 ? try StreamEpochs(database) : nil }
}
