import RollcallCore

/// Makes text from the network or the user safe to show: it can neither move the cursor nor hide or reorder what is read.
enum TerminalText {
  /// The text with control, bidirectional and zero-width characters shown as `\u{…}`.
  static func sanitised(_ text: String) -> String { VisibleText.of(text) }
}
