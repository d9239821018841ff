/// How somebody or something is called where people read it.
package enum ShownName {
  /// Unicode scalars of a message's names that are shown; a longer one ends in an ellipsis.
  static let maximumLength = 48
  /// Characters of a sid that are shown, from its end: enough to tell most calls of a conference apart.
  private static let sidLength = 4

  /// The name that somebody gave, else the provider's; nil where neither is one.
  package static func of(given: String?, label: String?) -> String? {
    given.flatMap(used) ?? label.flatMap { RedactedText.isOne($0) ? nil : used($0) }
  }

  /// A text that is not blank.
  package static func used(_ text: String) -> String? {
    text.unicodeScalars.contains { !$0.properties.isWhitespace } ? text : nil
  }

  /// The end of a sid, which is what tells the sids of a room apart.
  package static func short(_ sid: String, _ length: Int = sidLength) -> String {
    sid.count <= length + 1 ? sid : "…\(sid.suffix(length))"
  }

  /// A text with nothing hidden in it, cut to ``maximumLength``.
  static func cut(_ text: String) -> String {
    // What is hidden gets longer when it is shown, so more than this is never needed.
    let visible = VisibleText.of(String(text.unicodeScalars.prefix(maximumLength + 1)))
    guard visible.unicodeScalars.count > maximumLength else { return visible }
    return String(visible.unicodeScalars.prefix(maximumLength)) + "…"
  }
}
