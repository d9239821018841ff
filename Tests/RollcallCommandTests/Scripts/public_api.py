#!/usr/bin/env python3
"""Checks the library's public names: a type that no entry point leads to should not be public, and everything public must
have a doc comment.

Usage: public_api.py FOLDER-OF-MODULES. Standard library only.
"""

import glob, json, re, subprocess, sys, tempfile
from kit.verdict import check

ENTRIES = {"Watch", "ConferenceAccount", "ConferenceEvent", "WebhookSignature"}
MODULES = ("RollcallKit", "RollcallCore")
TYPES = {"swift.struct", "swift.class", "swift.enum", "swift.protocol", "swift.typealias"}


def graphs(modules):
    """Returns the symbols of the public modules, and the members of each."""
    with tempfile.TemporaryDirectory() as folder:
        maps = [f"-fmodule-map-file={path}" for path in glob.glob(f"{modules}/../*.build/module.modulemap")]
        target = json.loads(subprocess.check_output(["swift", "-print-target-info"]))["target"]["unversionedTriple"]
        for module in MODULES:
            command = ["swift-symbolgraph-extract", "-module-name", module, "-I", modules, "-minimum-access-level", "public",
                       "-skip-synthesized-members", "-output-dir", folder, "-target", target]
            subprocess.run(command + [word for one in maps for word in ("-Xcc", one)], check=True)
        graphs = [json.load(open(f"{folder}/{module}.symbols.json")) for module in MODULES]
    symbols = {symbol["identifier"]["precise"]: symbol for graph in graphs for symbol in graph["symbols"]}
    members = {}
    for graph in graphs:
        for edge in graph["relationships"]:
            if edge["kind"] == "memberOf":
                members.setdefault(edge["target"], []).append(edge["source"])
    return symbols, members


def reached(symbols, members):
    """Returns everything that the entry points lead to: their members, the types that the members name, and so on."""
    waiting = [one for one, symbol in symbols.items() if symbol["pathComponents"][0] in ENTRIES]
    known = set()
    while waiting:
        one = waiting.pop()
        if one in known or one not in symbols:
            continue
        known.add(one)
        waiting += members.get(one, [])
        waiting += [part["preciseIdentifier"] for part in symbols[one]["declarationFragments"] if "preciseIdentifier" in part]
    return known


symbols, members = graphs(sys.argv[1])
types = {one for one, symbol in symbols.items() if symbol["kind"]["identifier"] in TYPES}
known = reached(symbols, members)
name = lambda one: ".".join(symbols[one]["pathComponents"])
check(ENTRIES <= {name(one) for one in types}, "all entry points exist", [name(one) for one in types])
check(not types - known, f"{len(types)} types are public, and entry points lead to all of them",
      sorted(name(one) for one in types - known))
# Requirements of standard protocols are documented by the standard library.
given = re.compile(r"^(description|debugDescription|customMirror|text|Element|Failure|(==|<|\+|-)\(_:_:\)|hash\(into:\)|rawValue|init\(rawValue:\))$")
bare = sorted(name(one) for one, symbol in symbols.items() if not symbol.get("docComment")
              and not given.match(symbol["pathComponents"][-1]) and symbol["kind"]["identifier"] != "swift.enum.case")
check(not bare, f"{len(symbols)} public names have documentation", bare)
