import RollcallCore
import RollcallKit
import Synchronization

/// The board of a run: takes its events as they are delivered to standard output, and draws them.
final class LiveBoard: LineFormat {
  /// How often it is looked at; what has not changed is not drawn.
  private static let pace: Duration = .milliseconds(250)
  /// How long a slow terminal may take for the last picture.
  private static let lastPictureTime: Duration = .milliseconds(500)

  private struct State {
    var board: Board
    var screen: BoardScreen
    /// Whether the last picture has been drawn.
    var hasEnded = false
  }

  private let state: Mutex<State>
  private let hold: LogHold

  /// - Parameters:
  ///   - known: what earlier runs have said about people.
  ///   - selection: which events are listed below the rooms.
  init(_ display: BoardDisplay, known: KnownNames, lists selection: EventFilter) {
    state = Mutex(
      State(
        board: Board(names: display.names, known: known, lists: selection),
        screen: BoardScreen(StandardOutput.shared, hasColour: display.look.hasColour)))
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
      // The end of the run gives the terminal back.
    }
  }

  /// Gives the terminal back with the last picture on it, and writes the log lines that were held.
  func end(on loop: EventLoop, log: StandardError) async {
    let now = loop.wallClock
    let last = state.withLock { state in
      state.hasEnded = true
      var size = state.screen.currentSize
      // The line that the shell's prompt needs.
      size.rows -= 1
      // Where no conference was ever seen, the log says why.
      return state.screen.end(with: state.board.order.isEmpty ? [] : state.board.lines(in: size, at: now))
    }
    await DescriptorOutput(on: loop, to: StandardOutput.shared).write(last, within: Self.lastPictureTime)
    log.release()
  }

  private func draw(at now: Timestamp) {
    state.withLock { state in
      // The terminal is given back then, and another picture would take it again.
      guard !state.hasEnded else { return }
      let size = state.screen.currentSize
      state.board.rename()
      state.screen.draw(state.board.lines(in: size, at: now, note: hold.latest), in: size)
    }
  }
}

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
