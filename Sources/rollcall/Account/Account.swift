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
      if origin == nil, let error = try Self.unnamedProvider(arguments, context) { throw error }
      throw missing.error ?? UsageError("there is no account", right: "give one", exit: .configuration)
    }
    (self.provider, self.origin, self.project, tokenSource) = (provider, origin, project, source)
    (token, warning) = try source.read(pipes: .awaited())
  }

  /// Where lists are asked for.
  var space: Space { Space(origin: origin.text, project: project, provider: provider) }

  /// Who has set the variables of another provider than SignalWire means that one.
  ///
  /// - Returns: an error that names what that provider's account still lacks; nil where no such provider is meant.
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

/// The variables that the parts of an account are taken from, where no option names them: one provider's, and never some of
/// another's, so that no provider gets the token of another.
struct AccountVariables: Hashable, Sendable {
  /// Where the space may stand, the first that is set counts; empty where the provider has one host, or builds its name.
  let space: [EnvironmentVariable]
  /// nil where the provider's clients read none.
  let project: EnvironmentVariable?
  let token: EnvironmentVariable
  /// An API key, whose id and secret are as good as a token.
  let key: Key?
  /// What the name of the provider's host is made of.
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

  /// - Parameter provider: as far as the options say; nil where they do not.
  ///
  /// SignalWire's variables serve for a provider of whose own none is set.
  init(of provider: Provider?, _ context: CommandContext) {
    let own = Self.own(provider ?? .signalWire)
    self = own.areSet(in: context) || !Self.signalWire.areSet(in: context) ? own : .signalWire
  }

  /// The providers of which some variable is set.
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

/// What an account lacks, told all at once.
struct MissingParts: Sendable {
  private struct Part: Sendable {
    let name: String
    /// nil where no variable holds it.
    let variable: EnvironmentVariable?
    /// The option that gives it, with an example; nil where another part gives it too.
    let option: String?

    var right: String? { option.map { option in (variable.map { "set \($0.rawValue) or " } ?? "") + "give \(option)" } }
  }

  private var parts: [Part] = []

  mutating func add(_ name: String, _ variable: EnvironmentVariable?, or option: String?) {
    parts.append(Part(name: name, variable: variable, option: option))
  }

  /// nil where nothing is missing.
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
  /// What `--provider` says, else whose the space is, before anything of the account has been checked.
  ///
  /// - Throws: ``UsageError`` for a name that is none.
  static func meant(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) -> Provider {
    if let provider = try arguments[AccountOptions.provider] { return provider }
    let text = try arguments[AccountOptions.space].map(LineEnds.trimmed) ?? context[.space] ?? context[.spaceURL]
    return text.flatMap { try? SpaceOrigin($0) }?.owner ?? .signalWire
  }
}

extension AddedCertificates {
  /// Reads the files of `--ca-file` and `SSL_CERT_FILE`, at the start and before the loop runs.
  ///
  /// - Parameter path: nil where the option is not given.
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
  /// What errors call the file.
  var origin: SecretOrigin {
    switch self {
    case .option: .file(AccountOptions.caFile.name)
    case .environment: .environment(.certificates)
    }
  }
}
