import RollcallCore

/// Arrows from the lane of a coach to that of whom they coach, where the coaching begins.
struct CoachingArrows {
  let scale: TimeScale
  let geometry: LaneGeometry
  let titles: SpanTitle
  /// The lane of each person that is drawn.
  let lanes: [CallSID: Int]

  func draw(_ person: PersonHistory, named name: String, to markup: inout Markup) {
    guard let coach = lanes[person.call] else { return }
    for span in person.spans where span.kind == .coaching {
      guard let target = span.target.flatMap(CallSID.init).flatMap({ lanes[$0] }), target != coach else { continue }
      let track = geometry.track(.coaching, coach)
      let from = track.top + track.height / 2
      let to = target > coach ? geometry.top(target) - 1 : geometry.top(target) + geometry.bar + 1
      let x = scale.percent(span.start)
      markup.open("g", ["class": "arrow"])
      markup.element("title", titles.text(span, of: name))
      markup.empty("line", ["class": "halo", "x1": x, "x2": x, "y1": "\(from)", "y2": "\(to)"])
      markup.empty(
        "line",
        ["x1": x, "x2": x, "y1": "\(from)", "y2": "\(to)", "marker-start": "url(#from)", "marker-end": "url(#to)"])
      markup.close("g")
    }
  }
}
