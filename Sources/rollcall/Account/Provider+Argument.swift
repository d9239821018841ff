import RollcallKit

extension Provider {
  /// What `--provider` says; nil where it is not given.
  ///
  /// - Throws: ``UsageError`` for a name that is none.
  static func named(_ arguments: ParsedArguments) throws(UsageError) -> Provider? {
    guard let name = arguments.text(.provider) else { return nil }
    guard let provider = Provider(rawValue: name.lowercased()) else {
      let names = allCases.map(\.rawValue)
      throw UsageError(
        "there is no provider \(Quotation.of(name))",
        right: NearestName.of(name, among: names).map { "the nearest is \($0)" }
          ?? "there are \(names.joined(separator: ", "))")
    }
    return provider
  }

  /// What `--provider` says, else whose the space is, before anything of the account has been checked.
  ///
  /// - Throws: ``UsageError`` for a name that is none.
  static func meant(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) -> Provider {
    if let provider = try named(arguments) { return provider }
    let text = arguments.text(.space).map(LineEnds.trimmed) ?? context[.space] ?? context[.spaceURL]
    return text.flatMap { try? SpaceOrigin($0) }?.owner ?? .signalWire
  }
}
