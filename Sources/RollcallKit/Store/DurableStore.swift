package import RollcallCore

/// A store that lasts beyond the run that writes it.
package protocol DurableStore: EventStore {
  /// Removes some of the events that are older than a moment and that no target of this run waits for.
  ///
  /// - Returns: whether there are more.
  func forget(before moment: Timestamp) async throws(StoreFailure) -> Bool

  /// Where anything is redacted, removes what the store no longer has from its log too.
  func scrub() async throws(StoreFailure)

  /// Looks whether what the store was opened by still leads to it.
  ///
  /// - Throws: ``StoreFailure`` the first time that it does not; nothing more is committed then.
  func checkPlace() async throws(StoreFailure)

  /// Writes what is left to write, for the next run.
  ///
  /// - Parameter end: how long a full disk or another program's lock is waited for.
  func close(until end: BootInstant) async throws(StoreFailure)
}

extension SQLiteStore: DurableStore {}
