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

  /// - Parameter selection: which events are listed below the rooms.
  init(_ display: BoardDisplay, lists selection: EventSelection) {
    state = Mutex(
      State(
        board: Board(names: display.names, lists: selection),
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
