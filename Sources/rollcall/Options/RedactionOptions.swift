import RollcallCore
import RollcallKit

/// The redacted fields of events, and the source of the key for the tokens that replace them.
struct RedactionOptions: Hashable, Sendable {
  static let fields = Option(
    "redact", .set(of: Redaction.Field.self, "FIELD,…"), help: "replace the values of these fields with tokens")
  static let keyFile = Option(
    "redact-key-file", .file, fallback: "a random one for each stream", help: "a file that holds the key for the tokens"
  )

  let fields: Set<Redaction.Field>
  /// nil for a random key.
  let keyFile: String?

  /// - Returns: nil if nothing is redacted.
  init?(_ arguments: ParsedArguments) throws(UsageError) {
    keyFile = try arguments[Self.keyFile]
    guard let fields = try arguments[Self.fields] else {
      guard keyFile == nil else {
        throw UsageError("--redact-key-file has no effect without --redact", right: "give --redact FIELD,… too")
      }
      return nil
    }
    self.fields = fields
  }

  /// Whether events have none of the redacted fields unless calls are looked up.
  var isOfCallsAlone: Bool { fields.isSubset(of: [.from, .to, .direction]) }

  /// What is wrong with choosing calls by an address that is redacted, and what would be right.
  static let addressConflict = (
    problem: "has an address, but --redact hides addresses",
    right: "give sids, or redact neither from, to nor direction"
  )

  /// Whether the addresses of some participants are redacted.
  var hidesAddresses: Bool { Self.hidesAddresses(fields) }

  /// Whether redacting these fields hides the addresses of some participants.
  static func hidesAddresses(_ fields: Set<Redaction.Field>) -> Bool {
    !fields.isDisjoint(with: [.from, .to, .direction])
  }

  /// Reads the key.
  ///
  /// - Returns: what to redact, and a warning about the file.
  /// - Throws: ``UsageError`` with ``ExitStatus/configuration``.
  func read() throws(UsageError) -> (choice: RedactionChoice, warning: String?) {
    guard let keyFile else { return (RedactionChoice(fields, key: nil), nil) }
    let (key, warning) = try RedactionKey.read(keyFile)
    return (RedactionChoice(fields, key: key), warning)
  }
}

/// The key of the tokens in a state file, for commands that select calls by their sids.
struct RedactionKey: Sendable {
  static let file = Option(
    "redact-key-file", .file, fallback: "the key in the state file", help: "a file that holds the key for the tokens")

  /// nil for the key in the state file.
  private let key: [UInt8]?

  /// Reads the key.
  ///
  /// - Throws: ``UsageError`` with ``ExitStatus/configuration``.
  init(_ path: String?, _ log: StandardError) throws(UsageError) {
    guard let path else {
      key = nil
      return
    }
    let (key, warning) = try Self.read(path)
    self.key = key
    if let warning { log.log(.warning, warning) }
  }

  /// Returns the redaction that makes the tokens of a state file; nil if a filter does not need it.
  ///
  /// - Parameter source: the source of the filter's calls, for errors.
  /// - Throws: ``UsageError`` if the key is missing, has no effect or does not match the state file.
  func redaction(
    in file: StateReader, of state: StatePath, for filter: EventFilter, from source: String
  ) throws(UsageError) -> Redaction? {
    let (isRedacted, hidesAddresses, redaction) = try tokens(in: file, of: state)
    guard !hidesAddresses || !filter.hasAddresses else {
      throw UsageError(
        "\(source) has an address, but the state file hides addresses (--redact)", right: "give sids or tokens")
    }
    guard key == nil || isRedacted else {
      throw UsageError(
        "\(Self.file.name.argument) has no effect: call_sid is not redacted in the state file", right: "leave it out")
    }
    guard key == nil || filter.namesSIDs else {
      throw UsageError("\(Self.file.name.argument) has no effect without a sid in \(source)", right: "leave it out")
    }
    guard redaction != nil || !isRedacted || !filter.namesSIDs else {
      throw UsageError(
        "the state file \(InputFile.name(state.path)) redacts call_sid and does not hold the key",
        right: "give \(Self.file.name.argument) FILE, or tokens instead of sids in \(source)")
    }
    return redaction
  }

  private func tokens(
    in file: StateReader, of state: StatePath
  ) throws(UsageError) -> (hideCalls: Bool, hideAddresses: Bool, redaction: Redaction?) {
    do throws(StoreFailure) {
      let fields = try file.redactedFields()
      return (fields.contains(.callSID), RedactionOptions.hidesAddresses(fields), try file.redaction(key: key))
    } catch {
      throw state.refusal(error)
    }
  }

  fileprivate static func read(_ path: String) throws(UsageError) -> (key: [UInt8], warning: String?) {
    let secret = try SecretFile(path: path, option: file.name, pipes: .awaited())
    let key = Array(secret.secret.reveal().utf8)
    guard key.count >= Redaction.minimumKeyBytes else {
      throw .invalidSecret(
        .file(file.name), "is too short for a key",
        right: "put at least \(Redaction.minimumKeyBytes) bytes into it, such as rollcall secret prints")
    }
    return (key, secret.warning)
  }
}
