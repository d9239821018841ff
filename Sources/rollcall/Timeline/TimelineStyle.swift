/// The style of the page. It holds no character that HTML or XML would read as markup.
enum TimelineStyle {
  static let text = colours + page + chart + marks + tables + zoom + ticks

  /// After Okabe and Ito, whose colours are told apart without seeing red or green; patterns and places differ as well.
  private static let colours = """
    :root{color-scheme:light dark;--bg:#fff;--ink:#1c2430;--soft:#556070;--line:#d9dee5;--zebra:#f5f7fa;--over:#e6edf6;\
    --p:#5e95cc;--p-edge:#123a63;--m:#8a3b00;--m0:#ffd79c;--h:#8b1d63;--h0:#f8d3ea;--c:#00614a;--gap:#8a94a3;--gap0:#eceff3;--count:#c4cdd9}
    @media (prefers-color-scheme:dark){:root{--bg:#10151c;--ink:#e6ebf2;--soft:#a3aebd;--line:#2a3442;--zebra:#151c25;--over:#1e2a39;\
    --p:#3f6f9f;--p-edge:#d5e8fb;--m:#ffb347;--m0:#50300a;--h:#ff9fd6;--h0:#4f1539;--c:#3fe0b0;--gap:#8290a3;--gap0:#1c2430;--count:#3a4757}}

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
    .corner,.names{max-width:clamp(104px,24vw,240px)}
    .names{position:sticky;left:0;z-index:1;min-width:0;list-style:none;margin:0;padding:0;background:var(--bg);border-right:1px solid var(--line)}
    .names li{height:var(--row);line-height:var(--row);font-size:var(--name);padding:0 10px 0 12px;\
    overflow:hidden;text-overflow:ellipsis;white-space:nowrap;unicode-bidi:isolate}
    .names li:nth-child(odd){background:var(--zebra)}
    .axis,.lanes{container-type:inline-size;padding:0 30px;min-width:0;overflow:clip}
    .axis svg,.lanes svg{display:block;width:100%;overflow:visible}

    """

  private static let marks = """
    .row{fill:transparent;x:-30px;width:calc(100% + 60px)}.lane:nth-child(odd of .lane) .row{fill:var(--zebra);fill-opacity:.7}.lane:hover .row{fill:var(--over)}
    .p{fill:var(--p);rx:3px}.m{fill:url(#muted)}.h{fill:url(#held)}.c{fill:var(--c)}
    .m,.h,.c{stroke:var(--bg);stroke-width:1px;paint-order:stroke;rx:1px}
    .p.in{fill:url(#p-in);rx:0}.p.out{fill:url(#p-out);rx:0}
    .m.in,.m.out,.h.in,.h.out,.c.in,.c.out{fill-opacity:.45;stroke-opacity:0}
    .m0{fill:var(--m0)}.m1{fill:var(--m)}.h0{fill:var(--h0)}.h1{fill:var(--h)}.ps{stop-color:var(--p)}
    .gap{fill:url(#gap)}.g0{fill:var(--gap0)}.g1,.v1{fill:var(--gap)}.veil{fill:url(#veil);pointer-events:none}
    .edge{fill:none;stroke:var(--p-edge);stroke-width:2px}
    .arrow line{stroke:var(--c);stroke-width:2px}.arrow .halo{stroke:var(--bg);stroke-width:5px}.head{fill:var(--c)}
    .dense .arrow line{stroke-width:1.25px}.dense .arrow .halo{stroke-width:4px;stroke-opacity:.5}
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

  /// Finer marks where there is room for their labels.
  private static let ticks = """
    .t line,line.t{stroke:var(--line);stroke-width:1px}.t text{fill:var(--soft);font-size:11.5px}
    .t2,.t3,.t4,.t5{display:none}
    @container (min-width:900px){.t2{display:inline}}@container (min-width:2600px){.t3{display:inline}}
    @container (min-width:8000px){.t4{display:inline}}@container (min-width:24000px){.t5{display:inline}}
    """
}
