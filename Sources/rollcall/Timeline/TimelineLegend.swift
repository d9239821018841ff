/// What the marks of all charts mean, and the patterns that they are filled with.
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
    </defs></svg>
    """

  private static let entries: [(drawing: String, text: String)] = [
    ("<rect class=\"p\" y=\"2\" width=\"30\" height=\"16\"/>", "In the room"),
    ("<rect class=\"p in\" y=\"2\" width=\"30\" height=\"16\"/>", "Came or went meanwhile"),
    (
      "<rect class=\"p\" y=\"2\" width=\"30\" height=\"16\"/><use href=\"#before\" x=\"0\" y=\"10\"/>"
        + "<use href=\"#after\" x=\"30\" y=\"10\"/>", "Was there before, stays on"
    ),
    (bar("<rect class=\"m\" y=\"12\" width=\"30\" height=\"5\"/>"), "Muted"),
    (bar("<rect class=\"h\" y=\"7.5\" width=\"30\" height=\"5\"/>"), "On hold"),
    (
      bar("<rect class=\"c\" y=\"3\" width=\"30\" height=\"5\"/>")
        + "<g class=\"arrow\"><line x1=\"8\" x2=\"8\" y1=\"5\" y2=\"20\" marker-start=\"url(#from)\" marker-end=\"url(#to)\"/></g>",
      "Coaches whom the arrow meets"
    ),
    ("<rect class=\"gap\" width=\"30\" height=\"20\"/>", "Nobody looked"),
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
