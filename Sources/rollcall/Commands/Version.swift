/// The version of the program.
enum Version {
  static let number = "0.1.0"

  /// What `rollcall version` prints.
  static let text = "rollcall \(number)\n"
}
