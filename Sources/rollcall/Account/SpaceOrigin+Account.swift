import RollcallKit

extension SpaceOrigin {
  /// The space of an account: that of the option, else of the variables, else the provider's only host.
  ///
  /// - Parameters:
  ///   - hint: the provider as far as options say.
  ///   - named: what `--provider` says.
  /// - Returns: nil where there is none.
  /// - Throws: ``UsageError`` for a space that is malformed, or does not fit the provider.
  init?(
    of hint: Provider?, named: Provider?, _ variables: AccountVariables, _ arguments: ParsedArguments,
    _ context: CommandContext
  ) throws(UsageError) {
    if let text = try arguments[AccountOptions.space] {
      try Self.refusePlace(variables, context)
      try self.init(LineEnds.trimmed(text), from: .option(AccountOptions.space.name), fits: named)
    } else if let variable = variables.space.first(where: { context[$0] != nil }), let text = context[variable] {
      try self.init(text, from: .environment(variable), fits: named)
    } else if let place = variables.place, place.isSet(in: context) {
      try self.init(TwilioHost(place, context).origin, from: .environment(place.region), fits: named)
    } else if let usual = hint?.dialect.origin {
      try self.init(usual, from: .option(AccountOptions.provider.name), fits: named)
    } else {
      return nil
    }
  }

  private init(_ text: String, from source: SecretOrigin, fits provider: Provider?) throws(UsageError) {
    guard !SecretText.isQuoted(text) else { throw .quoted(source) }
    do throws(Refusal) {
      self = try SpaceOrigin(text)
    } catch {
      throw Self.usage(error, source)
    }
    try check(source, fits: provider)
  }

  /// A region and an edge are a host, and so is a space.
  private static func refusePlace(_ variables: AccountVariables, _ context: CommandContext) throws(UsageError) {
    guard let place = variables.place, place.isSet(in: context) else { return }
    let set = [place.region, place.edge].filter { context[$0] != nil }.map(\.rawValue)
    let (them, verb) = (set.joined(separator: " and "), set.count == 1 ? "contradicts" : "contradict")
    throw UsageError(
      "\(them) \(verb) --space", right: "unset \(set.count == 1 ? "it" : "them"), or leave --space out",
      exit: .configuration)
  }

  /// A host that is somebody's speaks that provider's API only. Any other may speak each of them.
  private func check(_ source: SecretOrigin, fits provider: Provider?) throws(UsageError) {
    guard let provider, let owner, owner != provider else { return }
    let usual = provider.dialect.origin.map { "leave the space out, which is \($0) then" } ?? "give a space of it"
    throw UsageError(
      "\(source.label) is of \(owner.dialect.name) and does not fit --provider \(provider.rawValue)",
      right: "\(usual), or give --provider \(owner.rawValue)", exit: .configuration)
  }

  private static func usage(_ refusal: Refusal, _ source: SecretOrigin) -> UsageError {
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
}

extension AccountVariables.Place {
  func isSet(in context: CommandContext) -> Bool { context[region] != nil || context[edge] != nil }
}

/// Twilio's host of a region and an edge. Source: twilio.com/docs/global-infrastructure, and its own clients, which take
/// the region us1 where only an edge is given.
private struct TwilioHost {
  private static let usualRegion = "us1"

  let origin: String

  /// - Throws: ``UsageError`` where one of the variables holds no label of a host.
  init(_ place: AccountVariables.Place, _ context: CommandContext) throws(UsageError) {
    let edge = try Self.label(place.edge, like: "dublin", context)
    let region = try Self.label(place.region, like: "ie1", context) ?? Self.usualRegion
    origin = "https://" + (["api", edge, region].compactMap(\.self) + ["twilio.com"]).joined(separator: ".")
  }

  private static func label(
    _ variable: EnvironmentVariable, like example: String, _ context: CommandContext
  ) throws(UsageError) -> String? {
    guard let text = context[variable] else { return nil }
    guard !SecretText.isQuoted(text) else { throw .quoted(.environment(variable)) }
    guard Authority.isName(text), !text.utf8.contains(UInt8(ascii: ".")) else {
      throw .invalidSecret(.environment(variable), "is no part of a host's name", right: "set it to such as \(example)")
    }
    return text.lowercased()
  }
}
