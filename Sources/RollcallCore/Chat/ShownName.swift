/// How somebody or something that others have named is called in a message: short, and nothing in it is hidden.
enum ShownName {
  /// Unicode scalars that are shown; a longer name ends in an ellipsis.
  static let maximumLength = 48
  /// Characters of a sid that are shown, from its end.
  static let sidLength = 4

  /// A name that is not blank.
  static func of(_ name: String?) -> String? {
    guard let name, name.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else { return nil }
    return cut(name)
  }

  /// The end of a sid, which is what tells the sids of a room apart.
  static func short(_ sid: String) -> String {
    sid.unicodeScalars.count <= sidLength + 1 ? cut(sid) : "…" + cut(String(sid.suffix(sidLength)))
  }

  /// A text with nothing hidden in it, cut to ``maximumLength``.
  static func cut(_ text: String) -> String {
    // What is hidden gets longer when it is shown, so more than this is never needed.
    let visible = VisibleText.of(String(text.unicodeScalars.prefix(maximumLength + 1)))
    guard visible.unicodeScalars.count > maximumLength else { return visible }
    return String(visible.unicodeScalars.prefix(maximumLength)) + "…"
  }
}
