import RollcallCore
import RollcallKit

/// Whose conferences are read, and with which credentials.
struct Account: Sendable {
  let provider: Provider
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
    let named = try Provider.named(arguments)
    origin = try Self.origin(of: named, arguments, context)
    provider = named ?? origin.owner ?? .signalWire
    let variables = AccountVariables(of: provider, context)
    project = try Self.project(of: provider, variables, arguments, context)
    tokenSource = try TokenSource(variables, arguments, context)
    (token, warning) = try tokenSource.read(pipes: .awaited())
  }

  /// Where lists are asked for.
  var space: Space { Space(origin: origin.text, project: project, provider: provider) }

  private static func origin(
    of provider: Provider?, _ arguments: ParsedArguments, _ context: CommandContext
  ) throws(UsageError) -> SpaceOrigin {
    let candidates: [(SecretOrigin, String?)] = [
      (.option(.space), arguments.text(.space)), (.environment(.space), context[.space]),
      (.environment(.spaceURL), context[.spaceURL]),
    ]
    for (source, text) in candidates {
      guard let text else { continue }
      let origin: SpaceOrigin
      do throws(SpaceOrigin.Refusal) {
        origin = try SpaceOrigin(text)
      } catch {
        throw refusal(error, source)
      }
      try check(origin, from: source, fits: provider)
      return origin
    }
    if let usual = provider?.dialect.origin, let origin = try? SpaceOrigin(usual) { return origin }
    throw UsageError(
      "there is no space", right: "set SIGNALWIRE_SPACE or give --space example", exit: .configuration)
  }

  /// A host that is somebody's speaks that provider's API only. Any other may speak each of them.
  private static func check(
    _ origin: SpaceOrigin, from source: SecretOrigin, fits provider: Provider?
  ) throws(UsageError) {
    guard let provider, let owner = origin.owner, owner != provider else { return }
    let usual = provider.dialect.origin.map { "leave the space out, which is \($0) then" } ?? "give a space of it"
    throw UsageError(
      "\(source.label) is of \(owner.dialect.name) and does not fit --provider \(provider.rawValue)",
      right: "\(usual), or give --provider \(owner.rawValue)", exit: .configuration)
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
    of provider: Provider, _ variables: AccountVariables, _ arguments: ParsedArguments, _ context: CommandContext
  ) throws(UsageError) -> String {
    let text: String
    let source: SecretOrigin
    if let given = arguments.text(.project) {
      (text, source) = (given, .option(.project))
    } else if let variable = variables.project, let given = context[variable] {
      (text, source) = (given, .environment(variable))
    } else {
      let right = variables.project.map { "set \($0.rawValue) or give --project ID" } ?? "give --project ID"
      throw UsageError("there is no project", right: right, exit: .configuration)
    }
    let form = provider.dialect.accountForm
    guard SIDSyntax.accepts(text.utf8), form.accepts(text) else {
      throw .invalidSecret(source, "is no project id", right: form.right)
    }
    return text
  }
}
