import CTerminal
import RollcallKit

/// Draws lines in place on a terminal: only what has changed, and each frame with one write.
struct BoardScreen: Sendable {
  /// Where a terminal does not say how large it is.
  private static let usualSize = WindowSize(columns: 80, rows: 24)

  private let output: NonblockingOutput
  private let hasColour: Bool
  private var size = usualSize
  /// What stands there; nil where that is not known.
  private var drawn: [String]?

  /// - Parameter output: a terminal.
  init(_ output: NonblockingOutput, hasColour: Bool) {
    self.output = output
    self.hasColour = hasColour
  }

  var currentSize: WindowSize { WindowSize.of(output.descriptor) ?? Self.usualSize }

  /// Draws the lines from the top, unless the terminal takes nothing now or the process is in the background.
  mutating func draw(_ lines: [StyledText], in size: WindowSize) {
    if cterminal_is_shown() == 0 {
      guard cterminal_show(output.descriptor) != 0 else { return }
      drawn = nil
    }
    // A frame may wait for its thread, but not for the frame before it.
    guard output.flush() != .noRoom else { return }
    let lines = lines.map { $0.written(hasColour: hasColour) }
    let frame = Self.frame(lines, over: size == self.size ? drawn : nil)
    let bytes = Array(frame.utf8)
    switch output.offer(bytes[...]) {
    case .taken(bytes.count): (drawn, self.size) = (lines, size)
    case .noRoom: break
    // A frame that is cut by a slow terminal is drawn anew.
    case .taken, .readerGone, .failed: drawn = nil
    }
  }

  /// What has to be written so that the lines stand on the screen, and nothing else.
  ///
  /// - Parameter old: the lines that stand there; nil where that is not known.
  static func frame(_ lines: [String], over old: [String]?) -> String {
    var frame = old == nil ? "\u{1B}[2J" : ""
    let old = old ?? []
    // A row is erased before it is written: after a full one the cursor is still on the last character.
    for (row, line) in lines.enumerated() where row >= old.count || old[row] != line {
      frame += "\u{1B}[\(row + 1);1H\u{1B}[K\(line)"
    }
    // What stood below the last line.
    if old.count > lines.count { frame += "\u{1B}[\(lines.count + 1);1H\u{1B}[J" }
    return frame
  }

  /// Gives the terminal back.
  ///
  /// - Returns: what is to be written there to leave the lines on it.
  func end(with lines: [StyledText]) -> [UInt8] {
    cterminal_hide()
    return Array(lines.map { $0.written(hasColour: hasColour) + "\n" }.joined().utf8)
  }
}
