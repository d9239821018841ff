#!/usr/bin/env python3
"""Compares the documentation with rollcall: events, keys, options, variables, exit codes, links, code, queries, lanes.

Usage: documents.py PATH-OF-ROLLCALL
"""

import datetime, fnmatch, glob, json, os, re, sqlite3, subprocess, sys, tempfile
from kit.simulated_space import SimulatedSpace
from kit.verdict import check

rollcall = os.path.realpath(sys.argv[1])
root = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../.."))
catalog = f"{root}/Sources/RollcallKit/Documentation.docc"
LINES_OF_README = 150
# Variables that control the tests.
FOR_TESTS = {"ROLLCALL_SEED", "ROLLCALL_SEEDS", "ROLLCALL_ALL_SEEDS", "ROLLCALL_TARGETS"}
TICKS = r"`([^`]+)`"
# A link to another page of the documentation, such as [Events](Events.md).
LINK = r"\]\(([A-Z][A-Za-z]+)\.md[)#]"


def read(path):
    with open(path) as file:
        return file.read()


def said(*arguments):
    return subprocess.run([rollcall, *arguments], capture_output=True, text=True, check=True).stdout


def table(text, title):
    """Returns the rows of the table with this heading, as the texts of their cells."""
    rows = text.split(f"| {title} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]


def events():
    definitions = json.loads(said("help", "--schema"))["$defs"]
    schema = {name: one for name, one in definitions.items() if "." in name}
    page, readme = read(f"{catalog}/Events.md"), read(f"{root}/README.md")
    for where, text in (("Events.md", page), ("README.md", readme)):
        named = [kind for row in table(text, "type | when") for kind in re.findall(TICKS, row[0])]
        check(sorted(named) == sorted(schema), f"{where} names each event type once", set(named) ^ set(schema))
    required, optional = {kind: set() for kind in schema}, {kind: set() for kind in schema}
    for pattern, keys in table(page, "events | keys that they have"):
        maybe = set(re.findall(r"\(`([^`]+)`\)", keys))
        for kind in schema:
            if any(fnmatch.fnmatchcase(kind, one) for one in re.findall(TICKS, pattern)):
                optional[kind] |= maybe
                required[kind] |= set(re.findall(TICKS, keys)) - maybe
    for kind, one in schema.items():
        check(required[kind] == set(one["required"]), f"Events.md lists the required keys of {kind}", required[kind] ^ set(one["required"]))
        rest = set(one["properties"]) - set(one["required"])
        check(optional[kind] == rest, f"Events.md lists the optional keys of {kind}", optional[kind] ^ rest)
    shown = json.loads(re.search(r"```json\n(.*?)```", readme, re.S)[1])
    wanted = set(schema[shown["type"]]["required"])
    check(set(shown) == wanted, "README.md shows an event with all of its keys", set(shown) ^ wanted)
    told = {key for row in table(page, "key | meaning") for key in re.findall(TICKS, row[0])}
    known = {key for one in schema.values() for key in one["properties"]}
    check(told == known, "Events.md explains every key, and no other", told ^ known)
    words = {row[0]: set(re.findall(TICKS, row[1])) for row in table(page, "key | meaning")}
    for key in ("reason", "confirmed_by"):
        values = {value for one in schema.values() for value in one["properties"].get(key, {}).get("enum", [])}
        check(words[f"`{key}`"] == values, f"Events.md lists the values of {key}", words[f"`{key}`"] ^ values)


def links():
    pages = {os.path.basename(path)[:-3]: read(path) for path in glob.glob(f"{catalog}/*.md")}
    for name, text in pages.items():
        check("<doc:" not in text, f"{name}.md has links that a code host can follow")
        for target in re.findall(LINK, text):
            check(target in pages, f"{name}.md links to the page {target}, which exists")
    linked = set(re.findall(LINK, pages["RollcallKit"]))
    check(linked == set(pages) - {"RollcallKit"}, "RollcallKit.md links to all other pages", linked ^ set(pages))
    readme = read(f"{root}/README.md")
    check(len(readme.splitlines()) <= LINES_OF_README, f"README.md has at most {LINES_OF_README} lines")
    for folder, text in [(root, readme), *((catalog, text) for text in pages.values())]:
        for path in re.findall(r"\]\(((?!https?:)[^)#]+)\)", text):
            check(os.path.exists(f"{folder}/{path}"), f"a page in {os.path.basename(folder)} links to {path}, which exists")
    for name, text in pages.items() | {"README": readme}.items():
        for path in re.findall(r"`((?:examples|Tests|\.ci)/[^` {]+)`", text):
            check(os.path.exists(f"{root}/{path}"), f"{name} names {path}, which exists")
    named = " ".join(pages.values())
    for path in subprocess.run(["git", "ls-files", "examples"], cwd=root, capture_output=True, text=True).stdout.split():
        check(path in named or any(f"`{one}`" in named for one in parents(path)), f"the documentation names {path}")


def parents(path):
    while path := os.path.dirname(path):
        if path != "examples":
            yield path


def code():
    """The Swift code on the library page exists, and the names on every page are public."""
    page = read(f"{catalog}/Library.md")
    lines = {line.strip() for path in glob.glob(f"{root}/examples/library/Sources/*/*.swift") for line in read(path).splitlines()}
    for block in re.findall(r"```swift\n(.*?)```", page, re.S)[1:]:
        for line in block.splitlines():
            check(line.strip() in lines, f"examples/library contains the line: {line.strip()}")
    sources = "".join(read(path) for path in glob.glob(f"{root}/Sources/Rollcall[KC]*/*/*.swift"))
    for page in glob.glob(f"{catalog}/*.md"):
        for name in re.findall(r"``([A-Za-z/]+)(?:\([A-Za-z_:]*\))?``", read(page)):
            last = name.split("/")[-1]
            if last != "RollcallKit":
                check(re.search(rf"public ([a-z]+ )*{last}\b|case {last}\b", sources), f"{name} is public")


def options():
    """Every option in the documentation exists in some command."""
    commands = re.findall(r"^  ([a-z]+) ", said("help"), re.M)
    known = {option for one in commands for option in re.findall(r"--[a-z][a-z-]*", said("help", one))}
    for path in [*glob.glob(f"{catalog}/*.md"), f"{root}/README.md"]:
        whole = read(path).replace("\\\n", "")
        for line in re.findall(r"^\s*(?:\* \* \* \* \* )?rollcall .*", whole, re.M):
            unknown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", line)) - known
            check(not unknown, f"{os.path.basename(path)} uses only known options: {line.strip()[:60]}", unknown)


def variables():
    """Three lists of variables agree: the man page, the table in the documentation, and what the sources read."""
    manual = re.split(r"^\.SH ", said("help", "--man"), flags=re.M)
    listed = next(part for part in manual if part.startswith('"ENVIRONMENT"'))
    listed = set(re.findall(r"^\.TP\n\\fB([A-Z_]+)", listed, re.M))
    rows = [name for row in table(read(f"{catalog}/Commands.md"), "variable | what it does") for name in re.findall(TICKS, row[0])]
    check(sorted(rows) == sorted(listed), "Commands.md and the man page list the same variables, each once", set(rows) ^ listed)
    read_somewhere = {"TZ"}  # By the C library.
    for path in glob.glob(f"{root}/Sources/*/**/*.swift", recursive=True):
        text = read(path)
        read_somewhere |= set(re.findall(r"""(?:getenv|environment|variable|Environment\.text)\("([A-Za-z_]+)"\)""", text))
        if path.endswith("/EnvironmentVariable.swift"):
            read_somewhere |= set(re.findall(r'case \w+ = "([A-Z_]+)"', text))
    read_somewhere = {name.upper() for name in read_somewhere}
    check(read_somewhere == listed, "the sources read the documented variables, and no others", read_somewhere ^ listed)
    for path in [*glob.glob(f"{catalog}/*.md"), f"{root}/README.md"]:
        named = set(re.findall(r"\b(?:SIGNALWIRE|TWILIO|TELNYX|ROLLCALL)_[A-Z][A-Z_]*[A-Z]\b", read(path)))
        check(named <= listed | FOR_TESTS, f"{os.path.basename(path)} names only known variables", named - listed)


def manual():
    day = re.search(r'^\.TH "ROLLCALL" "1" "(\d+)-(\d+)-(\d+)"', said("help", "--man"), re.M)
    check(day, "the man page has a date")
    check(datetime.date(*map(int, day.groups())) <= datetime.date.today(), "the date of the man page is not in the future")


def statuses():
    """The exit codes in the documentation are those in the man page."""
    manual = next(part for part in re.split(r"^\.SH ", said("help", "--man"), flags=re.M) if part.startswith('"EXIT STATUS"'))
    codes = set(re.findall(r"^\.TP\n\\fB(\d+)", manual, re.M))
    named = {code for row in table(read(f"{catalog}/Commands.md"), "code | meaning") for code in re.findall(r"\d+", row[0])}
    check(codes == named - {"128"}, "Commands.md and the man page list the same exit codes", codes ^ named)


def blocks(page, language):
    """Returns a page's code blocks in that language."""
    return re.findall(rf"^```{language}\n(.*?)^```", read(f"{catalog}/{page}.md"), re.M | re.S)


def scenario():
    """The scenario in the documentation can be simulated."""
    shown = next(one for one in map(json.loads, blocks("Simulator", "json")) if "rooms" in one)
    with SimulatedSpace(rollcall, shown) as space:
        names = [one["friendly_name"] for one in space.facts["conferences"]]
        check(names == [room["friendly_name"] for room in shown["rooms"]], "the scenario of Simulator.md is simulated with its rooms", names)


def queries():
    """Every query in the documentation works with a state file."""
    shown = blocks("State", "sql")
    for path in glob.glob(f"{catalog}/*.md"):
        shown += [query for _, query in re.findall(r"""^sqlite3 -readonly \S+ (["'])(.*)\1$""", read(path), re.M)]
    with SimulatedSpace(rollcall, "quiet") as space, tempfile.TemporaryDirectory() as folder:
        watch = [rollcall, "watch", space.sid, "--once", "--state", f"{folder}/state.db"]
        subprocess.run(watch, env=space.environment, stdout=subprocess.DEVNULL, check=True)
        connection = sqlite3.connect(f"{folder}/state.db")
        for query in shown:
            rows = connection.execute(query).fetchall()
            check(rows or " room" not in query, f"the query works: {' '.join(query.split())[:70]}")
        check(len(shown) > 7, "State.md and Debugging.md contain queries", shown)
        connection.close()


def lanes():
    """Contributing.md has every lane of .ci/run, and no other."""
    listed = subprocess.run([f"{root}/.ci/run", "--list"], capture_output=True, text=True, check=True).stdout
    known = {line.split()[0] for line in listed.splitlines()} | {"fast"}
    rows = table(read(f"{catalog}/Contributing.md"), "changed this | run that")
    named = {lane for row in rows for command in re.findall(r"`\.ci/run ([^`]+)`", row[1]) for lane in command.split()}
    check(named == known, "Contributing.md names every lane of .ci/run, and no other", named ^ known)


events()
variables()
manual()
statuses()
links()
code()
options()
scenario()
queries()
lanes()
