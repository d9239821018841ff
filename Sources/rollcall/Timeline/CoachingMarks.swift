import RollcallCore

/// Marks who coaches whom in one chart: by an arrow between lanes near each other, otherwise by a label in both.
struct CoachingMarks {
  /// The maximum number of lanes that an arrow spans.
  private static let arrowReach = 6

  /// A time in which a participant is coached.
  private struct Coached {
    let coach: CallSID
    let span: HistorySpan
  }

  private let marks: LaneMarks
  /// The lane of each participant drawn.
  private let lanes: [CallSID: Int]
  private var coached: [CallSID: [Coached]] = [:]

  init(_ marks: LaneMarks, _ lanes: [CallSID: Int], of people: some Sequence<PersonHistory>) {
    self.marks = marks
    self.lanes = lanes
    for person in people {
      for span in person.spans where span.kind == .coaching {
        guard let target = span.target.flatMap(CallSID.init), target != person.call else { continue }
        coached[target, default: []].append(Coached(coach: person.call, span: span))
      }
    }
  }

  /// Labels a coach's lane with the coached participant, and marks the coached participant's lane with the coach.
  func drawLabels(of person: PersonHistory, at lane: Int, to markup: inout Markup) {
    for span in person.spans where span.kind == .coaching && target(of: span, at: lane) == nil {
      guard let target = span.target else { continue }
      label("→ \(marks.titles.name(target))", span, lane, to: &markup)
    }
    for entry in coached[person.call] ?? [] {
      let name = marks.titles.name(entry.coach.text)
      let track = marks.geometry.track(.coaching, lane)
      markup.shape(
        "rect",
        [
          "class": "k", "x": marks.scale.percent(entry.span.start), "y": "\(track.top)",
          "width": marks.scale.percent(from: entry.span.start, to: entry.span.end), "height": "\(track.height)",
        ], title: marks.titles.text(entry.span, of: name))
      guard lanes[entry.coach].map({ target(of: entry.span, at: $0) == nil }) ?? true else { continue }
      label("← \(name)", entry.span, lane, to: &markup)
    }
  }

  func drawArrows(of person: PersonHistory, named name: String, at lane: Int, to markup: inout Markup) {
    let geometry = marks.geometry
    for span in person.spans where span.kind == .coaching {
      guard let target = target(of: span, at: lane) else { continue }
      let track = geometry.track(.coaching, lane)
      let from = track.top + track.height / 2
      let to = target > lane ? geometry.top(target) - 1 : geometry.top(target) + geometry.bar + 1
      let x = marks.scale.percent(span.start)
      markup.open("g", ["class": "arrow"])
      markup.element("title", marks.titles.text(span, of: name))
      markup.empty("line", ["class": "halo", "x1": x, "x2": x, "y1": "\(from)", "y2": "\(to)"])
      markup.empty(
        "line",
        ["x1": x, "x2": x, "y1": "\(from)", "y2": "\(to)", "marker-start": "url(#from)", "marker-end": "url(#to)"])
      markup.close("g")
    }
  }

  /// Returns the lane that an arrow leads to; nil if a label is better.
  private func target(of span: HistorySpan, at lane: Int) -> Int? {
    guard !marks.geometry.isDense, let target = span.target.flatMap(CallSID.init).flatMap({ lanes[$0] }) else {
      return nil
    }
    return target != lane && abs(target - lane) <= Self.arrowReach ? target : nil
  }

  /// Draws a text in the bar, clipped to the span.
  private func label(_ text: String, _ span: HistorySpan, _ lane: Int, to markup: inout Markup) {
    let row = marks.geometry.row
    markup.open(
      "svg",
      [
        "class": "who", "x": marks.scale.percent(span.start), "y": "\(lane * row)",
        "width": marks.scale.percent(from: span.start, to: span.end), "height": "\(row)",
      ])
    markup.element("text", ["x": "3", "y": "\(row / 2)", "dominant-baseline": "central"], text)
    markup.close("svg")
  }
}
