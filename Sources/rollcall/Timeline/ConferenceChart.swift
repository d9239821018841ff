import RollcallCore

/// One conference: its facts, its chart, and a table of the same data.
struct ConferenceChart {
  let history: ConferenceHistory
  /// How many participants are drawn, from the first.
  let drawn: Int
  /// The conference's number on the page, from 0.
  let index: Int
  let names: [CallSID: String]
  /// The conference's name; nil if it has none.
  let name: String?

  /// The maximum number of alerts drawn.
  private static let maximumAlerts = 1000

  private var people: ArraySlice<PersonHistory> { history.people.prefix(drawn) }
  private var alerts: ArraySlice<AlertHistory> { history.alerts.prefix(Self.maximumAlerts) }
  var title: String { name ?? history.conference.text }

  func draw(to markup: inout Markup) {
    markup.open("section", ["aria-labelledby": "c\(index)"])
    ConferenceFacts(history: history, name: name, index: index).draw(to: &markup)
    if drawn < history.people.count {
      markup.element(
        "p", ["class": "note"],
        "Only the first \(drawn) of \(history.people.count) people are drawn, in order of arrival.")
    }
    if alerts.count < history.alerts.count {
      markup.element(
        "p", ["class": "note"], "Only the first \(alerts.count) of \(history.alerts.count) alerts are drawn.")
    }
    zoom(to: &markup)
    chart(to: &markup)
    NumbersTable(history: history, names: names).draw(to: &markup)
    markup.close("section")
  }

  /// Draws the zoom control, which widens charts by style alone, because the page has no scripts.
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
    axis.draw(history, alerts.filter { $0.alert.call == nil }, to: &markup)
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
        + " The table below has the same information as numbers.")
    axis.gaps(history, from: 0, to: &markup)
    axis.grid(to: &markup)
    var lanes: [CallSID: Int] = [:]
    for (lane, person) in people.enumerated() { lanes[person.call] = lane }
    let coaching = CoachingMarks(marks, lanes, of: people)
    for (lane, person) in people.enumerated() {
      marks.draw(person, named: names[person.call] ?? "", at: lane, to: &markup)
      coaching.drawLabels(of: person, at: lane, to: &markup)
    }
    // The pattern of a gap is drawn over the bars too.
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
    for (lane, person) in people.enumerated() {
      coaching.drawArrows(of: person, named: names[person.call] ?? "", at: lane, to: &markup)
    }
    for alert in alerts {
      guard let call = alert.alert.call, let lane = lanes[call] else { continue }
      marks.draw(alert, of: names[call] ?? "", at: lane, to: &markup)
    }
    markup.close("svg")
  }
}

/// The bars of one chart's participants.
struct LaneMarks {
  let scale: TimeScale
  let geometry: LaneGeometry
  let titles: SpanTitle

  /// Draws one participant's lane.
  func draw(_ person: PersonHistory, named name: String, at index: Int, to markup: inout Markup) {
    markup.open("g", ["class": "lane"])
    markup.shape(
      "rect", ["class": "row", "y": "\(index * geometry.row)", "width": "100%", "height": "\(geometry.row)"],
      title: name == person.call.text ? name : "\(name)\n\(person.call.text)")
    for kind in HistorySpan.Kind.allCases {
      for span in person.spans where span.kind == kind { draw(span, of: name, at: index, to: &markup) }
    }
    markup.close("g")
  }

  /// Draws the mark of a raised alert.
  func draw(_ alert: AlertHistory, of name: String, at index: Int, to markup: inout Markup) {
    AlertMark.draw(
      at: scale.percent(alert.raised), "\(geometry.middle(index))", title: titles.text(alert, of: name), to: &markup)
  }

  /// Draws a bar that fades over the time in which the change happened, if that is wide enough to be seen.
  private func draw(_ span: HistorySpan, of name: String, at index: Int, to markup: inout Markup) {
    let track = geometry.track(span.kind, index)
    let title = titles.text(span, of: name)
    let tag = span.kind.className
    var body = (start: span.start, end: span.end)
    if case .seen(let after?) = span.beginning, let from = fade(after, span.start) {
      rect("\(tag) in", from, span.start, track, title, to: &markup)
    }
    if case .seen(let after?) = span.ending, let from = fade(max(after, span.start), span.end) {
      body.end = from
      rect("\(tag) out", from, span.end, track, title, to: &markup)
    }
    rect(tag, body.start, body.end, track, title, to: &markup)
    guard span.kind == .presence else { return }
    let middle = "\(geometry.middle(index))"
    if span.beginning == .unseen {
      markup.empty("use", ["href": "#before", "x": scale.percent(span.start), "y": middle])
    }
    if span.ending == .unseen {
      markup.empty("use", ["href": "#after", "x": scale.percent(span.end), "y": middle])
    }
  }

  /// Returns where a fade begins; nil if it is too narrow to be seen.
  private func fade(_ after: Timestamp, _ moment: Timestamp) -> Timestamp? {
    let from = max(after, scale.start)
    return scale.shows(from: from, to: moment) ? from : nil
  }

  private func rect(
    _ name: String, _ start: Timestamp, _ end: Timestamp, _ track: (top: Int, height: Int), _ title: String,
    to markup: inout Markup
  ) {
    markup.shape(
      "rect",
      [
        "class": name, "x": scale.percent(start), "y": "\(track.top)", "width": scale.percent(from: start, to: end),
        "height": "\(track.height)",
      ], title: title)
  }
}

/// The mark of a raised alert.
enum AlertMark {
  static func draw(at x: String, _ y: String, title: String, to markup: inout Markup) {
    markup.open("g", ["class": "alert"])
    markup.element("title", title)
    markup.empty("use", ["href": "#alert", "x": x, "y": y])
    markup.close("g")
  }
}

extension HistorySpan.Kind {
  /// The CSS class of its bars.
  var className: String {
    switch self {
    case .presence: "p"
    case .muted: "m"
    case .held: "h"
    case .coaching: "c"
    }
  }
}

/// The heights in a chart, in pixels: the more participants, the smaller they are.
struct LaneGeometry: Equatable {
  let row: Int
  /// The height of the bar in the middle of a row.
  let bar: Int
  /// The size of names, in tenths of pixels.
  let font: Int

  init(people: Int) {
    switch people {
    case ...14: (row, bar, font) = (34, 22, 135)
    case ...40: (row, bar, font) = (26, 18, 125)
    case ...100: (row, bar, font) = (21, 15, 115)
    default: (row, bar, font) = (17, 13, 105)
    }
  }

  /// Whether there are so many lanes that arrows would hide the bars between them.
  var isDense: Bool { row < 26 }

  func top(_ index: Int) -> Int { index * row + (row - bar) / 2 }

  func middle(_ index: Int) -> Int { index * row + row / 2 }

  /// Returns a state's track within a bar: coaching at the top, held in the middle, muted at the bottom.
  func track(_ kind: HistorySpan.Kind, _ index: Int) -> (top: Int, height: Int) {
    let height = (bar - 4) / 3
    let top = top(index)
    switch kind {
    case .presence: return (top, bar)
    case .coaching: return (top + 1, height)
    case .held: return (top + (bar - height) / 2, height)
    case .muted: return (top + bar - 1 - height, height)
    }
  }
}
