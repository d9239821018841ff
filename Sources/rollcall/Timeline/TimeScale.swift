import RollcallCore

/// Maps times to positions between the left and right edges of a chart.
struct TimeScale {
  /// The minimum length of a chart, in milliseconds.
  private static let shortest: Int64 = 1000
  /// The minimum visible part of the width.
  private static let visible = 0.0015

  let start: Timestamp
  let milliseconds: Int64

  init(_ history: ConferenceHistory) {
    start = history.start
    milliseconds = max(history.milliseconds, Self.shortest)
  }

  var end: Timestamp { start + .milliseconds(milliseconds) }

  func fraction(_ moment: Timestamp) -> Double {
    min(max(Double((moment - start).wholeMilliseconds) / Double(milliseconds), 0), 1)
  }

  /// Returns a position such as `12.345%`.
  func percent(_ moment: Timestamp) -> String { Self.percent(fraction(moment)) }

  func percent(from: Timestamp, to: Timestamp) -> String { Self.percent(max(0, fraction(to) - fraction(from))) }

  /// Returns whether the time between two moments is wide enough to be seen.
  func shows(from: Timestamp, to: Timestamp) -> Bool { fraction(to) - fraction(from) >= Self.visible }

  private static func percent(_ fraction: Double) -> String {
    var text = Thousandths.text(fraction * 100)
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return text + "%"
  }
}

/// Times as the page shows them, in UTC.
enum ClockText {
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// Returns a text such as `09:43:02.120`.
  static func exact(_ moment: Timestamp) -> String { String(moment.rfc3339.dropFirst(11).dropLast()) }

  /// Returns a text such as `09:43:02`.
  static func seconds(_ moment: Timestamp) -> String { String(exact(moment).prefix(8)) }

  /// Returns a text such as `09:43`.
  static func minutes(_ moment: Timestamp) -> String { String(exact(moment).prefix(5)) }

  /// Returns a text such as `23 Nov`.
  static func day(_ moment: Timestamp) -> String {
    let text = moment.rfc3339
    let month = Int(text.dropFirst(5).prefix(2)) ?? 1
    return "\(Int(text.dropFirst(8).prefix(2)) ?? 1) \(months[min(max(month, 1), 12) - 1])"
  }

  /// Returns a text such as `23 Nov 2026`.
  static func date(_ moment: Timestamp) -> String { "\(day(moment)) \(moment.rfc3339.prefix(4))" }
}

/// The marks of a time axis, in levels: the coarsest fit a narrow chart, finer ones are shown as it gets wider.
struct TimeTicks {
  struct Tick: Equatable {
    let at: Timestamp
    /// The level, from 1, the coarsest.
    let level: Int
    let text: String
  }

  /// The maximum number of marks at each level; ``TimelineStyle`` defines the minimum width of each level.
  static let most: [Int64] = [7, 14, 40, 120, 360]
  private static let second: Int64 = 1000
  private static let day: Int64 = 86_400 * second
  private static let steps: [Int64] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 14_400, 21_600, 43_200].map {
      $0 * second
    } + [1, 2, 5, 10, 50, 100, 500, 1000, 5000, 10_000, 50_000, 100_000, 1_000_000].map { $0 * day }

  let ticks: [Tick]

  init(_ scale: TimeScale) {
    var seen: Set<Int64> = []
    var ticks: [Tick] = []
    for (index, step) in Self.levels(scale.milliseconds).enumerated() {
      for at in stride(from: Self.first(step, scale), through: scale.end.milliseconds, by: Int(step))
      where seen.insert(at).inserted {
        let moment = Timestamp(milliseconds: at)
        ticks.append(Tick(at: moment, level: index + 1, text: Self.text(moment, step)))
      }
    }
    self.ticks = ticks.sorted { $0.at < $1.at }
  }

  /// Returns the step of each level; each divides the previous one, so that marks keep their places.
  private static func levels(_ length: Int64) -> [Int64] {
    // Most people see the second level, so it is chosen first.
    guard let usual = steps.first(where: { length / $0 < most[1] }) else { return [] }
    let coarse = steps.first { $0.isMultiple(of: usual) && length / $0 < most[0] }
    var levels = [coarse ?? usual, usual]
    for most in most.dropFirst(levels.count) {
      let last = levels.last ?? usual
      levels.append(steps.first { last.isMultiple(of: $0) && length / $0 < most } ?? last)
    }
    return levels
  }

  private static func first(_ step: Int64, _ scale: TimeScale) -> Int64 {
    let start = scale.start.milliseconds
    let rest = start % step
    return rest == 0 ? start : start - rest + (rest > 0 ? step : 0)
  }

  private static func text(_ moment: Timestamp, _ step: Int64) -> String {
    if moment.milliseconds.isMultiple(of: day) { return ClockText.day(moment) }
    return step < 60 * second ? ClockText.seconds(moment) : ClockText.minutes(moment)
  }
}

/// The axis above the lanes: times, and the number of participants.
struct ChartAxis {
  /// The height of the labels in pixels; the style contains the sum of all heights.
  static let labels = 22
  static let graph = 30
  static let height = labels + graph + 4

  let scale: TimeScale
  let ticks: TimeTicks
  let titles: SpanTitle

  /// - Parameter alerts: the alerts about the conference.
  func draw(_ history: ConferenceHistory, _ alerts: [AlertHistory], to markup: inout Markup) {
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
    for alert in alerts {
      AlertMark.draw(
        at: scale.percent(alert.raised), "\(Self.labels + Self.graph / 2)",
        title: titles.text(alert, of: "the conference"), to: &markup)
    }
    markup.close("svg")
  }

  /// Draws the times without complete scans, behind everything else.
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

  /// Draws lines that extend the axis marks, behind the lanes.
  func grid(to markup: inout Markup) {
    for tick in ticks.ticks {
      let x = scale.percent(tick.at)
      markup.empty("line", ["class": "t t\(tick.level)", "x1": x, "x2": x, "y1": "0", "y2": "100%"])
    }
  }
}
