import RollcallKit

extension AddedCertificates {
  /// Reads the file of `--ca-file`, at the start and before the loop runs.
  ///
  /// - Parameter path: nil where the option is not given.
  /// - Throws: ``UsageError`` with ``ExitStatus/configuration``.
  static func read(_ path: String?) throws(UsageError) -> AddedCertificates? {
    guard let path else { return nil }
    do throws(Flaw) {
      return try AddedCertificates(path: path, pipes: .awaited())
    } catch {
      throw .unreadable(.file(.caFile), path, error.problem, right: error.remedy)
    }
  }
}
