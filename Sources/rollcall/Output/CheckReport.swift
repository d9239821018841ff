/// The findings of `rollcall check`, and the resulting exit status.
struct CheckReport: Sendable {
  enum Finding: Hashable, Sendable {
    case ok(String)
    case warning(String)
    case skipped(String)
    case failed(String, ExitStatus)

    var line: String {
      let (word, text) =
        switch self {
        case .ok(let text): ("ok", text)
        case .warning(let text): ("warning", text)
        case .skipped(let text): ("skipped", text)
        case .failed(let text, _): ("failed", text)
        }
      return TerminalText.sanitised("\(word): \(text)")
    }
  }

  /// The precedence of several failures' exit statuses.
  private static let order: [ExitStatus] = [.configuration, .unauthorised, .unavailable, .inputOutput]

  private var failures: Set<ExitStatus> = []
  /// Receives the warnings and failures if standard output is for a program; nil to print all findings.
  private let log: StandardError?

  init(problemsTo log: StandardError? = nil) { self.log = log }

  /// Prints and records a finding, unless the checks were interrupted, which makes findings unreliable.
  mutating func add(_ finding: Finding) throws(UsageError) {
    guard !Task.isCancelled else { return }
    note(finding)
    guard let log else { return try StandardOutput.write(finding.line + "\n") }
    switch finding {
    case .ok, .skipped: break
    case .warning(let text): log.log(.warning, text)
    case .failed(let text, _): log.log(.error, text)
    }
  }

  mutating func note(_ finding: Finding) {
    if case .failed(_, let exit) = finding { failures.insert(exit) }
  }

  var exit: ExitStatus { failures.isEmpty ? .done : Self.order.first(where: failures.contains) ?? .internalError }
}
