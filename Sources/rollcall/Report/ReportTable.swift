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
    let shown = names.names(of: history.people)
    var table = Table(columns: Self.columns)
    for person in history.people { table.append(cells(person, named: shown[person.call] ?? "")) }
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
