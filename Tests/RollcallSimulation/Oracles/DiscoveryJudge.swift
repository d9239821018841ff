/// Checks the notices about discovery against its answers.
struct DiscoveryJudge {
  /// The number of answers that may come without a notice: discovery requests two lists, and repeats them if the token
  /// may have changed.
  private static let patience = 6

  /// Whether a failure has been reported, and no recovery since.
  var isReportedFailing = false
  /// The numbers of consecutive answers of each kind.
  private var failures = 0
  private var successes = 0

  /// Records an answer to a request for the list of conferences.
  ///
  /// - Returns: the fault; nil if there is none.
  mutating func answered(isValid: Bool) -> String? {
    (failures, successes) = isValid ? (0, successes + 1) : (failures + 1, 0)
    if failures > Self.patience, !isReportedFailing {
      return "discovery failed \(failures) times but no failure was reported"
    }
    if successes > Self.patience, isReportedFailing {
      return "discovery succeeded \(successes) times but no recovery was reported"
    }
    return nil
  }
}
