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
