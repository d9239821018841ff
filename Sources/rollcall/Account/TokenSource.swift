import RollcallCore
import RollcallKit
import Synchronization

/// The source of the API token, read at the start and again when the token is refused.
enum TokenSource: Hashable, Sendable {
  case file(String)
  case environment(EnvironmentVariable, Secret)

  /// The option takes precedence over variables, and a complete API key over a token, as in Twilio's own clients.
  ///
  /// - Returns: nil if there is neither.
  /// - Throws: ``UsageError`` for an invalid key.
  init?(
    _ variables: AccountVariables, _ arguments: ParsedArguments, _ context: CommandContext
  ) throws(UsageError) {
    if let path = try arguments[AccountOptions.tokenFile] {
      self = .file(path)
    } else if let key = variables.key, let id = context[key.id], let secret = context[key.secret] {
      self = .environment(key.secret, Secret("\(try Self.keyID(id, key.id)):\(try Self.text(secret, key.secret))"))
    } else if let token = context[variables.token] {
      self = .environment(variables.token, Secret(token))
    } else {
      return nil
    }
  }

  /// Returns the current token, and a warning about its file.
  ///
  /// - Throws: ``UsageError`` with ``ExitStatus/configuration``.
  func read(pipes: NamedFile.Pipes) throws(UsageError) -> (token: Secret, warning: String?) {
    switch self {
    case .file(let path):
      let file = try SecretFile(path: path, option: AccountOptions.tokenFile.name, pipes: pipes)
      return (file.secret, file.warning)
    case .environment(let variable, let secret):
      return (Secret(try Self.text(secret.reveal(), variable)), nil)
    }
  }

  /// Returns a function that returns whether the token's file has been replaced or written since its last call.
  func changes() -> @Sendable () -> Bool {
    guard case .file(let path) = self else { return { false } }
    let last = Last(FileStamp(path))
    return { last.differs(from: FileStamp(path)) }
  }

  /// The file as it was last seen.
  private final class Last: Sendable {
    private let stamp: Mutex<FileStamp?>

    init(_ stamp: FileStamp?) { self.stamp = Mutex(stamp) }

    func differs(from now: FileStamp?) -> Bool {
      stamp.withLock { stamp in
        // A missing file is about to be replaced.
        guard let now, now != stamp else { return false }
        stamp = now
        return true
      }
    }
  }

  private static func text(_ text: String, _ variable: EnvironmentVariable) throws(UsageError) -> String {
    do throws(SecretText.Flaw) {
      return try SecretText.read(Array(text.utf8))
    } catch {
      throw .unusable(.environment(variable), error)
    }
  }

  private static func keyID(_ text: String, _ variable: EnvironmentVariable) throws(UsageError) -> String {
    let id = try Self.text(text, variable)
    guard id.hasPrefix("SK"), SIDSyntax.accepts(id.utf8), !id.utf8.contains(UInt8(ascii: ":")) else {
      throw .invalidSecret(.environment(variable), "is not an API key", right: "set it to the key's sid, SK…")
    }
    return id
  }
}

extension AccountVariables {
  /// Returns the missing variable of the token: the other half of a key if only one half is set.
  func missingToken(in context: CommandContext) -> EnvironmentVariable {
    guard let key else { return token }
    switch (context[key.id], context[key.secret]) {
    case (.some, nil): return key.secret
    case (nil, .some): return key.id
    case (nil, nil), (.some, .some): return token
    }
  }
}
