/// Lists as people write them: items with commas between them. Blanks around an item do not count.
package enum CommaList {
  /// The items, empty ones included.
  package static func items(of text: String) -> [Substring] {
    text.split(separator: ",", omittingEmptySubsequences: false).map(trimmed)
  }

  static func trimmed(_ text: Substring) -> Substring {
    guard let first = text.firstIndex(where: { $0 != " " }), let last = text.lastIndex(where: { $0 != " " })
    else { return "" }
    return text[first...last]
  }
}
