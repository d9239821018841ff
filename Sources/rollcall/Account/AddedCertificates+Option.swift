import RollcallKit

extension AddedCertificates {
  /// Reads the files of `--ca-file` and `SSL_CERT_FILE`, at the start and before the loop runs.
  ///
  /// - Parameter path: nil where the option is not given.
  /// - Throws: ``UsageError`` with ``ExitStatus/configuration``.
  static func read(_ path: String?) throws(UsageError) -> AddedCertificates? {
    do throws(Flaw) {
      return try named(path, pipes: .awaited())
    } catch {
      throw .unreadable(error.source.origin, error.path, error.problem, right: error.remedy)
    }
  }
}

extension AddedCertificates.Source {
  /// What errors call the file.
  var origin: SecretOrigin {
    switch self {
    case .option: .file(AccountOptions.caFile.name)
    case .environment: .environment(.certificates)
    }
  }
}
