import RollcallCore

extension EventFilter {
  /// - Parameter text: globs with commas between them, such as `participant.*,conference.ended`.
  /// - Throws: ``UsageError`` where a glob matches no type of event.
  init(argument text: String) throws(UsageError) {
    guard let filter = EventFilter(text) else { throw Self.refusal("") }
    if let glob = filter.firstGlob(matchingNoneOf: Self.typeNames) { throw Self.refusal(glob.pattern) }
    self = filter
  }

  private static let typeNames = EventType.allCases.map(\.rawValue)

  private static func refusal(_ glob: String) -> UsageError {
    let nearest = NearestName.of(glob, among: typeNames) ?? "*"
    return UsageError("--events \(Quotation.of(glob)) matches no event", right: "the nearest is \(nearest)")
  }
}
