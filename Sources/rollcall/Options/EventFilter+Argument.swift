import RollcallCore

extension EventTypePattern {
  private static let example = "'participant.*' or '!watch.*'"

  /// - Parameters:
  ///   - text: globs with commas between them, such as `participant.*,!participant.updated`.
  ///   - source: where they were given.
  /// - Throws: ``UsageError`` where one is empty or matches no type of event, or all of them let nothing through.
  init(argument text: String, of source: SecretOrigin = .option(.events)) throws(UsageError) {
    guard let filter = EventTypePattern(text) else {
      throw .invalidSecret(source, "has an empty glob", right: "give such as \(Self.example)")
    }
    if let item = filter.firstItem(matchingNoneOf: EventTypeNames.all) { throw Self.refusal(item, source) }
    guard !filter.types.isEmpty else {
      throw UsageError(
        "\(source.naming(text)) lets no event through", right: "give such as \(Self.example)", exit: source.exit)
    }
    self = filter
  }

  /// Somebody who writes `joined` means the type whose last word that is.
  private static func nearestType(to glob: String) -> String? {
    guard !glob.contains(".") else {
      let families = Set(EventTypeNames.all.map { String($0.prefix { $0 != "." }) + ".*" }).sorted()
      return NearestName.of(glob, among: EventTypeNames.all + (glob.contains("*") ? families : []))
    }
    let lastWords = EventTypeNames.all.map { name in name.split(separator: ".").last.map(String.init) ?? name }
    guard let word = NearestName.of(glob, among: lastWords) else { return nil }
    return EventTypeNames.all.first { $0.hasSuffix(".\(word)") }
  }

  private static func refusal(_ item: Item, _ source: SecretOrigin) -> UsageError {
    let sign = item.takesAway ? "!" : ""
    let right = nearestType(to: item.glob.pattern).map { "the nearest is \(sign)\($0)" }
    return UsageError(
      "\(source.naming(sign + item.glob.pattern)) matches no event", right: right ?? "give such as \(example)",
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
