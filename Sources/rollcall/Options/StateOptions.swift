import RollcallCore

/// Where a stream is kept across restarts, and for how long.
struct StateOptions: Hashable, Sendable {
  static let keepBounds: ClosedRange<Duration> = .seconds(3600)...(.seconds(87_600 * 3600))
  static let defaultKeep: Duration = .seconds(720 * 3600)

  let path: String
  let keep: Duration

  /// - Returns: nil where nothing is to be kept.
  init?(_ arguments: ParsedArguments, _ context: CommandContext) throws(UsageError) {
    guard let path = arguments.text(.state) ?? context[.state] else {
      guard !arguments.has(.keep) else {
        throw UsageError("--keep is given without a state file", right: "give --state FILE too")
      }
      return nil
    }
    self.path = path
    keep = try arguments.duration(.keep, in: Self.keepBounds) ?? Self.defaultKeep
  }
}
