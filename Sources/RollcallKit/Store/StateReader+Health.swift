package import RollcallCore

extension StateReader {
  /// Looks through the file, unless it is so large that a watch would not either.
  ///
  /// - Throws: ``StoreFailure`` with ``StoreFailure/Kind/damaged`` where something is wrong in it.
  package func checkHealth() throws(StoreFailure) { try StateOpening.check(database) }
}
