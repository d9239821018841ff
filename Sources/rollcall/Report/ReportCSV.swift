import RollcallCore

/// The report for spreadsheets: a row for each person, which repeats what is said of the conference (RFC 4180, lines end
/// with a line feed). Texts are quoted; numbers, truth values and what is absent are not.
struct ReportCSV {
  private static let columns =
    [
      "conference_sid", "friendly_name", "conference_name", "conference_from", "conference_to", "length_ms", "ended",
      "people", "peak", "average", "interrupted_ms", "call_sid", "label", "name", "first", "last", "joined",
    ] + HistorySpan.Kind.allCases.flatMap { ["\($0.rawValue)_ms", "\($0.rawValue)_open"] }

  /// What spreadsheets take for the beginning of a formula, full-width forms included.
  private static let formulaMarks: Set<Unicode.Scalar> = [
    "=", "+", "-", "@", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}",
  ]
  /// What may separate cells, by the locale of whoever reads the file.
  private static let separators: Set<Unicode.Scalar> = [",", ";", "|", "\t"]
  /// What some programs pass over at the beginning of a cell.
  private static let passedOver: Set<Unicode.Scalar> = [" ", "\u{A0}", "\u{3000}", "\""]

  let names: ShownNames

  func text(_ histories: [ConferenceHistory]) -> String {
    var rows = [Self.columns.map(Self.quoted)]
    for history in histories {
      let conference = cells(history)
      rows += history.people.map { conference + cells($0) }
      if history.people.isEmpty {
        rows.append(conference + [String](repeating: "", count: Self.columns.count - conference.count))
      }
    }
    return rows.map { $0.joined(separator: ",") + "\n" }.joined()
  }

  private func cells(_ history: ConferenceHistory) -> [String] {
    [
      Self.quoted(history.conference.text), Self.quoted(history.friendlyName),
      Self.quoted(names.given(to: history.conference.text)),
      Self.quoted(history.start.rfc3339), Self.quoted(history.end.rfc3339), "\(history.milliseconds)",
      "\(history.hasEnded)",
      "\(history.people.count)", "\(history.peak)", Thousandths.text(history.average),
      "\(history.interruptedMilliseconds)",
    ]
  }

  private func cells(_ person: PersonHistory) -> [String] {
    [
      Self.quoted(person.call.text), Self.quoted(person.label), Self.quoted(names.given(to: person.call.text)),
      Self.quoted(person.first?.rfc3339), Self.quoted(person.last?.rfc3339), "\(person.joins)",
    ] + HistorySpan.Kind.allCases.flatMap { ["\(person.milliseconds($0))", "\(person.isOpen($0))"] }
  }

  /// A text in quotes; nothing where there is none.
  private static func quoted(_ text: String?) -> String {
    guard let text else { return "" }
    var cell = "\""
    for scalar in harmless(TerminalText.sanitised(text)) {
      if scalar == "\"" { cell += "\"" }
      cell.unicodeScalars.append(scalar)
    }
    return cell + "\""
  }

  /// The text with an apostrophe before each mark that would begin a formula, be it at the beginning of the text or, for a
  /// program that reads another separator and ignores quotes, behind one. What follows an apostrophe is text.
  private static func harmless(_ text: String) -> String.UnicodeScalarView {
    var result = String.UnicodeScalarView()
    var isBeginning = true
    for scalar in text.unicodeScalars {
      if isBeginning, formulaMarks.contains(scalar) { result.append("'") }
      isBeginning = separators.contains(scalar) || isBeginning && passedOver.contains(scalar)
      result.append(scalar)
    }
    return result
  }
}
