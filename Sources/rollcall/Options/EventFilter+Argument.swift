import RollcallCore

extension EventFilter {
  /// - Parameters:
  ///   - text: globs with commas between them, such as `participant.*,!participant.updated`.
  ///   - source: where they were given.
  /// - Throws: ``UsageError`` where one is empty or matches no type of event, or all of them let nothing through.
  init(argument text: String, of source: SecretOrigin = .option(.events)) throws(UsageError) {
    let example = "'participant.*' or '!watch.*'"
    guard let filter = EventFilter(text) else {
      throw .invalidSecret(source, "has an empty glob", right: "give such as \(example)")
    }
    if let item = filter.firstItem(matchingNoneOf: EventTypeNames.all) { throw Self.refusal(item, source) }
    guard !filter.types.isEmpty else {
      throw UsageError(
        "\(source.naming(text)) lets no event through", right: "give such as \(example)", exit: source.exit)
    }
    self = filter
  }

  /// Somebody who writes `joined` means the type whose last word that is.
  private static func nearestType(to glob: String) -> String? {
    guard !glob.contains(".") else { return NearestName.of(glob, among: EventTypeNames.all) }
    let lastWords = EventTypeNames.all.map { name in name.split(separator: ".").last.map(String.init) ?? name }
    guard let word = NearestName.of(glob, among: lastWords) else { return nil }
    return EventTypeNames.all.first { $0.hasSuffix(".\(word)") }
  }

  private static func refusal(_ item: Item, _ source: SecretOrigin) -> UsageError {
    let sign = item.takesAway ? "!" : ""
    let nearest = nearestType(to: item.glob.pattern) ?? "*"
    return UsageError(
      "\(source.naming(sign + item.glob.pattern)) matches no event", right: "the nearest is \(sign)\(nearest)",
      exit: source.exit)
  }
}

extension SecretOrigin {
  /// A value from there, for an error that may repeat it.
  func naming(_ text: String) -> String {
    switch self {
    case .option, .file, .environment: "\(label) \(Quotation.of(text))"
    case .target, .targetFile: "\(Quotation.of(text)) in \(label)"
    }
  }
}
