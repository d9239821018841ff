import RollcallCore

/// What is shown where a pointer rests on a mark.
struct SpanTitle {
  private let names: [CallSID: String]
  private let scale: TimeScale

  init(names: [CallSID: String], scale: TimeScale) {
    self.names = names
    self.scale = scale
  }

  func text(_ span: HistorySpan, of name: String) -> String {
    var lines = ["\(name): \(words(span))"]
    lines.append(
      "\(clock(span.start)) to \(clock(span.end)), \(SpokenDuration.text(milliseconds: span.milliseconds))")
    switch span.beginning {
    case .unseen: lines.append("was so before \(clock(span.start))")
    case .seen(let after): if let after { lines.append("began after \(clock(after))") }
    }
    switch span.ending {
    case .unseen: lines.append("still so at \(clock(span.end))")
    case .seen(let after): if let after { lines.append("ended after \(clock(after))") }
    }
    return lines.joined(separator: "\n")
  }

  func text(_ interruption: Interruption) -> String {
    let why = interruption.isBetweenRuns ? "nobody watched" : "nobody looked (\(interruption.reason ?? ""))"
    let lasted = SpokenDuration.text(milliseconds: interruption.milliseconds)
    return "\(clock(interruption.start)) to \(clock(interruption.end)), \(lasted): \(why)"
  }

  /// The name of somebody, by the sid that an event gives.
  func name(_ sid: String) -> String { CallSID(sid).flatMap { names[$0] } ?? ShownName.short(sid) }

  private func words(_ span: HistorySpan) -> String {
    switch span.kind {
    case .presence: "in the room"
    case .muted: "muted"
    case .held: "on hold"
    case .coaching: span.target.map { "coaches \(name($0))" } ?? "coaches"
    }
  }

  /// With the day where the chart has several.
  private func clock(_ moment: Timestamp) -> String {
    let isOneDay = ClockText.date(scale.start) == ClockText.date(scale.end)
    return isOneDay ? ClockText.exact(moment) : "\(ClockText.day(moment)) \(ClockText.exact(moment))"
  }
}
