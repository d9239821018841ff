import RollcallServer

/// What a path stands for. Both prefixes of the provider count, with and without `.json`.
enum Route: Equatable {
  case conferences
  case conference(String)
  case participants(String)
  case participant(String, call: String)

  static let prefix = "/api/laml"
  static let version = "2010-04-01"

  /// - Returns: nil where nothing is there for this account.
  init?(path: String, project: String) {
    var path = path[...]
    if path.hasPrefix(Self.prefix + "/") { path = path.dropFirst(Self.prefix.count) }
    // The provider's older client joins its base and a link with two slashes.
    while path.hasPrefix("//") { path = path.dropFirst() }
    if path.hasPrefix(Self.prefix + "/") { path = path.dropFirst(Self.prefix.count) }
    if path.hasSuffix(".json") { path = path.dropLast(5) }
    let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 4, parts[0] == Self.version, parts[1] == "Accounts", parts[2] == project,
      parts[3] == "Conferences"
    else { return nil }
    switch parts.count {
    case 4: self = .conferences
    case 5: self = .conference(parts[4])
    case 6 where parts[5] == "Participants": self = .participants(parts[4])
    case 7 where parts[5] == "Participants": self = .participant(parts[4], call: parts[6])
    default: return nil
    }
  }

  /// The path that links and `uri` fields begin with.
  func path(project: String) -> String {
    let base = "\(Self.prefix)/\(Self.version)/Accounts/\(project)/Conferences"
    return switch self {
    case .conferences: base
    case .conference(let sid): "\(base)/\(sid)"
    case .participants(let sid): "\(base)/\(sid)/Participants"
    case .participant(let sid, let call): "\(base)/\(sid)/Participants/\(call)"
    }
  }
}
