import RollcallCore

extension EventFilter {
  /// - Parameters:
  ///   - text: globs with commas between them, such as `participant.*,conference.ended`.
  ///   - option: where they were given.
  /// - Throws: ``UsageError`` where a glob matches no type of event.
  init(argument text: String, of option: OptionName = .events) throws(UsageError) {
    guard let filter = EventFilter(text) else { throw Self.refusal("", option) }
    if let glob = filter.firstGlob(matchingNoneOf: Self.typeNames) { throw Self.refusal(glob.pattern, option) }
    self = filter
  }

  private static let typeNames = EventType.allCases.map(\.rawValue)

  /// Somebody who writes `joined` means the type whose last word that is.
  private static func nearestType(to glob: String) -> String? {
    guard !glob.isEmpty, !glob.contains(".") else { return NearestName.of(glob, among: typeNames) }
    let lastWords = typeNames.map { name in name.split(separator: ".").last.map(String.init) ?? name }
    guard let word = NearestName.of(glob, among: lastWords) else { return nil }
    return typeNames.first { $0.hasSuffix(".\(word)") }
  }

  private static func refusal(_ glob: String, _ option: OptionName) -> UsageError {
    let nearest = nearestType(to: glob) ?? "*"
    return UsageError("\(option.argument) \(Quotation.of(glob)) matches no event", right: "the nearest is \(nearest)")
  }
}
