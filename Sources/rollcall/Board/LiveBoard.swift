import RollcallCore
import RollcallKit
import Synchronization

/// The board of a run: folds its events as they are delivered to standard output, and draws the board.
final class LiveBoard: LineFormat {
  /// The time between two frames; unchanged lines are not drawn.
  private static let pace: Duration = .milliseconds(250)
  /// How long a slow terminal may take for the last frame.
  private static let lastPictureTime: Duration = .milliseconds(500)

  private struct State {
    var board: Board
    var screen: BoardScreen
    /// Whether the last frame has been drawn.
    var hasEnded = false
  }

  private let state: Mutex<State>
  private let hold: LogHold

  /// - Parameters:
  ///   - known: the names from earlier runs.
  ///   - selection: which events are listed below the rooms.
  init(_ display: BoardDisplay, known: KnownNames, lists selection: EventFilter) {
    state = Mutex(
      State(
        board: Board(names: display.names, known: known, lists: selection),
        screen: BoardScreen(StandardOutput.shared, hasColour: display.terminal.hasColour)))
    hold = display.hold
  }

  func recall(_ rooms: [Room]) { state.withLock { $0.board.recall(rooms) } }

  func bytes(of event: StoredEvent) -> [UInt8] {
    state.withLock { $0.board.take(event) }
    return []
  }

  /// Draws until the task is cancelled.
  func run(on loop: EventLoop) async {
    hold.begin(keepsLines: isTerminal(StandardError.usualDescriptor))
    do throws(CancellationError) {
      while true {
        draw(at: loop.wallClock)
        try await loop.sleep(for: Self.pace)
      }
    } catch {
      // The end of the run restores the terminal.
    }
  }

  /// Restores the terminal with the last frame on it, and writes the log lines that were kept.
  func end(on loop: EventLoop, log: StandardError) async {
    let now = loop.wallClock
    let last = state.withLock { state in
      state.hasEnded = true
      var size = state.screen.currentSize
      // The shell's prompt needs one line.
      size.rows -= 1
      // If no conference was ever seen, the log says why.
      return state.screen.end(with: state.board.order.isEmpty ? [] : state.board.lines(in: size, at: now))
    }
    await DescriptorOutput(on: loop, to: StandardOutput.shared).write(last, within: Self.lastPictureTime)
    log.release()
  }

  private func draw(at now: Timestamp) {
    state.withLock { state in
      // After the last frame the terminal is restored, and another frame would take it again.
      guard !state.hasEnded else { return }
      let size = state.screen.currentSize
      state.board.rename()
      state.screen.draw(state.board.lines(in: size, at: now, note: hold.latest), in: size)
    }
  }
}

/// Keeps log lines off a terminal while a board is drawn there, and provides the latest for the board's last line.
final class LogHold: Sendable {
  /// The maximum number of lines kept; beyond it the oldest are dropped.
  private static let maximumLines = 1000

  private struct State {
    var isHolding = false
    var keepsLines = false
    var lines: [String] = []
    var dropped = 0
    var latest: StyledText?
  }

  private let state = Mutex(State())

  /// - Parameter keepsLines: whether the log goes to a terminal; otherwise its lines are written at once.
  func begin(keepsLines: Bool) {
    state.withLock {
      $0.isHolding = true
      $0.keepsLines = keepsLines
    }
  }

  /// The latest line, for the board's last line; nil if there was none.
  var latest: StyledText? { state.withLock(\.latest) }

  /// Whether a board is drawn.
  var isHolding: Bool { state.withLock(\.isHolding) }

  /// - Parameter line: the line to write later; nil if it only matters now.
  /// - Returns: whether the caller must not write it now.
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

  /// Stops keeping lines.
  ///
  /// - Returns: the kept lines, and how many before them were dropped.
  func end() -> (lines: [String], dropped: Int) {
    state.withLock { state in
      defer { state = State() }
      return (state.lines, state.dropped)
    }
  }
}
