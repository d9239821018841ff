import RollcallCore
import RollcallKit

/// The page of `rollcall timeline`: a chart for each conference, one below another, without external resources.
struct TimelinePage {
  /// The maximum number of conferences on a page.
  static let maximumConferences = 50
  /// The maximum number of lanes in a chart.
  static let maximumLanes = 1000
  /// The maximum number of spans on a page; each takes about 500 bytes.
  static let maximumSpans = 50_000

  private let charts: [ConferenceChart]
  /// What is not drawn because of these limits, one sentence each.
  let omissions: [String]

  /// - Parameter people: the names of all participants, including those without a lane.
  init(
    _ histories: [ConferenceHistory], names: ShownNames, people: [ConferenceSID: [CallSID: String]] = [:]
  ) {
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
          "only the first \(drawn) of \(history.people.count) people of \(history.conference) are drawn; choose some"
            + " with --call, or a part with --since and --until")
      }
      charts.append(
        ConferenceChart(
          history: history, drawn: drawn, index: index,
          names: people[history.conference] ?? names.names(of: history.people),
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
      "Times are UTC. Point at a bar for exact times. All that is known of a change is that it happened"
        + " between two lists: bars fade over that time. Drawn by rollcall \(RollcallVersion.number).")
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
    // Whatever a label contains, the page must load nothing and run nothing.
    markup.empty(
      "meta",
      ["http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"])
    let name = charts.count == 1 ? charts.first?.title : nil
    markup.element("title", "Timeline of \(name ?? "\(charts.count) conferences")")
    markup.raw("<style>\(TimelineStyle.text)</style>")
    markup.close("head")
  }
}

/// The legend of all charts, and the patterns that marks are filled with.
enum TimelineLegend {
  /// Patterns and marks that the charts refer to.
  static let definitions = """
    <svg class="defs" aria-hidden="true"><defs>\
    <pattern id="muted" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
    <rect class="m0" width="6" height="6"/><rect class="m1" width="3" height="6"/></pattern>\
    <pattern id="held" width="6" height="5" patternUnits="userSpaceOnUse">\
    <rect class="h0" width="6" height="5"/><circle class="h1" cx="2" cy="2.5" r="1.4"/></pattern>\
    <pattern id="gap" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">\
    <rect class="g0" width="8" height="8"/><rect class="g1" width="1.5" height="8"/></pattern>\
    <pattern id="veil" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">\
    <rect class="v1" width="1.5" height="8"/></pattern>\
    <linearGradient id="p-in"><stop class="ps" offset="0" stop-opacity="0.12"/><stop class="ps" offset="1" stop-opacity="0.8"/></linearGradient>\
    <linearGradient id="p-out"><stop class="ps" offset="0" stop-opacity="0.8"/><stop class="ps" offset="1" stop-opacity="0.12"/></linearGradient>\
    <marker id="to" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" \
    markerUnits="userSpaceOnUse" orient="auto"><path class="head" d="M0 0L10 5L0 10Z"/></marker>\
    <marker id="from" viewBox="0 0 10 10" refX="5" refY="5" markerWidth="7" markerHeight="7" \
    markerUnits="userSpaceOnUse"><circle class="head" cx="5" cy="5" r="4"/></marker>\
    <path id="before" class="edge" d="M7 -4L3 0L7 4"/><path id="after" class="edge" d="M-7 -4L-3 0L-7 4"/>\
    <g id="alert"><path class="a" d="M0 -7.5L7 5.5H-7Z"/><path class="a1" d="M0 -3V1.5M0 3V4.5"/></g>\
    </defs></svg>
    """

  private static let entries: [(drawing: String, text: String)] = [
    ("<rect class=\"p\" y=\"2\" width=\"30\" height=\"16\"/>", "In the room"),
    ("<rect class=\"p in\" y=\"2\" width=\"30\" height=\"16\"/>", "Joined or left during this time"),
    (
      "<rect class=\"p\" y=\"2\" width=\"30\" height=\"16\"/><use href=\"#before\" x=\"0\" y=\"10\"/>"
        + "<use href=\"#after\" x=\"30\" y=\"10\"/>", "There before, there after"
    ),
    (bar("<rect class=\"m\" y=\"12\" width=\"30\" height=\"5\"/>"), "Muted"),
    (bar("<rect class=\"h\" y=\"7.5\" width=\"30\" height=\"5\"/>"), "On hold"),
    (
      bar("<rect class=\"c\" y=\"3\" width=\"30\" height=\"5\"/>")
        + "<g class=\"arrow\"><line x1=\"8\" x2=\"8\" y1=\"5\" y2=\"20\" marker-start=\"url(#from)\" marker-end=\"url(#to)\"/></g>",
      "Coaches; an arrow or a label says whom"
    ),
    (bar("<rect class=\"k\" x=\"0.5\" y=\"3\" width=\"29\" height=\"5\"/>"), "Is coached"),
    ("<rect class=\"gap\" width=\"30\" height=\"20\"/>", "Not watched"),
    (bar("<use href=\"#alert\" x=\"15\" y=\"10\"/>"), "Alert raised"),
  ]

  static var count: Int { entries.count }

  private static func bar(_ track: String) -> String {
    "<rect class=\"p\" y=\"2\" width=\"30\" height=\"16\"/>" + track
  }

  static func draw(to markup: inout Markup) {
    markup.open("ul", ["class": "legend", "aria-label": "What the marks mean"])
    for entry in entries {
      markup.open("li")
      markup.raw("<svg width=\"30\" height=\"20\" aria-hidden=\"true\">\(entry.drawing)</svg>")
      markup.element("span", entry.text)
      markup.close("li")
    }
    markup.close("ul")
  }
}

/// The style of the page. It contains no character that HTML or XML would read as markup.
enum TimelineStyle {
  static let text = colours + page + chart + marks + tables + zoom + ticks

  /// The colours of Okabe and Ito, which colour-blind readers can distinguish; patterns and places differ as well.
  private static let colours = """
    :root{color-scheme:light dark;--bg:#fff;--ink:#1c2430;--soft:#556070;--line:#d9dee5;--zebra:#f5f7fa;--over:#e6edf6;\
    --p:#5e95cc;--p-edge:#123a63;--m:#8a3b00;--m0:#ffd79c;--h:#8b1d63;--h0:#f8d3ea;--c:#00614a;--a:#b3001b;--gap:#8a94a3;--gap0:#eceff3;--count:#c4cdd9}
    @media (prefers-color-scheme:dark){:root{--bg:#10151c;--ink:#e6ebf2;--soft:#a3aebd;--line:#2a3442;--zebra:#151c25;--over:#1e2a39;\
    --p:#3f6f9f;--p-edge:#d5e8fb;--m:#ffb347;--m0:#50300a;--h:#ff9fd6;--h0:#4f1539;--c:#3fe0b0;--a:#ff7a70;--gap:#8290a3;--gap0:#1c2430;--count:#3a4757}}

    """

  private static let page = """
    *{box-sizing:border-box}
    body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.45 system-ui,sans-serif;font-variant-numeric:tabular-nums}
    main{max-width:1800px;margin:0 auto;padding:20px clamp(12px,2.5vw,36px) 32px}
    h1{font-size:15px;font-weight:600;color:var(--soft);margin:0 0 10px}
    h2{font-size:24px;line-height:1.25;margin:0;overflow-wrap:anywhere;unicode-bidi:isolate}
    section{margin:26px 0 44px}
    .sid{margin:2px 0 0;color:var(--soft);font-size:13px;overflow-wrap:anywhere}
    dl{display:flex;flex-wrap:wrap;gap:6px 28px;margin:12px 0 14px}
    dt{font-size:12px;color:var(--soft)}dd{margin:0;font-weight:600}
    .note{margin:8px 0;padding:6px 10px;border-left:3px solid var(--gap);background:var(--zebra)}
    .legend{display:flex;flex-wrap:wrap;gap:6px 18px;list-style:none;margin:0;padding:0;font-size:13px;color:var(--soft)}
    .legend li{display:flex;align-items:center;gap:8px}
    footer{font-size:13px;color:var(--soft);border-top:1px solid var(--line)}
    footer p{max-width:80ch}
    .defs{position:absolute;width:0;height:0}

    """

  private static let chart = """
    .chart{display:grid;grid-template-columns:max-content minmax(calc(var(--z,1)*max(520px,70vw)),1fr);\
    overflow:auto;max-height:88vh;border:1px solid var(--line);border-radius:8px;background:var(--bg)}
    .chart:focus-visible{outline:2px solid var(--p-edge);outline-offset:2px}
    .corner,.axis{position:sticky;top:0;z-index:2;background:var(--bg);border-bottom:1px solid var(--line);height:57px}
    .corner{left:0;z-index:3;display:flex;justify-content:space-between;align-items:center;gap:8px;padding:20px 8px 0 12px;\
    font-size:12px;color:var(--soft);border-right:1px solid var(--line);white-space:nowrap}
    .corner span{overflow:hidden;text-overflow:ellipsis}
    .counts{display:flex;flex-direction:column;justify-content:space-between;height:36px;line-height:1.1;text-align:right;font-size:11px}
    .corner,.names{max-width:clamp(112px,24vw,240px)}
    .names{position:sticky;left:0;z-index:1;min-width:0;list-style:none;margin:0;padding:0;background:var(--bg);border-right:1px solid var(--line)}
    .names li{height:var(--row);line-height:var(--row);font-size:var(--name);padding:0 10px 0 12px;\
    overflow:hidden;text-overflow:ellipsis;white-space:nowrap;unicode-bidi:isolate}
    .names li:nth-child(odd){background:var(--zebra)}
    @media (max-width:600px){.names li{padding:0 6px;font-size:min(var(--name),12px)}.corner{padding:20px 6px 0}.legend{font-size:12px}}
    .axis,.lanes{container-type:inline-size;padding:0 30px;min-width:0;overflow:clip}
    .axis>svg,.lanes>svg{display:block;width:100%;overflow:visible}

    """

  private static let marks = """
    .row{fill:transparent;x:-30px;width:calc(100% + 60px)}.lane:nth-child(odd of .lane) .row{fill:var(--zebra);fill-opacity:.7}.lane:hover .row{fill:var(--over)}
    .p{fill:var(--p);rx:3px}.m{fill:url(#muted)}.h{fill:url(#held)}.c{fill:var(--c)}
    .k{fill:var(--bg);fill-opacity:.45;stroke:var(--c);stroke-width:1px;stroke-dasharray:3 2}
    .who{pointer-events:none}.who text{font-size:10.5px;font-weight:600;fill:var(--ink);stroke:var(--bg);stroke-width:3px;\
    stroke-opacity:.75;paint-order:stroke}.dense .who text{font-size:9.5px}
    .m,.h,.c{stroke:var(--bg);stroke-width:1px;paint-order:stroke;rx:1px}
    .p.in{fill:url(#p-in);rx:0}.p.out{fill:url(#p-out);rx:0}
    .m.in,.m.out,.h.in,.h.out,.c.in,.c.out{fill-opacity:.45;stroke-opacity:0}
    .m0{fill:var(--m0)}.m1{fill:var(--m)}.h0{fill:var(--h0)}.h1{fill:var(--h)}.ps{stop-color:var(--p)}
    .gap{fill:url(#gap)}.g0{fill:var(--gap0)}.g1,.v1{fill:var(--gap)}.veil{fill:url(#veil);pointer-events:none}
    .edge{fill:none;stroke:var(--p-edge);stroke-width:2px}
    .arrow line{stroke:var(--c);stroke-width:2px}.arrow .halo{stroke:var(--bg);stroke-width:5px}.head{fill:var(--c)}
    .dense .arrow line{stroke-width:1.25px}.dense .arrow .halo{stroke-width:4px;stroke-opacity:.5}
    .a{fill:var(--a);stroke:var(--bg);stroke-width:1.5px;paint-order:stroke}.a1{stroke:var(--bg);stroke-width:1.6px}
    .chart .arrow:hover line{stroke-width:4px}
    .count path{fill:var(--count)}

    """

  private static let tables = """
    details{margin:12px 0}summary{cursor:pointer;color:var(--soft)}
    .numbers{overflow:auto;margin-top:8px}
    table{border-collapse:collapse;font-size:13px;white-space:nowrap}
    th,td{padding:4px 14px 4px 0;text-align:left;border-bottom:1px solid var(--line)}
    thead th{color:var(--soft);font-weight:500}tbody th{font-weight:600;max-width:240px;overflow:hidden;text-overflow:ellipsis}

    """

  private static let zoom = """
    .zoom{display:flex;gap:4px;align-items:center;border:0;padding:0;margin:0 0 8px;font-size:13px;color:var(--soft)}
    .zoom legend{float:left;padding:0;margin-right:8px}
    .zoom label{padding:1px 8px;border:1px solid var(--line);border-radius:99px;cursor:pointer}
    .zoom label:has(:checked){background:var(--over);color:var(--ink)}
    .zoom label:has(:focus-visible){outline:2px solid var(--p-edge)}
    .zoom input{position:absolute;opacity:0;pointer-events:none}
    section:has(.z1:checked){--z:3}section:has(.z2:checked){--z:10}section:has(.z3:checked){--z:40}
    @media print{.chart{max-height:none;overflow:visible}.zoom{display:none}}

    """

  /// Shows finer marks if there is room for their labels.
  private static let ticks = """
    .t line,line.t{stroke:var(--line);stroke-width:1px}.t text{fill:var(--soft);font-size:11.5px}
    .t2,.t3,.t4,.t5{display:none}
    @container (min-width:900px){.t2{display:inline}}@container (min-width:2600px){.t3{display:inline}}
    @container (min-width:8000px){.t4{display:inline}}@container (min-width:24000px){.t5{display:inline}}
    """
}
