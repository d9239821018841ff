"""Draws the README's pictures from the demo, or checks that they still show what rollcall draws. Needs pyte.

Usage: pictures.py PATH-OF-ROLLCALL [--write]

The board is what a terminal shows three seconds into the demo; its times are left out of the comparison. The timeline is
drawn from the events of one demo, kept as demo.ndjson with times rounded to its polls, so that it never changes.
"""

import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
from html import escape, unescape
from html.parser import HTMLParser

from kit.terminal_picture import Window
from kit.verdict import check

rollcall = os.path.realpath(sys.argv[1])
root = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../.."))
folder = f"{root}/Sources/RollcallKit/Documentation.docc/Pictures"
COLUMNS, ROWS = 76, 15
START = datetime.datetime(2026, 11, 23, 9, 43, tzinfo=datetime.timezone.utc)
STEP = 500  # milliseconds between the polls of the demo
VOID = {"input", "meta", "br"}
# How the picture of the timeline draws the parts that are HTML on the page.
OWN = [
    ".row{fill:none}.lane:nth-child(odd of .lane) .row{fill:var(--zebra)}",
    ".ink{fill:var(--ink)}.soft{fill:var(--soft)}.paper{fill:var(--bg);stroke:var(--line)}.rule{stroke:var(--line)}",
]


def path(name):
    return os.path.join(folder, name)


def read(name):
    with open(path(name), encoding="utf-8") as file:
        return file.read()


# The board


def board():
    """The lines of the demo's board while the supervisor coaches and the caller is on hold, as cells."""
    window = Window([rollcall, "demo"], COLUMNS, ROWS)
    window.wait_for(lambda w: "coaching agent" in w.text and "on hold" in w.text, "a coach, and a caller on hold")
    rows = [[window.screen.buffer[y][x] for x in range(COLUMNS)] for y in range(ROWS - 1)]
    window.end()
    while all(cell.data == " " for cell in rows[-1]):
        rows.pop()
    return rows


def runs(row):
    """Yields runs of cells with the same style: where they begin, their text, colour, and whether it is bold."""
    x = 0
    while x < len(row):
        look = (row[x].fg, row[x].bold)
        end = x
        while end < len(row) and (row[end].fg, row[end].bold) == look:
            end += 1
        text = "".join(cell.data for cell in row[x:end])
        if text.strip():
            yield x + len(text) - len(text.lstrip()), text.strip(), *look
        x = end


def terminal_svg(rows):
    cell, line, left, top = 8.4, 20, 18, 50
    width, height = left * 2 + cell * COLUMNS, top + line * len(rows) + 10
    colours = {"default": "#d8dee9", "magenta": "#d69ae0", "cyan": "#6fd3e3", "green": "#8fd18a", "brown": "#e8c468", "red": "#f08080"}
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" viewBox="0 0 {width:.0f} {height}" role="img">',
        "<title>The board of rollcall demo: who is in the room, on hold or coaching whom, and the latest events</title>",
        f'<rect width="{width:.0f}" height="{height}" rx="8" fill="#161b22"/>',
        '<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace" font-size="14">',
        f'<text x="{left}" y="26" fill="#8b949e">$ rollcall demo</text>',
    ]
    for number, row in enumerate(rows):
        for x, text, colour, bold in runs(row):
            weight = ' font-weight="bold"' if bold else ""
            out.append(
                f'<text x="{left + cell * x:.1f}" y="{top + line * number + 10}" textLength="{cell * len(text):.1f}" '
                f'fill="{colours[colour]}"{weight} xml:space="preserve">{escape(text)}</text>')
    return "\n".join([*out, "</g>", "</svg>", ""])


def words(svg):
    """Returns the text of a picture of the board, without its times."""
    texts = (unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg))
    return [re.sub(r"\d+:\d\d(:\d\d)?|\d+\.\d s", "…", text) for text in texts]


# The timeline


def demo():
    """The events of a demo, their times rounded to its polls and moved to a morning in November."""
    output = subprocess.run([rollcall, "demo", "--format", "ndjson"], capture_output=True, text=True, check=True).stdout
    first = moment(json.loads(output.split("\n", 1)[0])["timestamp"])

    def moved(match):
        steps = round((moment(match[2]) - first).total_seconds() * 1000 / STEP)
        at = START + datetime.timedelta(milliseconds=steps * STEP)
        return f'"{match[1]}":"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"'

    return re.sub(r'"(timestamp|occurred_after)":"([^"]+)"', moved, output)


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def story(events):
    """Returns the events' types and participants, in order."""
    return [(event["type"], event.get("call_sid"), event.get("changes")) for event in map(json.loads, events.splitlines())]


def page(events):
    """Draws the timeline of these events, with the demo's names."""
    named = dict(zip(["agent", "caller", "supervisor", "specialist"], dict.fromkeys(filter(None, (who for _, who, _ in story(events))))))
    with tempfile.NamedTemporaryFile("w", suffix=".names") as names:
        conference = json.loads(events.split("\n", 1)[0])["conference_sid"]
        names.writelines(f"{sid} {name}\n" for name, sid in named.items())
        names.write(f"{conference} demo\n")
        names.flush()
        return subprocess.run(
            [rollcall, "timeline", "-", "--names", names.name], input=events, capture_output=True, text=True, check=True).stdout


class Page(HTMLParser):
    """Finds the parts of the page of `rollcall timeline` that make its chart."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.parts = {}  # the contents of each SVG, by the class of the element around it
        self.names, self.styles, self.counts = [], [], []
        self.around, self.svg, self.depth = [], None, 0
        self.feed(text)

    @property
    def classes(self):
        return [name for name in reversed(self.around) if name]

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "svg" and not self.depth:
            self.svg = []
            self.key = attributes.get("class") or (self.classes or [""])[0]
            self.parts.setdefault(self.key, (attributes.get("height", "0"), self.svg))
        if self.svg is not None and self.depth:
            shown = "".join(f' {self.case(name)}="{escape(value or "")}"' for name, value in attributes.items())
            self.svg.append(f"<{self.case(tag)}{shown}>")
        if self.svg is not None:
            self.depth += 1
        elif tag not in VOID:
            self.around.append(attributes.get("class", tag))

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if self.svg is None:
            if tag not in VOID:
                self.around.pop()
            return
        self.depth -= 1
        if self.depth:
            self.svg.append(f"</{self.case(tag)}>")
        else:
            self.svg = None

    def handle_data(self, text):
        if self.svg is not None:
            self.svg.append(escape(text))
        elif "style" in self.around:
            self.styles.append(text)
        elif "names" in self.around and text.strip():
            self.names.append(text)
        elif "counts" in self.around and text.strip():
            self.counts.append(text)

    # The HTML parser makes names lower case, but SVG is case-sensitive.
    CASES = {
        one.lower(): one
        for one in ["viewBox", "preserveAspectRatio", "patternUnits", "patternTransform", "linearGradient", "refX", "refY",
                    "markerWidth", "markerHeight", "markerUnits"]}

    def case(self, name):
        return self.CASES.get(name, name)


def drawn_with(definitions, style, marks):
    """Returns only the definitions and rules that the marks need, so that a new mark does not change pictures without it."""
    def rules(drawn):
        classes = {name for names in re.findall(r'class="([^"]*)"', drawn) for name in names.split()}
        return [
            rule for rule in re.findall(r"[^{}]+\{[^{}]*\}", style)
            if any(set(re.findall(r"\.([a-zA-Z][\w-]*)", one)) <= classes for one in rule.split("{")[0].split(","))]

    text = "".join(rules(marks)) + marks
    every = re.finditer(r'<(\w+) id="([\w-]+)".*?</\1>', definitions)
    parts = "".join(match[0] for match in every if f"#{match[2]}" in text)
    return f"<defs>{parts}</defs>", rules(parts + marks)


def resolved(style, definitions, marks):
    """The page's definitions, and its style with its variables replaced, in light colours and in dark ones."""
    light, dark = re.search(r":root\{([^}]*)\}\s*@media \(prefers-color-scheme:dark\)\{:root\{([^}]*)\}\}", style).groups()
    rest = style[style.index(dark) + len(dark) + 2:]
    # Seven or eight marks of the axis fit; rules for wider pages and for print do not apply.
    rest = re.sub(r"@container \(min-width:900px\)\{([^}]*\})\}", r"\1", rest)
    rest = re.sub(r"@(container|media) [^{]*\{([^{}]*\{[^{}]*\})*\s*\}", "", rest)
    definitions, rules = drawn_with(definitions, rest, marks)
    kept = [
        rule for rule in rules
        if re.search(r"fill|stroke|rx:|stop-color|display:(none|inline)\}|font-size:11", rule)
        and not re.search(r"zoom|table|th,|:hover|:focus|defs|grid|counts|corner|legend|(?<!\.)h1|details|\.row", rule)]

    def coloured(variables):
        values = dict(one.strip()[2:].split(":", 1) for one in variables.split(";") if one.strip().startswith("--"))
        text = "".join([*kept, *OWN])
        return re.sub(r"var\(--([\w-]+)\)", lambda match: values[match[1]], text)

    first, second = coloured(light), coloured(dark)
    style = re.sub(r"\s*\n\s*", "\n", f"{first}\n@media (prefers-color-scheme:dark){{{second}}}")
    return definitions, style


def timeline_svg(html):
    parsed = Page(html)
    left, width, pad, axis = 100, 676, 30, 57
    (axis_height, axis_marks), (height, lanes) = parsed.parts["axis"], parsed.parts["lanes"]
    row = int(height) // len(parsed.names)
    marks = "".join([*axis_marks, *lanes])
    definitions, style = resolved("".join(parsed.styles), "".join(parsed.parts["defs"][1]), marks)
    total, inner = axis + int(height) + 2, width - left - 2 * pad
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{total}" viewBox="0 0 {width} {total}" role="img" '
        'font-family="system-ui,-apple-system,Segoe UI,DejaVu Sans,sans-serif">',
        "<title>The timeline of rollcall demo: a lane for each participant</title>",
        f"<style>{style}</style>",
        f'<rect class="paper" x="0.5" y="0.5" width="{width - 1}" height="{total - 1}" rx="8"/>',
        definitions,
        '<text class="soft" x="12" y="44" font-size="12">People</text>',
        *(f'<text class="soft" x="{left - 8}" y="{y}" font-size="11" text-anchor="end">{count}</text>'
          for count, y in zip(parsed.counts, (31, 54))),
        *(f'<text class="ink" x="12" y="{axis + row * number + row / 2 + 5:.0f}" font-size="13.5">{escape(name)}</text>'
          for number, name in enumerate(parsed.names)),
        f'<line class="rule" x1="0" x2="{width}" y1="{axis}" y2="{axis}"/>',
        f'<line class="rule" x1="{left}" x2="{left}" y1="0" y2="{total}"/>',
        f'<svg x="{left + pad}" y="0" width="{inner}" height="{axis_height}" overflow="visible">',
        "".join(axis_marks),
        "</svg>",
        f'<svg x="{left + pad}" y="{axis + 1}" width="{inner}" height="{height}" overflow="visible">',
        "".join(lanes),
        "</svg>",
        "</svg>",
        "",
    ]
    return "\n".join(out)


if "--write" in sys.argv:
    events = demo()
    if not os.path.exists(path("demo.ndjson")) or story(events) != story(read("demo.ndjson")):
        with open(path("demo.ndjson"), "w", encoding="utf-8") as file:
            file.write(events)
    for name, text in (("board.svg", terminal_svg(board())), ("timeline.svg", timeline_svg(page(read("demo.ndjson"))))):
        with open(path(name), "w", encoding="utf-8") as file:
            file.write(text)
else:
    events = read("demo.ndjson")
    drawn = words(terminal_svg(board()))
    check(words(read("board.svg")) == drawn, "the picture of the board equals the board on a terminal (if not, run pictures.py --write)", drawn)
    check(story(events) == story(demo()), "the timeline's events are those of the demo")
    check(read("timeline.svg") == timeline_svg(page(events)), "the picture of the timeline equals the one on the page (if not, run pictures.py --write)")
