import RollcallCore
import RollcallKit

/// The page of `rollcall timeline`: a chart for each conference, one beneath another, and nothing from elsewhere.
struct TimelinePage {
  /// Conferences on one page.
  static let maximumConferences = 50
  /// Lanes of one chart.
  static let maximumLanes = 1000
  /// Spans on one page; each is some 500 bytes of it.
  static let maximumSpans = 50_000

  private let charts: [ConferenceChart]
  /// What is not drawn because of these bounds, a sentence each.
  let omissions: [String]

  init(_ histories: [ConferenceHistory], names: ShownNames) {
    var spans = 0
    var omissions: [String] = []
    var charts: [ConferenceChart] = []
    for (index, history) in histories.prefix(Self.maximumConferences).enumerated() {
      var drawn = 0
      for person in history.people.prefix(Self.maximumLanes) {
        guard spans + person.spans.count <= Self.maximumSpans else { break }
        spans += person.spans.count
        drawn += 1
      }
      if drawn < history.people.count {
        omissions.append(
          "only the first \(drawn) of \(history.people.count) people of \(history.conference) are drawn; give --since"
            + " and --until for a part")
      }
      charts.append(
        ConferenceChart(
          history: history, drawn: drawn, index: index, names: names.names(of: history.people),
          name: names.conference(history.conference, friendlyName: history.friendlyName)))
    }
    if histories.count > charts.count {
      omissions.append(
        "only the first \(charts.count) of \(histories.count) conferences are drawn; give --conference SID for another")
    }
    self.charts = charts
    self.omissions = omissions
  }

  func html() -> [UInt8] {
    var markup = Markup()
    markup.raw("<!DOCTYPE html>\n")
    markup.open("html", ["lang": "en"])
    head(to: &markup)
    markup.open("body")
    markup.raw(TimelineLegend.definitions)
    markup.open("main")
    markup.element("h1", charts.count == 1 ? "Conference timeline" : "Timeline of \(charts.count) conferences")
    TimelineLegend.draw(to: &markup)
    for omission in omissions { markup.element("p", ["class": "note"], omission) }
    for chart in charts { chart.draw(to: &markup) }
    markup.open("footer")
    markup.element(
      "p",
      "Times are UTC; rest on a bar for exact ones. A list that is read now and then does not tell when something"
        + " changed, only between which two looks: there bars fade. Drawn by rollcall \(RollcallVersion.number).")
    markup.close("footer")
    markup.close("main")
    markup.close("body")
    markup.close("html")
    markup.raw("\n")
    return markup.bytes
  }

  private func head(to markup: inout Markup) {
    markup.open("head")
    markup.empty("meta", ["charset": "utf-8"])
    markup.empty("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
    // Whatever a label may hold, the page loads nothing and runs nothing.
    markup.empty(
      "meta",
      ["http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"])
    let name = charts.count == 1 ? charts.first?.title : nil
    markup.element("title", "Timeline of \(name ?? "\(charts.count) conferences")")
    markup.raw("<style>\(TimelineStyle.text)</style>")
    markup.close("head")
  }
}
