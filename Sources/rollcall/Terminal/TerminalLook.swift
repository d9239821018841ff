#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What standard output can show.
struct TerminalLook: Sendable {
  /// Neither a terminal nor colours, and lines of any length.
  static let plain = TerminalLook(hasColour: false) { nil }

  let hasColour: Bool
  /// The columns of now; nil where lines may have any length.
  let width: @Sendable () -> Int?
}

extension CommandContext {
  /// Whether the cursor can be moved on standard output.
  var canRedraw: Bool {
    guard outputIsTerminal, let kind = self[.terminal] else { return false }
    return kind != "dumb"
  }

  var look: TerminalLook {
    guard outputIsTerminal else { return .plain }
    return TerminalLook(hasColour: canRedraw && self[.noColour] == nil) {
      WindowSize.of(StandardOutput.descriptor)?.columns
    }
  }
}

/// The size of a terminal's window, in characters.
struct WindowSize: Hashable, Sendable {
  var columns: Int
  var rows: Int

  /// - Returns: nil where the descriptor has none.
  static func of(_ descriptor: Int32) -> WindowSize? {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
    return WindowSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }
}
