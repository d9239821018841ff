import Libc
import RollcallCore

/// The capabilities of standard output.
struct TerminalCapabilities: Sendable {
  /// No colours, and lines of any length.
  static let plain = TerminalCapabilities(hasColour: false) { nil }

  let hasColour: Bool
  /// Returns the current number of columns; nil if lines may have any length.
  let width: @Sendable () -> Int?
}

extension CommandContext {
  /// Whether the cursor can be moved on standard output.
  var canRedraw: Bool {
    guard outputIsTerminal, let kind = self[.terminal] else { return false }
    return kind != "dumb"
  }

  var terminal: TerminalCapabilities {
    guard outputIsTerminal else { return .plain }
    return TerminalCapabilities(hasColour: canRedraw && self[.noColour] == nil) {
      WindowSize.of(StandardOutput.descriptor)?.columns
    }
  }
}

/// The size of a terminal's window, in characters.
struct WindowSize: Hashable, Sendable {
  var columns: Int
  var rows: Int

  /// - Returns: nil if the descriptor is not a terminal with a size.
  static func of(_ descriptor: Int32) -> WindowSize? {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
    return WindowSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }
}

/// The style of a part of a line on a terminal with colours.
enum TextStyle: String, Sendable {
  case plain = "0"
  case bold = "1"
  case faint = "2"
  case red = "31"
  case green = "32"
  case yellow = "33"
  case magenta = "35"
  case cyan = "36"
}

/// A line of styled text, safe to show and measured in columns.
struct StyledText: Hashable, Sendable {
  private struct Part: Hashable, Sendable {
    var text: String
    var style: TextStyle
  }

  private var parts: [Part] = []
  private(set) var columns = 0

  init() {}

  init(_ text: String, _ style: TextStyle = .plain) { append(text, style) }

  /// The text without styles.
  var text: String { parts.reduce("") { $0 + $1.text } }

  mutating func append(_ text: String, _ style: TextStyle = .plain) {
    let text = TerminalText.sanitised(text)
    guard !text.isEmpty else { return }
    parts.append(Part(text: text, style: style))
    columns += TextColumns.count(text)
  }

  mutating func append(_ other: StyledText) {
    parts += other.parts
    columns += other.columns
  }

  /// Adds spaces, so that the next part begins in that column.
  mutating func pad(to column: Int) {
    if column > columns { append(String(repeating: " ", count: column - columns)) }
  }

  /// Returns the line in at most `limit` columns, without trailing spaces.
  func cut(to limit: Int?) -> StyledText {
    var result = StyledText()
    for part in parts {
      let room = limit.map { $0 - result.columns } ?? .max
      // The first part that does not fit ends in an ellipsis.
      let fits = TextColumns.count(part.text) <= room
      result.append(fits ? part.text : TextColumns.cut(part.text, to: room), part.style)
      if !fits { break }
    }
    return result.trimmed()
  }

  /// - Parameter hasColour: whether to write styles as escape sequences.
  func written(hasColour: Bool) -> String {
    guard hasColour else { return text }
    return parts.reduce("") { line, part in
      part.style == .plain ? line + part.text : line + "\u{1B}[\(part.style.rawValue)m\(part.text)\u{1B}[0m"
    }
  }

  private func trimmed() -> StyledText {
    var result = self
    while let last = result.parts.last, last.text.last == " " {
      result.parts.removeLast()
      result.columns -= TextColumns.count(last.text)
      let end = last.text.lastIndex { $0 != " " }
      guard let end else { continue }
      result.append(String(last.text[...end]), last.style)
      break
    }
    return result
  }
}

/// Measures how many columns of a terminal a text takes.
///
/// Terminals differ in this, so the greatest width is used: a text may take fewer columns than counted, but not more.
enum TextColumns {
  static let ellipsis = "…"

  /// Returns the columns of a text without control characters; see ``TerminalText``.
  static func count(_ text: String) -> Int {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
    return text.unicodeScalars.reduce(0) { $0 + width(of: $1) }
  }

  /// Returns the text in at most this many columns, with an ellipsis at its end if it is cut.
  static func cut(_ text: String, to columns: Int) -> String {
    guard count(text) > columns else { return text }
    guard columns > 0 else { return "" }
    var (result, used) = ("", 0)
    for character in text {
      let width = count(String(character))
      guard used + width < columns else { break }
      result.append(character)
      used += width
    }
    return result + ellipsis
  }

  /// - Returns: 0 for marks that combine with the previous character, 2 for wide characters and emoji, otherwise 1.
  static func width(of scalar: Unicode.Scalar) -> Int {
    // This selector turns the previous narrow character into a wide emoji.
    if scalar.value == 0xFE0F { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: return wide.contains { $0.contains(scalar.value) } || scalar.properties.isEmojiPresentation ? 2 : 1
    }
  }

  /// The wide and full-width characters, rounded up to whole blocks. Source: Unicode Standard Annex 11 of Unicode 16,
  /// in which the symbols of the I Ching and of Tai Xuan Jing became wide.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2630...0x2637, 0x268A...0x268F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F,
    0xAC00...0xD7A3,
    0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18CFF,
    0x1AFF0...0x1B2FF, 0x1D300...0x1D37F, 0x1F000...0x1FAFF, 0x20000...0x3FFFD,
  ]
}

/// Makes text from the network or the user safe to show: it can neither move the cursor nor hide or reorder text.
enum TerminalText {
  /// Returns the text with control, bidirectional and zero-width characters shown as `\u{…}`.
  static func sanitised(_ text: String) -> String { VisibleText.of(text) }
}

/// Returns whether a descriptor is a terminal.
func isTerminal(_ descriptor: Int32) -> Bool {
  isatty(descriptor) == 1
}
