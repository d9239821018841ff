import RollcallCore

/// What stands above the lanes: times, and how many people were there.
struct ChartAxis {
  /// In pixels; the style knows both together.
  static let labels = 22
  static let graph = 30
  static let height = labels + graph + 4

  let scale: TimeScale
  let ticks: TimeTicks
  let titles: SpanTitle

  func draw(_ history: ConferenceHistory, to markup: inout Markup) {
    markup.open("svg", ["height": "\(Self.height)", "aria-hidden": "true"])
    gaps(history, from: Self.labels - 4, to: &markup)
    CountGraph(scale: scale, height: Self.graph).draw(history, at: Self.labels, to: &markup)
    for tick in ticks.ticks {
      let x = scale.percent(tick.at)
      markup.open("g", ["class": "t t\(tick.level)"])
      markup.empty("line", ["x1": x, "x2": x, "y1": "16", "y2": "\(Self.height)"])
      markup.element("text", ["x": x, "y": "12", "text-anchor": "middle"], tick.text)
      markup.close("g")
    }
    markup.close("svg")
  }

  /// The times in which nobody looked, behind everything.
  func gaps(_ history: ConferenceHistory, from top: Int, to markup: inout Markup) {
    for interruption in history.interruptions {
      markup.shape(
        "rect",
        [
          "class": "gap", "x": scale.percent(interruption.start), "y": "\(top)",
          "width": scale.percent(from: interruption.start, to: interruption.end), "height": "100%",
        ], title: titles.text(interruption))
    }
  }

  /// Lines that go on from the marks, behind the lanes.
  func grid(to markup: inout Markup) {
    for tick in ticks.ticks {
      let x = scale.percent(tick.at)
      markup.empty("line", ["class": "t t\(tick.level)", "x1": x, "x2": x, "y1": "0", "y2": "100%"])
    }
  }
}
