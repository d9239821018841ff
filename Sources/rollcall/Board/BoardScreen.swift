import CTerminal
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Draws lines in place on a terminal: only what has changed, and each frame with one `write(2)`.
struct BoardScreen: Sendable {
  /// Where a terminal does not say how large it is.
  private static let usualSize = WindowSize(columns: 80, rows: 24)

  private let descriptor: Int32
  private let hasColour: Bool
  private var size = usualSize
  /// What stands there; nil where that is not known.
  private var drawn: [String]?

  /// - Parameter descriptor: that of a terminal.
  init(_ descriptor: Int32, hasColour: Bool) {
    let own = cterminal_open(descriptor)
    self.descriptor = own >= 0 ? own : descriptor
    self.hasColour = hasColour
  }

  var currentSize: WindowSize { WindowSize.of(descriptor) ?? Self.usualSize }

  /// Draws the lines from the top, unless the terminal takes nothing now or the process is in the background.
  mutating func draw(_ lines: [StyledText], in size: WindowSize) {
    if cterminal_is_shown() == 0 {
      guard cterminal_show(descriptor) != 0 else { return }
      drawn = nil
    }
    guard isWritable else { return }
    let lines = lines.map { $0.written(hasColour: hasColour) }
    let frame = Self.frame(lines, over: size == self.size ? drawn : nil)
    self.size = size
    // A frame that is cut by a slow terminal is drawn anew.
    drawn = frame.isEmpty || write(frame) ? lines : nil
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

  /// Gives the terminal back, and leaves the lines on it.
  func end(with lines: [StyledText]) {
    cterminal_hide()
    let text = lines.map { $0.written(hasColour: hasColour) + "\n" }.joined()
    if isWritable { _ = write(text) }
    if descriptor != StandardOutput.descriptor { close(descriptor) }
  }

  private var isWritable: Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return unsafe poll(&entry, 1, 0) == 1 && entry.revents == Int16(POLLOUT)
  }

  private func write(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return unsafe systemWrite(descriptor, bytes, bytes.count) == bytes.count
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  unsafe write(descriptor, bytes, count)
}
