import Synchronization

/// Keeps log lines off a terminal while a board is drawn there, and has the last of them for its foot.
final class LogHold: Sendable {
  /// Lines that are kept; of more the oldest are dropped.
  private static let maximumLines = 1000

  private struct State {
    var isHolding = false
    var keepsLines = false
    var lines: [String] = []
    var dropped = 0
    var latest: StyledText?
  }

  private let state = Mutex(State())

  /// - Parameter keepsLines: whether the log goes to a terminal; else it may be written at once.
  func begin(keepsLines: Bool) {
    state.withLock {
      $0.isHolding = true
      $0.keepsLines = keepsLines
    }
  }

  /// The last line, for the foot; nil where there was none.
  var latest: StyledText? { state.withLock(\.latest) }

  /// Whether a board is drawn.
  var isHolding: Bool { state.withLock(\.isHolding) }

  /// - Parameter line: nil where it is of no use later.
  /// - Returns: whether it must not be written now.
  func take(_ level: StandardError.Level, _ message: String, line: String?) -> Bool {
    state.withLock { state in
      guard state.isHolding else { return false }
      let style: TextStyle =
        switch level {
        case .error: .red
        case .warning: .yellow
        case .notice, .detail: .faint
        }
      state.latest = StyledText(message, style)
      guard state.keepsLines else { return line == nil }
      if let line { state.lines.append(line) }
      if state.lines.count > Self.maximumLines {
        state.lines.removeFirst()
        state.dropped += 1
      }
      return true
    }
  }

  /// Ends the holding.
  ///
  /// - Returns: the lines that have yet to be written, and how many before them are lost.
  func end() -> (lines: [String], dropped: Int) {
    state.withLock { state in
      defer { state = State() }
      return (state.lines, state.dropped)
    }
  }
}
