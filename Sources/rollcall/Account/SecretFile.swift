import RollcallCore
import RollcallKit

/// Reads a small file that holds one secret.
struct SecretFile: Sendable {
  /// Bytes that such a file may hold.
  static let maximumBytes = 64 << 10

  let secret: Secret
  /// What the user should know of the file although it was read; without the secret, without the path.
  let warning: String?

  /// - Parameters:
  ///   - path: a regular file, a link to one, or a pipe where these are accepted.
  ///   - option: the option that named it.
  /// - Throws: ``UsageError`` with ``ExitStatus/configuration``.
  init(path: String, option: OptionName, pipes: NamedFile.Pipes) throws(UsageError) {
    try self.init(path: path, from: .file(option), pipes: pipes)
  }

  /// - Parameters:
  ///   - path: a regular file, a link to one, or a pipe where these are accepted.
  ///   - source: what named it.
  /// - Throws: ``UsageError`` with ``ExitStatus/configuration``.
  init(path: String, from source: SecretOrigin, pipes: NamedFile.Pipes) throws(UsageError) {
    let file = try PrivateFile(path: path, from: source, maximum: Self.maximumBytes, pipes: pipes)
    do throws(SecretText.Flaw) {
      secret = Secret(try SecretText.read(file.bytes))
    } catch {
      throw .unusable(source, error)
    }
    warning = file.warning
  }
}
