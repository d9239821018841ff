import RollcallCore

/// The report for people: a paragraph and a table for each conference.
struct ReportTable {
  private static let columns = ["WHO", "CALL", "ROOM", "MUTED", "HELD", "COACHING", "JOINED", "FIRST", "LAST"]
  /// Stands behind what goes on.
  private static let open = "+"

  let names: ShownNames

  func text(_ histories: [ConferenceHistory]) -> String {
    var text = histories.map(section).joined(separator: "\n")
    let goesOn = histories.contains { $0.people.contains { person in person.spans.contains(where: \.isOpen) } }
    if goesOn { text += "\n\(Self.open) goes on at the end\n" }
    return text
  }

  private func section(_ history: ConferenceHistory) -> String {
    let sid = history.conference.text
    let name = names.conference(history.conference, friendlyName: history.friendlyName)
    var lines = [name.map { "\($0) (\(sid))" } ?? sid]
    let ended = history.hasEnded ? "" : ", not over"
    lines.append(
      "\(history.start.rfc3339) to \(history.end.rfc3339),"
        + " \(SpokenDuration.text(milliseconds: history.milliseconds))\(ended)")
    let people = history.people.count == 1 ? "1 person" : "\(history.people.count) people"
    lines.append(
      "\(people), \(history.peak) at once at the most, \(Thousandths.text(history.average)) on average"
        + interruptions(of: history))
    if !history.alerts.isEmpty { lines.append("alerts: \(AlertWords.counts(history))") }
    let alerts = history.alertsByCall
    let shown = names.names(of: history.people)
    var table = Table(columns: Self.columns + (alerts.isEmpty ? [] : ["ALERTS"]))
    for person in history.people {
      let count = alerts.isEmpty ? [] : [alerts[person.call].map { "\($0)" } ?? ""]
      table.append(cells(person, named: shown[person.call] ?? "") + count)
    }
    return lines.map { TerminalText.sanitised($0) + "\n" }.joined() + table.render()
  }

  private func interruptions(of history: ConferenceHistory) -> String {
    guard !history.interruptions.isEmpty else { return "" }
    let count = history.interruptions.count
    let lasted = SpokenDuration.text(milliseconds: history.interruptedMilliseconds)
    return "; nobody looked \(count == 1 ? "once" : "\(count) times"), for \(lasted)"
  }

  private func cells(_ person: PersonHistory, named name: String) -> [String] {
    let totals = HistorySpan.Kind.allCases.map { kind -> String in
      guard person.spans.contains(where: { $0.kind == kind }) else { return "" }
      return SpokenDuration.text(milliseconds: person.milliseconds(kind)) + (person.isOpen(kind) ? Self.open : "")
    }
    return [name, person.call.text] + totals + [
      "\(person.joins)", person.first?.rfc3339 ?? "", person.last?.rfc3339 ?? "",
    ]
  }
}

/// The report for spreadsheets: a row for each person, which repeats what is said of the conference (RFC 4180, lines end
/// with a line feed). Texts are quoted; numbers, truth values and what is absent are not.
struct ReportCSV {
  private static let columns =
    [
      "conference_sid", "friendly_name", "conference_name", "conference_from", "conference_to", "length_ms", "ended",
      "people", "peak", "average", "interrupted_ms", "conference_alerts", "call_sid", "label", "name", "first", "last",
      "joined",
    ] + HistorySpan.Kind.allCases.flatMap { ["\($0.rawValue)_ms", "\($0.rawValue)_open"] } + ["alerts"]

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
      let alerts = history.alertsByCall
      rows += history.people.map { conference + cells($0) + ["\(alerts[$0.call] ?? 0)"] }
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
      "\(history.interruptedMilliseconds)", "\(history.alerts.count)",
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
