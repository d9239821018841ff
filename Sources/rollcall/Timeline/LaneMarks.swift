import RollcallCore

/// The bars of the people of one chart.
struct LaneMarks {
  let scale: TimeScale
  let geometry: LaneGeometry
  let titles: SpanTitle

  /// One person's lane.
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

  /// A bar fades over the time in which the change happened, where that is wide enough to be seen.
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

  /// Where a fade to a moment begins; nil where nobody would see it.
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

extension HistorySpan.Kind {
  /// The class of its bars in the style.
  var className: String {
    switch self {
    case .presence: "p"
    case .muted: "m"
    case .held: "h"
    case .coaching: "c"
    }
  }
}
