import RollcallCore

/// One conference: what it was, its chart, and the same as numbers.
struct ConferenceChart {
  let history: ConferenceHistory
  /// How many of the people are drawn, from the first.
  let drawn: Int
  /// From 0, among the conferences of the page.
  let index: Int
  let names: [CallSID: String]
  /// What the conference is called; nil where nobody has named it.
  let name: String?

  private var people: ArraySlice<PersonHistory> { history.people.prefix(drawn) }
  var title: String { name ?? history.conference.text }

  func draw(to markup: inout Markup) {
    markup.open("section", ["aria-labelledby": "c\(index)"])
    ConferenceFacts(history: history, name: name, index: index).draw(to: &markup)
    if drawn < history.people.count {
      markup.element(
        "p", ["class": "note"],
        "Drawn are the first \(drawn) of \(history.people.count) people, in the order of arrival.")
    }
    zoom(to: &markup)
    chart(to: &markup)
    NumbersTable(history: history, names: names).draw(to: &markup)
    markup.close("section")
  }

  /// Wider charts by style alone: the page has no scripts.
  private func zoom(to markup: inout Markup) {
    markup.open("fieldset", ["class": "zoom"])
    markup.element("legend", "Zoom")
    for (step, factor) in [1, 3, 10, 40].enumerated() {
      markup.open("label")
      if step == 0 {
        markup.empty("input", ["type": "radio", "name": "z\(index)", "class": "z\(step)", "checked": "checked"])
      } else {
        markup.empty("input", ["type": "radio", "name": "z\(index)", "class": "z\(step)"])
      }
      markup.element("span", "\(factor)×")
      markup.close("label")
    }
    markup.close("fieldset")
  }

  private func chart(to markup: inout Markup) {
    let geometry = LaneGeometry(people: people.count)
    let scale = TimeScale(history)
    let titles = SpanTitle(names: names, scale: scale)
    let axis = ChartAxis(scale: scale, ticks: TimeTicks(scale), titles: titles)
    let size = "--row:\(geometry.row)px;--name:\(geometry.font / 10).\(geometry.font % 10)px"
    markup.open(
      "div",
      [
        "class": geometry.isDense ? "chart dense" : "chart", "style": size, "tabindex": "0", "role": "region",
        "aria-label": "Timeline of \(title)",
      ])
    markup.open("div", ["class": "corner"])
    markup.element("span", "People")
    markup.open("div", ["class": "counts"])
    markup.element("span", "\(history.peak)")
    markup.element("span", "0")
    markup.close("div")
    markup.close("div")
    markup.open("div", ["class": "axis"])
    axis.draw(history, to: &markup)
    markup.close("div")
    markup.open("ol", ["class": "names"])
    for person in people { markup.element("li", ["title": person.call.text], names[person.call] ?? "") }
    markup.close("ol")
    markup.open("div", ["class": "lanes"])
    lanes(LaneMarks(scale: scale, geometry: geometry, titles: titles), axis, to: &markup)
    markup.close("div")
    markup.close("div")
  }

  private func lanes(_ marks: LaneMarks, _ axis: ChartAxis, to markup: inout Markup) {
    let height = max(people.count, 1) * marks.geometry.row
    markup.open(
      "svg", ["height": "\(height)", "role": "img", "aria-labelledby": "t\(index)", "aria-describedby": "d\(index)"])
    markup.element("title", ["id": "t\(index)"], "Timeline of \(title)")
    markup.element(
      "desc", ["id": "d\(index)"],
      "A lane for each of \(people.count) people shows when they were in the room, muted, on hold or coaching."
        + " The table below holds the same as numbers.")
    axis.gaps(history, from: 0, to: &markup)
    axis.grid(to: &markup)
    var lanes: [CallSID: Int] = [:]
    for (lane, person) in people.enumerated() {
      lanes[person.call] = lane
      marks.draw(person, named: names[person.call] ?? "", at: lane, to: &markup)
    }
    // What is seen of a gap through the bars.
    markup.open("g", ["class": "veil"])
    for interruption in history.interruptions {
      markup.empty(
        "rect",
        [
          "x": marks.scale.percent(interruption.start), "y": "0",
          "width": marks.scale.percent(from: interruption.start, to: interruption.end), "height": "100%",
        ])
    }
    markup.close("g")
    let arrows = CoachingArrows(scale: marks.scale, geometry: marks.geometry, titles: marks.titles, lanes: lanes)
    for person in people { arrows.draw(person, named: names[person.call] ?? "", to: &markup) }
    markup.close("svg")
  }
}
