import RollcallCore

/// Selects participants by `--call`: by sid or its beginning, by name, by label, or by address.
struct PeopleSelection: Hashable, Sendable {
  static let all = PeopleSelection(texts: [])

  /// The given texts; empty for all participants.
  let texts: [String]

  /// - Throws: ``UsageError`` if a text matches no participant.
  func selecting(from histories: [ConferenceHistory], _ names: ShownNames) throws(UsageError) -> [ConferenceHistory] {
    guard !texts.isEmpty else { return histories }
    for text in texts {
      let isKnown = histories.contains { $0.people.contains { Self.matches(text, $0, names) } }
      guard !isKnown else { continue }
      throw UsageError(
        "no participant in these events is called \(Quotation.of(text))",
        right: "give a call sid, the beginning of one, a name, a label or an address", exit: .unavailable)
    }
    return histories.map { history in
      history.selecting { person in texts.contains { Self.matches($0, person, names) } }
    }.filter { !$0.people.isEmpty }
  }

  private static func matches(_ text: String, _ person: PersonHistory, _ names: ShownNames) -> Bool {
    let sid = person.call.text
    if sid == text || text.utf8.count >= SIDNames.minimumPrefix && sid.hasPrefix(text) { return true }
    if let address = person.address, CallAddress.canonical(address) == CallAddress.canonical(text) { return true }
    let called = [names.given(toCall: sid, at: person.address), person.label].compactMap(\.self)
    return called.contains { $0.lowercased() == text.lowercased() }
  }
}
