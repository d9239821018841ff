import RollcallCore

/// The heading of one conference.
struct ConferenceFacts {
  let history: ConferenceHistory
  /// nil where nobody has named it.
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
      ("Time", span), ("Length", history.hasEnded ? length : "\(length), not over"),
      (
        "People",
        history.missing == 0 ? "\(history.people.count)" : "\(history.people.count), \(history.missing) unknown"
      ),
      ("At once", "\(history.peak) at the most, \(Self.tenths(history.average)) on average"),
    ]
    if let interval = history.interval { facts.append(("Looked every", Self.spoken(interval))) }
    if !history.interruptions.isEmpty {
      let lasted = SpokenDuration.text(milliseconds: history.interruptedMilliseconds)
      facts.append(("Interrupted", "\(Self.times(history.interruptions.count)), \(lasted)"))
    }
    return facts
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

  private static func times(_ count: Int) -> String { count == 1 ? "once" : "\(count) times" }

  private static func tenths(_ number: Double) -> String {
    String(Thousandths.text((number * 10).rounded() / 10).dropLast(2))
  }
}
