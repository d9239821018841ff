import RollcallCore

/// The report for spreadsheets: a row for each person, which repeats what is said of the conference (RFC 4180, lines end
/// with a line feed).
struct ReportCSV {
  private static let columns =
    [
      "conference_sid", "friendly_name", "conference_name", "conference_from", "conference_to", "length_ms", "ended",
      "people", "peak", "average", "interrupted_ms", "call_sid", "label", "name", "first", "last", "joined",
    ] + HistorySpan.Kind.allCases.flatMap { ["\($0.rawValue)_ms", "\($0.rawValue)_open"] }

  let names: ShownNames

  func text(_ histories: [ConferenceHistory]) -> String {
    var rows = [Self.columns]
    for history in histories {
      let conference = cells(history)
      rows += history.people.map { conference + cells($0) }
      if history.people.isEmpty {
        rows.append(conference + [String](repeating: "", count: Self.columns.count - conference.count))
      }
    }
    return rows.map { $0.map(Self.cell).joined(separator: ",") + "\n" }.joined()
  }

  private func cells(_ history: ConferenceHistory) -> [String] {
    [
      history.conference.text, Self.words(history.friendlyName), Self.words(names.given(to: history.conference.text)),
      history.start.rfc3339, history.end.rfc3339, "\(history.milliseconds)", "\(history.hasEnded)",
      "\(history.people.count)", "\(history.peak)", Thousandths.text(history.average),
      "\(history.interruptedMilliseconds)",
    ]
  }

  private func cells(_ person: PersonHistory) -> [String] {
    [
      person.call.text, Self.words(person.label), Self.words(names.given(to: person.call.text)),
      person.first?.rfc3339 ?? "", person.last?.rfc3339 ?? "", "\(person.joins)",
    ] + HistorySpan.Kind.allCases.flatMap { ["\(person.milliseconds($0))", "\(person.isOpen($0))"] }
  }

  /// Somebody's words. What a spreadsheet would take for a formula gets an apostrophe before it, and is text then.
  private static func words(_ text: String?) -> String {
    guard let text, let first = text.utf8.first else { return "" }
    return "=+-@".utf8.contains(first) ? "'" + text : text
  }

  private static func cell(_ text: String) -> String {
    let text = TerminalText.sanitised(text)
    guard text.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }) else { return text }
    return "\"" + text.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
  }
}
