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
