import Libc
import RollcallCore

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

/// How a part of a line looks where there are colours.
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

/// A line for people: safe to show, and measured in columns.
struct StyledText: Hashable, Sendable {
  private struct Part: Hashable, Sendable {
    var text: String
    var style: TextStyle
  }

  private var parts: [Part] = []
  private(set) var columns = 0

  init() {}

  init(_ text: String, _ style: TextStyle = .plain) { append(text, style) }

  /// The text without its looks.
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

  /// Fills up with blanks, so that what follows begins in that column.
  mutating func pad(to column: Int) {
    if column > columns { append(String(repeating: " ", count: column - columns)) }
  }

  /// The line in at most so many columns, without blanks at its end.
  func cut(to limit: Int?) -> StyledText {
    var result = StyledText()
    for part in parts {
      let room = limit.map { $0 - result.columns } ?? .max
      // Where something follows that has no room, this part shows that it is cut.
      let fits = TextColumns.count(part.text) <= room
      result.append(fits ? part.text : TextColumns.cut(part.text, to: room), part.style)
      if !fits { break }
    }
    return result.trimmed()
  }

  /// - Parameter hasColour: whether looks are written as escape sequences.
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

/// How many columns of a terminal a text takes.
///
/// Terminals differ in this, so it is counted for the widest of them: a text may take less than is counted, not more.
enum TextColumns {
  static let ellipsis = "…"

  /// The columns of a text without control characters; see ``TerminalText``.
  static func count(_ text: String) -> Int {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
    return text.unicodeScalars.reduce(0) { $0 + width(of: $1) }
  }

  /// The text in at most so many columns; where it does not fit it ends in an ellipsis.
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

  /// - Returns: 0 for marks that stand on the character before, 2 for wide characters and emoji, else 1.
  static func width(of scalar: Unicode.Scalar) -> Int {
    // An emoji that is asked for after a narrow character makes that one wide.
    if scalar.value == 0xFE0F { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: return wide.contains { $0.contains(scalar.value) } || scalar.properties.isEmojiPresentation ? 2 : 1
    }
  }

  /// Wide and full-width characters. Source: Unicode Standard Annex 11 of Unicode 16, which made the symbols of the I Ching
  /// and of Tai Xuan Jing wide, rounded up to whole blocks.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2630...0x2637, 0x268A...0x268F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F,
    0xAC00...0xD7A3,
    0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18CFF,
    0x1AFF0...0x1B2FF, 0x1D300...0x1D37F, 0x1F000...0x1FAFF, 0x20000...0x3FFFD,
  ]
}

/// Makes text from the network or the user safe to show: it can neither move the cursor nor hide or reorder what is read.
enum TerminalText {
  /// The text with control, bidirectional and zero-width characters shown as `\u{…}`.
  static func sanitised(_ text: String) -> String { VisibleText.of(text) }
}

/// Whether somebody may be looking at what is written to this descriptor.
func isTerminal(_ descriptor: Int32) -> Bool {
  isatty(descriptor) == 1
}
