import RollcallKit

extension Provider {
  /// What `--provider` says, else whose the space is, before anything of the account has been checked.
  ///
  /// - Throws: ``UsageError`` for an unknown name.
  static func meant(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) -> Provider {
    if let provider = try arguments[AccountOptions.provider] { return provider }
    let text = try arguments[AccountOptions.space].map(LineEnds.trimmed) ?? context[.space] ?? context[.spaceURL]
    return text.flatMap { try? SpaceOrigin($0) }?.owner ?? .signalWire
  }
}
