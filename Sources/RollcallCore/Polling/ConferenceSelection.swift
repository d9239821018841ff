/// Which of the conferences in progress are watched, where they are not named by sid.
package enum ConferenceSelection: Hashable, Sendable {
  /// Those of exactly this friendly name.
  case named(String)
  /// Those whose friendly name matches.
  case matching(Glob)
  case all

  /// Whether a conference of that friendly name is one of them. Providers filter loosely, if at all.
  package func contains(friendlyName: String) -> Bool {
    switch self {
    case .named(let name): friendlyName == name
    case .matching(let glob): glob.matches(friendlyName)
    case .all: true
    }
  }

  /// The friendly name that the provider is asked to filter by.
  package var queriedName: String? {
    switch self {
    case .named(let name): name
    case .matching, .all: nil
    }
  }

  /// Whether watching is over with the conferences that were found; else it looks and runs on.
  package var endsWithItsConferences: Bool {
    switch self {
    case .named: true
    case .matching, .all: false
    }
  }
}
