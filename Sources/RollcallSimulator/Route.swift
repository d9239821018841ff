import RollcallCore

/// What a path stands for, whatever the provider puts around it. `.json` at its end counts for nothing.
enum Route: Equatable {
  case conferences
  case conference(String)
  case participants(String)
  case participant(String, call: String)
  case call(String)

  static let suffix = ".json"

  /// - Returns: nil where nothing is there for this account.
  init?(path: String, project: String, dialect: any SpaceDialect) {
    guard var path = dialect.local(path[...]) else { return nil }
    if path.hasSuffix(Self.suffix) { path = path.dropLast(Self.suffix.count) }
    let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(Self.withColons)
    guard parts.count >= 3, parts[0] == "Accounts", parts[1] == project else { return nil }
    if parts.count == 4, parts[2] == "Calls" {
      self = .call(parts[3])
      return
    }
    guard parts[2] == "Conferences" else { return nil }
    switch parts.count {
    case 3: self = .conferences
    case 4: self = .conference(parts[3])
    case 5 where parts[4] == "Participants": self = .participants(parts[3])
    case 6 where parts[4] == "Participants": self = .participant(parts[3], call: parts[5])
    default: return nil
    }
  }

  /// Clients are free to encode the colon of a sid, and some do.
  private static func withColons(_ part: Substring) -> String {
    var (text, rest) = ("", part)
    while let code = rest.utf8.range(ofRun: "%3A".utf8) {
      text += rest[..<code.lowerBound] + ":"
      rest = rest[code.upperBound...]
    }
    return text + rest
  }

  /// The path that links and `uri` fields begin with.
  func path(project: String, dialect: any SpaceDialect) -> String {
    let account = "\(dialect.basePath)/Accounts/\(project)"
    let base = "\(account)/Conferences"
    return switch self {
    case .conferences: base
    case .conference(let sid): "\(base)/\(sid)"
    case .participants(let sid): "\(base)/\(sid)/Participants"
    case .participant(let sid, let call): "\(base)/\(sid)/Participants/\(call)"
    case .call(let sid): "\(account)/Calls/\(sid)"
    }
  }
}
