import RollcallCore
import RollcallKit

/// Where the API token is read, at the start and again when it is refused.
enum TokenSource: Hashable, Sendable {
  case file(String)
  case environment(EnvironmentVariable, Secret)

  /// The option counts more than the variable.
  ///
  /// - Throws: ``UsageError`` where there is neither.
  init(
    _ variables: AccountVariables, _ arguments: ParsedArguments, _ context: CommandContext
  ) throws(UsageError) {
    if let path = arguments.text(.tokenFile) {
      self = .file(path)
    } else if let token = context[variables.token] {
      self = .environment(variables.token, Secret(token))
    } else {
      throw UsageError(
        "there is no API token", right: "set \(variables.token.rawValue) or give --token-file FILE",
        exit: .configuration)
    }
  }

  /// The token as it is now, and what the user should know of its file.
  ///
  /// - Throws: ``UsageError`` with ``ExitStatus/configuration``.
  func read(pipes: NamedFile.Pipes) throws(UsageError) -> (token: Secret, warning: String?) {
    switch self {
    case .file(let path):
      let file = try SecretFile(path: path, option: .tokenFile, pipes: pipes)
      return (file.secret, file.warning)
    case .environment(let variable, let secret):
      guard let text = SecretText.trimmed(Array(secret.reveal().utf8)), !text.isEmpty else {
        throw .invalidSecret(
          .environment(variable), "holds no single line of text", right: "set it to the API token alone")
      }
      return (Secret(text), nil)
    }
  }
}
