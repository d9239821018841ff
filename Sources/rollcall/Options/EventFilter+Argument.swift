import RollcallCore

extension EventFilter {
  /// - Parameters:
  ///   - text: globs with commas between them, such as `participant.*,conference.ended`.
  ///   - source: where they were given.
  /// - Throws: ``UsageError`` where a glob matches no type of event.
  init(argument text: String, of source: SecretOrigin = .option(.events)) throws(UsageError) {
    guard let filter = EventFilter(text) else { throw Self.refusal("", source) }
    if let glob = filter.firstGlob(matchingNoneOf: Self.typeNames) { throw Self.refusal(glob.pattern, source) }
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

  private static func refusal(_ glob: String, _ source: SecretOrigin) -> UsageError {
    let nearest = nearestType(to: glob) ?? "*"
    let subject =
      switch source {
      case .option, .file, .environment: "\(source.label) \(Quotation.of(glob))"
      case .target, .targetFile: "\(Quotation.of(glob)) in \(source.label)"
      }
    return UsageError("\(subject) matches no event", right: "the nearest is \(nearest)", exit: source.exit)
  }
}
