import RollcallKit

/// Reads a file that nobody but its owner may change, up to a bound.
struct PrivateFile: Sendable {
  let bytes: [UInt8]
  /// What the user should know of the file although it was read; without its contents, without its path.
  let warning: String?

  /// - Parameters:
  ///   - path: a regular file, a link to one, or a pipe where these are accepted.
  ///   - source: what named it. Errors repeat the path too, unless it looks as if a secret were in its place.
  ///   - maximum: bytes that it may hold.
  /// - Throws: ``UsageError`` with ``ExitStatus/configuration``.
  init(path: String, from source: SecretOrigin, maximum: Int, pipes: NamedFile.Pipes) throws(UsageError) {
    let file: NamedFile
    do throws(NamedFileFailure) {
      file = try NamedFile(path, maximum: maximum, pipes: pipes)
    } catch {
      throw .unreadable(source, path, error.problem, right: error.remedy)
    }
    guard !file.isWritableByOthers else {
      throw .invalidSecret(source, "can be written by other users", right: "make it yours alone with chmod 600")
    }
    bytes = file.bytes
    warning =
      file.isReadableByOthers
      ? "\(source.label) can be read by other users; make it yours alone with chmod 600" : nil
  }
}
