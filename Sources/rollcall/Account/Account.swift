import RollcallCore
import RollcallKit

/// The account whose conferences are read, and its credentials.
struct Account: Sendable {
  let provider: Provider
  let origin: SpaceOrigin
  /// The project id, which the API also calls the account sid; it has the syntax of a sid.
  let project: String
  let token: Secret
  /// The source of ``token``, to reload it after a refusal.
  let tokenSource: TokenSource
  /// What to log once; nil for nothing.
  let warning: String?

  /// Takes each part from its option, or else from the environment.
  ///
  /// - Throws: ``UsageError`` for a malformed part, or one that names all missing parts; no error repeats a value.
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
      if origin == nil, let error = try Self.unnamedProvider(arguments, context) { throw error }
      throw missing.error ?? UsageError("there is no account", right: "give one", exit: .configuration)
    }
    (self.provider, self.origin, self.project, tokenSource) = (provider, origin, project, source)
    (token, warning) = try source.read(pipes: .awaited())
  }

  /// The space that lists are requested from.
  var space: Space { Space(origin: origin.text, project: project, provider: provider) }

  /// Returns an error for a user who has set another provider's variables, and so means that provider.
  ///
  /// - Returns: an error that names the missing parts of that provider's account; nil if no other provider is meant.
  private static func unnamedProvider(
    _ arguments: ParsedArguments, _ context: CommandContext
  ) throws(UsageError) -> UsageError? {
    let providers = AccountVariables.providers(in: context)
    guard let provider = providers.first, providers.count == 1, provider != .signalWire else { return nil }
    var missing = MissingParts()
    missing.add("space", nil, or: nil)
    missing.add(
      "provider", nil, or: "--provider \(provider.rawValue), since variables of \(provider.dialect.name) are set")
    let variables = AccountVariables(of: provider, context)
    if try project(of: provider, variables, arguments, context) == nil {
      missing.add("project", variables.project, or: "--project ID")
    }
    if try TokenSource(variables, arguments, context) == nil {
      missing.add("API token", variables.missingToken(in: context), or: "--token-file FILE")
    }
    return missing.error
  }

  /// - Returns: nil if neither an option nor a variable has it.
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
      throw .invalidSecret(source, "is not a project id", right: form.right)
    }
    return text
  }
}

/// The variables for the parts of an account that no option names. All belong to one provider, so that no provider gets
/// the token of another.
struct AccountVariables: Hashable, Sendable {
  /// The variables of the space; the first one that is set counts. Empty if the provider has only one host.
  let space: [EnvironmentVariable]
  /// The variable of the project; nil if the provider's clients read none.
  let project: EnvironmentVariable?
  let token: EnvironmentVariable
  /// An API key, whose id and secret serve as a token.
  let key: Key?
  /// The variables that determine the name of the provider's host.
  let place: Place?

  struct Key: Hashable, Sendable {
    let id: EnvironmentVariable
    let secret: EnvironmentVariable
  }

  struct Place: Hashable, Sendable {
    let region: EnvironmentVariable
    let edge: EnvironmentVariable
  }

  private static let signalWire = AccountVariables(
    space: [.space, .spaceURL], project: .project, token: .token, key: nil, place: nil)
  private static let twilio = AccountVariables(
    space: [], project: .twilioAccount, token: .twilioToken, key: Key(id: .twilioKey, secret: .twilioSecret),
    place: Place(region: .twilioRegion, edge: .twilioEdge))
  private static let telnyx = AccountVariables(space: [], project: nil, token: .telnyxKey, key: nil, place: nil)

  private init(
    space: [EnvironmentVariable], project: EnvironmentVariable?, token: EnvironmentVariable, key: Key?, place: Place?
  ) {
    (self.space, self.project, self.token, self.key, self.place) = (space, project, token, key, place)
  }

  /// - Parameter provider: the provider according to the options; nil if they do not say.
  ///
  /// SignalWire's variables are used for a provider if none of its own is set.
  init(of provider: Provider?, _ context: CommandContext) {
    let own = Self.own(provider ?? .signalWire)
    self = own.areSet(in: context) || !Self.signalWire.areSet(in: context) ? own : .signalWire
  }

  /// Returns the providers with at least one variable set.
  static func providers(in context: CommandContext) -> [Provider] {
    Provider.allCases.filter { own($0).areSet(in: context) }
  }

  private static func own(_ provider: Provider) -> AccountVariables {
    switch provider {
    case .signalWire: .signalWire
    case .twilio: .twilio
    case .telnyx: .telnyx
    }
  }

  private func areSet(in context: CommandContext) -> Bool {
    let all = space + [project, token, key?.id, key?.secret, place?.region, place?.edge].compactMap(\.self)
    return all.contains { context[$0] != nil }
  }
}

/// The missing parts of an account, reported all at once.
struct MissingParts: Sendable {
  private struct Part: Sendable {
    let name: String
    /// The variable of the part; nil if none holds it.
    let variable: EnvironmentVariable?
    /// The option for it, with an example; nil if another part's option covers it.
    let option: String?

    var right: String? { option.map { option in (variable.map { "set \($0.rawValue) or " } ?? "") + "give \(option)" } }
  }

  private var parts: [Part] = []

  mutating func add(_ name: String, _ variable: EnvironmentVariable?, or option: String?) {
    parts.append(Part(name: name, variable: variable, option: option))
  }

  /// The error that names all missing parts; nil if nothing is missing.
  var error: UsageError? {
    guard !parts.isEmpty else { return nil }
    let wrong = "there is " + Self.list(parts.map { "no \($0.name)" })
    return UsageError(wrong, right: right, exit: .configuration)
  }

  private var right: String {
    let variables = parts.compactMap(\.variable?.rawValue)
    guard parts.count > 1, variables.count == parts.count else {
      return parts.compactMap(\.right).joined(separator: ", and ")
    }
    return "set \(Self.list(variables)), or give \(Self.list(parts.compactMap(\.option)))"
  }

  private static func list(_ items: [String]) -> String {
    let first = items.dropLast().joined(separator: ", ")
    return first.isEmpty ? items.last ?? "" : "\(first) and \(items.last ?? "")"
  }
}

extension Provider {
  /// Returns the provider named by `--provider`, or else the space's, before the account is checked.
  ///
  /// - Throws: ``UsageError`` for an unknown name.
  static func meant(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) -> Provider {
    if let provider = try arguments[AccountOptions.provider] { return provider }
    let text = try arguments[AccountOptions.space].map(LineEnds.trimmed) ?? context[.space] ?? context[.spaceURL]
    return text.flatMap { try? SpaceOrigin($0) }?.owner ?? .signalWire
  }
}

extension AddedCertificates {
  /// Reads the files of `--ca-file` and `SSL_CERT_FILE`, at the start and before the loop runs.
  ///
  /// - Parameter path: the option's value; nil if it is not given.
  /// - Throws: ``UsageError`` with ``ExitStatus/configuration``.
  static func read(_ path: String?) throws(UsageError) -> AddedCertificates? {
    do throws(Flaw) {
      return try named(path, pipes: .awaited())
    } catch {
      throw .unreadable(error.source.origin, error.path, error.problem, right: error.remedy)
    }
  }
}

extension AddedCertificates.Source {
  /// The name of the file in errors.
  var origin: SecretOrigin {
    switch self {
    case .option: .file(AccountOptions.caFile.name)
    case .environment: .environment(.certificates)
    }
  }
}
