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
  /// - Throws: ``UsageError`` for a part that is malformed, or that names all that is missing; no error repeats a value.
  init(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    let named = try arguments[AccountOptions.provider]
    let given = try arguments[AccountOptions.space]
    let hint = named ?? given.flatMap { try? SpaceOrigin(LineEnds.trimmed($0)) }?.owner
    let variables = AccountVariables(of: hint, context)
    var missing = MissingParts()
    let origin = try SpaceOrigin(of: hint, named: named, variables, arguments, context)
    if origin == nil { missing.add("space", .space, or: "--space example") }
    let provider = named ?? origin?.owner ?? .signalWire
    let project = try Self.project(of: provider, variables, arguments, context)
    if project == nil { missing.add("project", variables.project, or: "--project ID") }
    let source = try TokenSource(variables, arguments, context)
    if source == nil {
      missing.add("API token", variables.missingToken(in: context), or: "--token-file FILE")
    }
    guard let origin, let project, let source else {
      if origin == nil, let error = Self.unnamedProvider(context) { throw error }
      throw missing.error ?? UsageError("there is no account", right: "give one", exit: .configuration)
    }
    (self.provider, self.origin, self.project, tokenSource) = (provider, origin, project, source)
    (token, warning) = try source.read(pipes: .awaited())
  }

  /// Where lists are asked for.
  var space: Space { Space(origin: origin.text, project: project, provider: provider) }

  /// Who has set the variables of another provider than SignalWire means that one.
  private static func unnamedProvider(_ context: CommandContext) -> UsageError? {
    let providers = AccountVariables.providers(in: context)
    guard let provider = providers.first, providers.count == 1, provider != .signalWire else { return nil }
    return UsageError(
      "there is no space and no provider",
      right: "give --provider \(provider.rawValue), since variables of \(provider.dialect.name) are set",
      exit: .configuration)
  }

  /// - Returns: nil where neither an option nor a variable has it.
  private static func project(
    of provider: Provider, _ variables: AccountVariables, _ arguments: ParsedArguments, _ context: CommandContext
  ) throws(UsageError) -> String? {
    let text: String
    let source: SecretOrigin
    if let given = try arguments[AccountOptions.project] {
      (text, source) = (LineEnds.trimmed(given), .option(AccountOptions.project.name))
    } else if let variable = variables.project, let given = context[variable] {
      (text, source) = (given, .environment(variable))
    } else {
      return nil
    }
    guard !SecretText.isQuoted(text) else { throw .quoted(source) }
    let form = provider.dialect.accountForm
    guard SIDSyntax.accepts(text.utf8), form.accepts(text) else {
      throw .invalidSecret(source, "is no project id", right: form.right)
    }
    return text
  }
}
