import RollcallKit

/// `rollcall version`.
enum Version {
  /// What the command prints.
  static let text = "rollcall \(RollcallVersion.number)\n"
}
