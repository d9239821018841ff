import RollcallCore

/// Whose conferences are read, and with which credentials.
struct Account: Sendable {
  let origin: SpaceOrigin
  /// The project id, which the API also calls the account sid; it has the syntax of a sid.
  let project: String
  let token: Secret
  /// Where ``token`` came from, to read it again after a refusal.
  let tokenSource: TokenSource
  /// To be logged once, if there is something.
  let warning: String?

  /// Takes each part from its option, else from the environment.
  ///
  /// - Throws: ``UsageError`` for a part that is missing or malformed; no error repeats a value.
  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    origin = try Self.origin(arguments, context)
    project = try Self.project(arguments, context)
    tokenSource = try TokenSource(arguments, context)
    (token, warning) = try tokenSource.read()
  }

  private static func origin(
    _ arguments: ParsedArguments, _ context: CommandContext
  ) throws(UsageError) -> SpaceOrigin {
    let candidates: [(SecretOrigin, String?)] = [
      (.option(.space), arguments.text(.space)), (.environment(.space), context[.space]),
      (.environment(.spaceURL), context[.spaceURL]),
    ]
    for (source, text) in candidates {
      guard let text else { continue }
      do throws(SpaceOrigin.Refusal) {
        return try SpaceOrigin(text)
      } catch {
        throw refusal(error, source)
      }
    }
    throw UsageError(
      "there is no space", right: "set SIGNALWIRE_SPACE or give --space example", exit: .configuration)
  }

  private static func refusal(_ refusal: SpaceOrigin.Refusal, _ source: SecretOrigin) -> UsageError {
    switch refusal {
    case .malformed:
      UsageError(
        "\(source.label) is no space", right: "give example, example.signalwire.com or https://host",
        exit: source.exit)
    case .insecure:
      UsageError(
        "\(source.label) would send the token unprotected",
        right: "give https://, or http:// on 127.0.0.1, localhost or [::1]", exit: .configuration)
    }
  }

  private static func project(
    _ arguments: ParsedArguments, _ context: CommandContext
  ) throws(UsageError) -> String {
    let source: SecretOrigin = arguments.has(.project) ? .option(.project) : .environment(.project)
    guard let text = arguments.text(.project) ?? context[.project] else {
      throw UsageError(
        "there is no project", right: "set SIGNALWIRE_PROJECT_ID or give --project ID", exit: .configuration)
    }
    guard SIDSyntax.accepts(text.utf8) else {
      throw .invalidSecret(source, "is no project id", right: "give 1 to 128 of A-Z a-z 0-9 : _ . -")
    }
    return text
  }
}
