import RollcallCore

/// How many people were in the room, as an area above the lanes.
struct CountGraph {
  /// Units from the left edge to the right one; the drawing is stretched to the width of the chart.
  private static let width = 100_000.0

  let scale: TimeScale
  let height: Int

  func draw(_ history: ConferenceHistory, at top: Int, to markup: inout Markup) {
    let peak = max(history.peak, 1)
    var path = "M0 \(height)"
    var level = height
    for step in history.counts.steps {
      let x = Int((scale.fraction(step.at) * Self.width).rounded())
      // A count of another program's may be any number.
      level = height - Int(Double(step.count) / Double(peak) * Double(height))
      path += "H\(x)V\(level)"
    }
    path += "H\(Int(Self.width))V\(height)Z"
    markup.open(
      "svg",
      [
        "class": "count", "y": "\(top)", "width": "100%", "height": "\(height)",
        "viewBox": "0 0 \(Int(Self.width)) \(height)", "preserveAspectRatio": "none",
      ])
    markup.shape("path", ["d": path], title: "people in the room; \(history.peak) at once at the most")
    markup.close("svg")
  }
}
