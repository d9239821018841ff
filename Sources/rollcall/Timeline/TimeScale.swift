import RollcallCore

/// Where a moment stands between the left edge of a chart and its right one.
struct TimeScale {
  /// A chart of no time at all is drawn as one second.
  private static let shortest: Int64 = 1000
  /// Of the width; less cannot be seen.
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

  /// Such as `12.345%`.
  func percent(_ moment: Timestamp) -> String { Self.percent(fraction(moment)) }

  func percent(from: Timestamp, to: Timestamp) -> String { Self.percent(max(0, fraction(to) - fraction(from))) }

  /// Whether the time between two moments is wide enough to be seen.
  func shows(from: Timestamp, to: Timestamp) -> Bool { fraction(to) - fraction(from) >= Self.visible }

  private static func percent(_ fraction: Double) -> String {
    var text = Thousandths.text(fraction * 100)
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return text + "%"
  }
}

/// Moments as a page shows them; all are UTC.
enum ClockText {
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// `09:43:02.120`.
  static func exact(_ moment: Timestamp) -> String { String(moment.rfc3339.dropFirst(11).dropLast()) }

  /// `09:43:02`.
  static func seconds(_ moment: Timestamp) -> String { String(exact(moment).prefix(8)) }

  /// `09:43`.
  static func minutes(_ moment: Timestamp) -> String { String(exact(moment).prefix(5)) }

  /// `23 Nov`.
  static func day(_ moment: Timestamp) -> String {
    let text = moment.rfc3339
    let month = Int(text.dropFirst(5).prefix(2)) ?? 1
    return "\(Int(text.dropFirst(8).prefix(2)) ?? 1) \(months[min(max(month, 1), 12) - 1])"
  }

  /// `23 Nov 2026`.
  static func date(_ moment: Timestamp) -> String { "\(day(moment)) \(moment.rfc3339.prefix(4))" }
}
