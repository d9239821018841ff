import RollcallCore
import RollcallKit

/// What events are not to show, and where the key of the tokens is that stand there instead.
struct RedactionOptions: Hashable, Sendable {
  let fields: Set<Redaction.Field>
  /// nil for a random key.
  let keyFile: String?

  /// - Returns: nil where nothing is redacted.
  init?(_ arguments: ParsedArguments) throws(UsageError) {
    keyFile = arguments.text(.redactKeyFile)
    guard let text = arguments.text(.redact) else {
      guard keyFile == nil else {
        throw UsageError("--redact-key-file is given without fields", right: "give --redact FIELD,… too")
      }
      return nil
    }
    var fields: Set<Redaction.Field> = []
    for name in CommaList.items(of: text) { fields.insert(try Self.field(String(name))) }
    self.fields = fields
  }

  private static func field(_ name: String) throws(UsageError) -> Redaction.Field {
    if let field = Redaction.Field(rawValue: name) { return field }
    let names = Redaction.Field.allCases.map(\.rawValue)
    throw UsageError(
      "--redact \(Quotation.of(name)) is no field that can be redacted",
      right: "give some of \(names.joined(separator: ", "))")
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
    let file = try SecretFile(path: keyFile, option: .redactKeyFile, pipes: .awaited())
    let key = Array(file.secret.reveal().utf8)
    guard key.count >= Redaction.minimumKeyBytes else {
      throw .invalidSecret(
        .file(.redactKeyFile), "is too short for a key",
        right: "put at least \(Redaction.minimumKeyBytes) bytes into it, such as rollcall secret prints")
    }
    return (RedactionChoice(fields, key: key), file.warning)
  }
}
