/// Which types of event somebody wants: a list of globs such as `participant.*,conference.ended`.
public struct EventFilter: Hashable, Sendable {
  /// Lets everything through.
  public static let all = EventFilter(globs: [Glob("*")])

  /// Never empty.
  public let globs: [Glob]

  private init(globs: [Glob]) {
    self.globs = globs
  }

  /// Reads globs separated by commas; spaces around them do not count.
  /// - Returns: nil where one of them is empty.
  public init?(_ list: String) {
    var globs: [Glob] = []
    for item in list.split(separator: ",", omittingEmptySubsequences: false) {
      guard let first = item.firstIndex(where: { $0 != " " }), let last = item.lastIndex(where: { $0 != " " })
      else { return nil }
      globs.append(Glob(String(item[first...last])))
    }
    self.globs = globs
  }

  /// Whether one of the globs matches the type.
  public func accepts(_ type: String) -> Bool {
    globs.contains { $0.matches(type) }
  }

  /// The first glob that matches none of the types, which is most likely a slip of the pen.
  public func firstGlob(matchingNoneOf types: some Sequence<String>) -> Glob? {
    globs.first { glob in !types.contains { glob.matches($0) } }
  }
}
