/// Types of event, as people choose them: globs such as `participant.*,!participant.updated`.
///
/// The last glob that matches a type decides about it, and one behind `!` takes away. Where the first one does so, everything
/// else passes.
package struct EventFilter: Hashable, Sendable {
  package struct Item: Hashable, Sendable {
    package let glob: Glob
    package let takesAway: Bool
  }

  /// Never empty.
  package let items: [Item]

  /// Reads globs separated by commas; spaces around them, and behind a `!`, do not count.
  /// - Returns: nil where one of them is empty.
  package init?(_ list: String) {
    var items: [Item] = []
    for text in CommaList.items(of: list) {
      let takesAway = text.first == "!"
      let pattern = takesAway ? CommaList.trimmed(text.dropFirst()) : text
      guard !pattern.isEmpty else { return nil }
      items.append(Item(glob: Glob(String(pattern)), takesAway: takesAway))
    }
    self.items = items
  }

  package func accepts(_ type: String) -> Bool {
    if let last = items.last(where: { $0.glob.matches(type) }) { return !last.takesAway }
    return items.first?.takesAway == true
  }

  /// The types that pass.
  package var types: Set<EventType> { Set(EventType.allCases.filter { accepts($0.rawValue) }) }

  /// The first item whose glob matches none of the types, which is most likely a slip of the pen.
  package func firstItem(matchingNoneOf types: some Sequence<String>) -> Item? {
    items.first { item in !types.contains { item.glob.matches($0) } }
  }
}
