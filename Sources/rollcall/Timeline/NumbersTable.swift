import RollcallCore

/// The chart as numbers, for those who do not see it and those who want to know exactly.
struct NumbersTable {
  let history: ConferenceHistory
  let names: [CallSID: String]

  func draw(to markup: inout Markup) {
    markup.open("details")
    markup.element("summary", "The same as numbers")
    markup.open("div", ["class": "numbers"])
    markup.open("table")
    markup.open("thead")
    markup.open("tr")
    for column in ["Who", "In the room", "Muted", "On hold", "Coaching", "Joined", "First", "Last"] {
      markup.element("th", ["scope": "col"], column)
    }
    markup.close("tr")
    markup.close("thead")
    markup.open("tbody")
    for person in history.people { row(person, to: &markup) }
    markup.close("tbody")
    markup.close("table")
    markup.close("div")
    markup.close("details")
  }

  private func row(_ person: PersonHistory, to markup: inout Markup) {
    markup.open("tr")
    markup.element("th", ["scope": "row", "title": person.call.text], names[person.call] ?? "")
    for kind in HistorySpan.Kind.allCases {
      let isKnown = person.spans.contains { $0.kind == kind }
      markup.element("td", isKnown ? SpokenDuration.text(milliseconds: person.milliseconds(kind)) : "–")
    }
    markup.element("td", "\(person.joins)")
    for moment in [person.first, person.last] { markup.element("td", moment.map(\.rfc3339) ?? "–") }
    markup.close("tr")
  }
}
