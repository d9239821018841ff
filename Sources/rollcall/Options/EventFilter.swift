/// Which types of event are written. Each of its globs matches at least one type.
struct EventFilter: Hashable, Sendable {
  /// Everything.
  static let all = EventFilter(types: Set(EventTypeNames.all))

  /// The names of the types that pass.
  let types: Set<String>

  private init(types: Set<String>) {
    self.types = types
  }

  /// - Parameter text: globs with commas between them, such as `participant.*,conference.ended`.
  /// - Throws: ``UsageError`` where a glob matches no type of event.
  init(argument text: String) throws(UsageError) {
    var types: Set<String> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let glob = String(part)
      let matched = EventTypeNames.all.filter { EventGlob.matches($0, pattern: glob) }
      guard !matched.isEmpty else {
        let nearest = NearestName.of(glob, among: EventTypeNames.all) ?? "*"
        throw UsageError("--events \(Quotation.of(glob)) matches no event", right: "the nearest is \(nearest)")
      }
      types.formUnion(matched)
    }
    self.types = types
  }

  func allows(_ type: String) -> Bool { types.contains(type) }
}
