/// Holds what people are told of discovery against the answers that it gets.
struct DiscoveryJudge {
  /// A look asks for two lists, and once more where the token may be a new one.
  private static let patience = 6

  /// Whether people have been told that it fails, and not that it does no more.
  var isToldToFail = false
  /// How many answers in a row have been of one kind.
  private var failures = 0
  private var successes = 0

  /// A list of conferences has been answered.
  ///
  /// - Returns: what is wrong; nil where nothing is.
  mutating func answered(isValid: Bool) -> String? {
    (failures, successes) = isValid ? (0, successes + 1) : (failures + 1, 0)
    if failures > Self.patience, !isToldToFail { return "discovery has failed \(failures) times, and nobody says so" }
    if successes > Self.patience, isToldToFail { return "discovery is well again, and nobody says so" }
    return nil
  }
}
