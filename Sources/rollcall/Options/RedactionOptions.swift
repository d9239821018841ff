import RollcallCore
import RollcallKit

/// What events are not to show, and where the key of the tokens is that stand there instead.
struct RedactionOptions: Hashable, Sendable {
  static let fields = Option(
    "redact", .set(of: Redaction.Field.self, "FIELD,…"), help: "write tokens for some of these")
  static let keyFile = Option(
    "redact-key-file", .file, fallback: "a random one for each stream", help: "a file that holds the key of the tokens")

  let fields: Set<Redaction.Field>
  /// nil for a random key.
  let keyFile: String?

  /// - Returns: nil where nothing is redacted.
  init?(_ arguments: ParsedArguments) throws(UsageError) {
    keyFile = try arguments[Self.keyFile]
    guard let fields = try arguments[Self.fields] else {
      guard keyFile == nil else {
        throw UsageError("--redact-key-file is given without fields", right: "give --redact FIELD,… too")
      }
      return nil
    }
    self.fields = fields
  }

  /// Whether nothing is redacted but what no event has unless calls are asked for.
  var isOfCallsAlone: Bool { fields.isSubset(of: [.from, .to, .direction]) }

  /// Whether some participants have no address that people may see.
  var hidesAddresses: Bool { !fields.isDisjoint(with: [.from, .to, .direction]) }

  /// Reads the key.
  ///
  /// - Returns: what is to be redacted, and what the user should know of the file.
  /// - Throws: ``UsageError`` with ``ExitStatus/configuration``.
  func read() throws(UsageError) -> (choice: RedactionChoice, warning: String?) {
    guard let keyFile else { return (RedactionChoice(fields, key: nil), nil) }
    let file = try SecretFile(path: keyFile, option: Self.keyFile.name, pipes: .awaited())
    let key = Array(file.secret.reveal().utf8)
    guard key.count >= Redaction.minimumKeyBytes else {
      throw .invalidSecret(
        .file(Self.keyFile.name), "is too short for a key",
        right: "put at least \(Redaction.minimumKeyBytes) bytes into it, such as rollcall secret prints")
    }
    return (RedactionChoice(fields, key: key), file.warning)
  }
}
