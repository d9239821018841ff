import RollcallCore

/// The heading of one conference, with facts about it.
struct ConferenceFacts {
  let history: ConferenceHistory
  /// The name of the conference; nil if it has none.
  let name: String?
  let index: Int

  func draw(to markup: inout Markup) {
    markup.open("header")
    markup.element("h2", ["id": "c\(index)"], name ?? history.conference.text)
    if name != nil { markup.element("p", ["class": "sid"], history.conference.text) }
    markup.open("dl")
    for (term, description) in facts {
      markup.open("div")
      markup.element("dt", term)
      markup.element("dd", description)
      markup.close("div")
    }
    markup.close("dl")
    markup.close("header")
  }

  private var facts: [(String, String)] {
    let length = SpokenDuration.text(milliseconds: history.milliseconds)
    var facts = [
      ("Time", span), ("Length", history.hasEnded ? length : "\(length), not over"), ("People", people),
      ("At once", "at most \(history.peak), \(Self.tenths(history.average)) on average"),
    ]
    if let interval = history.interval { facts.append(("Polled every", Self.spoken(interval))) }
    if !history.interruptions.isEmpty {
      let lasted = SpokenDuration.text(milliseconds: history.interruptedMilliseconds)
      facts.append(("Interrupted", "\(Self.times(history.interruptions.count)), \(lasted)"))
    }
    if !history.alerts.isEmpty { facts.append(("Alerts", AlertWords.counts(history))) }
    return facts
  }

  private var people: String {
    let shown = history.people.count
    let total = history.unselected == 0 ? "\(shown)" : "\(shown) of \(shown + history.unselected)"
    return history.missing == 0 ? total : "\(total), \(history.missing) unknown"
  }

  private var span: String {
    let (start, end) = (history.start, history.end)
    let isOneDay = ClockText.date(start) == ClockText.date(end)
    let last = isOneDay ? ClockText.seconds(end) : "\(ClockText.date(end)), \(ClockText.seconds(end))"
    return "\(ClockText.date(start)), \(ClockText.seconds(start)) – \(last) UTC"
  }

  private static func spoken(_ interval: Duration) -> String {
    let milliseconds = interval.wholeMilliseconds
    guard milliseconds.isMultiple(of: 1000) else { return "\(milliseconds) ms" }
    return milliseconds < 60_000
      ? "\(milliseconds / 1000) s" : SpokenDuration.text(milliseconds: milliseconds)
  }

  private static func times(_ count: Int) -> String { AlertWords.times(count) }

  private static func tenths(_ number: Double) -> String {
    String(Thousandths.text((number * 10).rounded() / 10).dropLast(2))
  }
}

/// How often alerts were raised, in words.
enum AlertWords {
  /// Returns a text such as `alone:30s once, hold:2m 3 times`.
  static func counts(_ history: ConferenceHistory) -> String {
    history.alertCounts.map { "\($0.name) \(times($0.count))" }.joined(separator: ", ")
  }

  static func times(_ count: Int) -> String { count == 1 ? "once" : "\(count) times" }
}

/// The data of the chart as a table, for accessibility and for exact values.
struct NumbersTable {
  let history: ConferenceHistory
  let names: [CallSID: String]

  func draw(to markup: inout Markup) {
    let alerts = history.alertsByCall
    let columns = ["Who", "In the room", "Muted", "On hold", "Coaching", "Times joined", "First seen", "Last seen"]
    markup.open("details")
    markup.element("summary", "Table")
    markup.open("div", ["class": "numbers"])
    markup.open("table")
    markup.open("thead")
    markup.open("tr")
    for column in columns + (alerts.isEmpty ? [] : ["Alerts"]) {
      markup.element("th", ["scope": "col"], column)
    }
    markup.close("tr")
    markup.close("thead")
    markup.open("tbody")
    for person in history.people { row(person, alerts.isEmpty ? nil : alerts[person.call] ?? 0, to: &markup) }
    markup.close("tbody")
    markup.close("table")
    markup.close("div")
    markup.close("details")
  }

  /// - Parameter alerts: how many were raised about the participant; nil if no alert was about a participant.
  private func row(_ person: PersonHistory, _ alerts: Int?, to markup: inout Markup) {
    markup.open("tr")
    markup.element("th", ["scope": "row", "title": person.call.text], names[person.call] ?? "")
    for kind in HistorySpan.Kind.allCases {
      let isKnown = person.spans.contains { $0.kind == kind }
      markup.element("td", isKnown ? SpokenDuration.text(milliseconds: person.milliseconds(kind)) : "–")
    }
    markup.element("td", "\(person.joins)")
    for moment in [person.first, person.last] { markup.element("td", moment.map(time) ?? "–") }
    if let alerts { markup.element("td", "\(alerts)") }
    markup.close("tr")
  }

  /// Returns the time, with the day if the conference lasts several.
  private func time(_ moment: Timestamp) -> String {
    let isOneDay = ClockText.date(history.start) == ClockText.date(history.end)
    return (isOneDay ? "" : "\(ClockText.day(moment)) ") + ClockText.seconds(moment)
  }
}

/// The number of participants in the room, as an area above the lanes.
struct CountGraph {
  /// The width of the drawing in units, which are stretched to the width of the chart.
  private static let width = 100_000.0

  let scale: TimeScale
  let height: Int

  func draw(_ history: ConferenceHistory, at top: Int, to markup: inout Markup) {
    let peak = max(history.peak, 1)
    var path = "M0 \(height)"
    var level = height
    for step in history.counts.steps {
      let x = Int((scale.fraction(step.at) * Self.width).rounded())
      // A count from another program may be any number.
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
    markup.shape("path", ["d": path], title: "people in the room; at most \(history.peak) at once")
    markup.close("svg")
  }
}

/// The tooltips of marks.
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
    case .unseen: lines.append("started before \(clock(span.start))")
    case .seen(let after): if let after { lines.append("started after \(clock(after))") }
    }
    switch span.ending {
    case .unseen: lines.append("not over at \(clock(span.end))")
    case .seen(let after): if let after { lines.append("ended after \(clock(after))") }
    }
    return lines.joined(separator: "\n")
  }

  func text(_ interruption: Interruption) -> String {
    let why =
      interruption.isBetweenRuns ? "rollcall was not running" : "not watched (\(Self.words(of: interruption.reason)))"
    let lasted = SpokenDuration.text(milliseconds: interruption.milliseconds)
    return "\(clock(interruption.start)) to \(clock(interruption.end)), \(lasted): \(why)"
  }

  /// - Parameter name: the name of the alert's subject.
  func text(_ alert: AlertHistory, of name: String) -> String {
    [
      "\(name): alert \(alert.alert.name)", "raised at \(clock(alert.raised)), true since \(clock(alert.since))",
      alert.resolved.map { "over at \(clock($0))" } ?? "not over at the end",
    ].joined(separator: "\n")
  }

  private static func words(of reason: String?) -> String {
    (reason ?? "").split(separator: "_").joined(separator: " ")
  }

  /// Returns a participant's name by the sid in an event.
  func name(_ sid: String) -> String { CallSID(sid).flatMap { names[$0] } ?? ShownName.short(sid) }

  private func words(_ span: HistorySpan) -> String {
    switch span.kind {
    case .presence: "in the room"
    case .muted: "muted"
    case .held: "on hold"
    case .coaching: span.target.map { "coaches \(name($0))" } ?? "coaches"
    }
  }

  /// Returns the exact time, with the day if the chart spans several.
  private func clock(_ moment: Timestamp) -> String {
    let isOneDay = ClockText.date(scale.start) == ClockText.date(scale.end)
    return isOneDay ? ClockText.exact(moment) : "\(ClockText.day(moment)) \(ClockText.exact(moment))"
  }
}
