import RollcallCore

/// The report as text: a few lines and a table for each conference.
struct ReportTable {
  private static let columns = [
    Table.Column("WHO", minimum: (16, 8)), Table.Column("IN ROOM"), Table.Column("MUTED"), Table.Column("ON HOLD"),
    Table.Column("COACHING"), Table.Column("JOINED", omission: 3), Table.Column("FIRST", omission: 1),
    Table.Column("LAST", omission: 2), Table.Column("CALL", omission: 4),
  ]
  private static let alertColumn = Table.Column("ALERTS", omission: 5)
  /// The mark after the duration of a state that had not ended.
  private static let open = "+"
  /// The mark after the time in the room of participants who were already there when first seen.
  private static let before = "*"

  let names: ShownNames
  var terminal = TerminalCapabilities.plain
  var zone = LocalZone.system

  func text(_ histories: [ConferenceHistory]) -> String {
    var text = histories.map(section).joined(separator: "\n")
    let people = histories.flatMap(\.people)
    var notes: [String] = []
    if people.contains(where: \.wasThereBefore) {
      notes.append("\(Self.before) already in the room when first seen; that arrival is not counted as a join")
    }
    if people.contains(where: { $0.spans.contains(where: \.isOpen) }) {
      notes.append("\(Self.open) still running at the end")
    }
    if !notes.isEmpty { text += "\n" + notes.map { $0 + "\n" }.joined() }
    return text
  }

  private func section(_ history: ConferenceHistory) -> String {
    let title = names.conference(history.conference, friendlyName: history.friendlyName)
    var lines = [title.map { StyledText($0, .bold) }, StyledText(history.conference.text, .faint)].compactMap(\.self)
    lines += ([span(of: history), people(of: history)] + interruptions(of: history)).map { StyledText($0) }
    if !history.alerts.isEmpty { lines.append(StyledText("alerts: \(AlertWords.counts(history))")) }
    let shown = names.names(of: history.people)
    let alerts = history.alertsByCall
    var table = Table(Self.columns + (alerts.isEmpty ? [] : [Self.alertColumn]))
    let isOneDay = zone.day(history.start) == zone.day(history.end)
    for person in history.people {
      let count = alerts.isEmpty ? [] : [alerts[person.call].map { "\($0)" } ?? ""]
      table.append(cells(person, named: shown[person.call] ?? "", isOneDay: isOneDay) + count)
    }
    let head = lines.map { $0.cut(to: terminal.width()).written(hasColour: terminal.hasColour) + "\n" }.joined()
    return head + table.render(terminal)
  }

  private func span(of history: ConferenceHistory) -> String {
    let last = zone.day(history.start) == zone.day(history.end) ? "" : "\(zone.day(history.end)) "
    let length = SpokenDuration.text(milliseconds: history.milliseconds)
    return "\(zone.day(history.start)) \(zone.time(history.start)) to \(last)\(zone.time(history.end))"
      + " \(zone.name(history.start)): \(length)\(history.hasEnded ? "" : ", not over")"
  }

  private func people(of history: ConferenceHistory) -> String {
    let total = history.people.count + history.unselected
    let people = total == 1 ? "1 person" : "\(total) people"
    // Of participants who are not shown, nothing is known.
    let before = history.unselected > 0 ? 0 : history.people.count(where: \.wasThereBefore)
    let alreadyThere = before > 0 ? " (\(before) already there)" : ""
    return
      "\(people)\(alreadyThere), at most \(history.peak) at once, \(Thousandths.text(history.average).dropLast(2)) on average"
  }

  private func interruptions(of history: ConferenceHistory) -> [String] {
    guard !history.interruptions.isEmpty else { return [] }
    let count = history.interruptions.count
    let lasted = SpokenDuration.text(milliseconds: history.interruptedMilliseconds)
    return ["watching was interrupted \(count == 1 ? "once" : "\(count) times"), for \(lasted)"]
  }

  private func cells(_ person: PersonHistory, named name: String, isOneDay: Bool) -> [String] {
    let totals = HistorySpan.Kind.allCases.map { kind -> String in
      guard person.spans.contains(where: { $0.kind == kind }) else { return "" }
      let isBefore = kind == .presence && person.wasThereBefore
      return RunningClock.text(milliseconds: person.milliseconds(kind)) + (isBefore ? Self.before : "")
        + (person.isOpen(kind) ? Self.open : "")
    }
    let moments = [person.first, person.last].map { moment in
      moment.map { isOneDay ? zone.time($0) : "\(zone.day($0).dropFirst(5)) \(zone.time($0).prefix(5))" } ?? ""
    }
    return [name] + totals + ["\(person.joins)"] + moments + [person.call.text]
  }
}

/// The report for spreadsheets: a row for each participant, which repeats the conference's data (RFC 4180, with lines
/// ended by a line feed). Texts are quoted; numbers, Booleans and missing values are not.
struct ReportCSV {
  private static let columns =
    [
      "conference_sid", "friendly_name", "conference_name", "conference_from", "conference_to", "length_ms", "ended",
      "people", "peak", "average", "interrupted_ms", "conference_alerts", "call_sid", "label", "name", "first", "last",
      "joined",
    ] + HistorySpan.Kind.allCases.flatMap { ["\($0.rawValue)_ms", "\($0.rawValue)_open"] } + ["address", "alerts"]

  /// The characters that begin a formula in spreadsheets, including full-width forms.
  private static let formulaMarks: Set<Unicode.Scalar> = [
    "=", "+", "-", "@", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}",
  ]
  /// The characters that may separate cells, depending on the reader's locale.
  private static let separators: Set<Unicode.Scalar> = [",", ";", "|", "\t"]
  /// The characters that some programs ignore at the beginning of a cell.
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
      "\(history.people.count + history.unselected)", "\(history.peak)", Thousandths.text(history.average),
      "\(history.interruptedMilliseconds)", "\(history.alerts.count)",
    ]
  }

  private func cells(_ person: PersonHistory) -> [String] {
    [
      Self.quoted(person.call.text), Self.quoted(person.label),
      Self.quoted(names.given(toCall: person.call.text, at: person.address)),
      Self.quoted(person.first?.rfc3339), Self.quoted(person.last?.rfc3339), "\(person.joins)",
    ] + HistorySpan.Kind.allCases.flatMap { ["\(person.milliseconds($0))", "\(person.isOpen($0))"] } + [
      Self.quoted(person.address)
    ]
  }

  /// Returns a text in quotes; empty for nil.
  private static func quoted(_ text: String?) -> String {
    guard let text else { return "" }
    var cell = "\""
    for scalar in harmless(TerminalText.sanitised(text)) {
      if scalar == "\"" { cell += "\"" }
      cell.unicodeScalars.append(scalar)
    }
    return cell + "\""
  }

  /// Returns the text with an apostrophe before each mark that would begin a formula, at the beginning of the text or,
  /// for a program that reads another separator and ignores quotes, after one. What follows an apostrophe is text.
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
