#!/usr/bin/env python3
"""Runs the recipes that read events from a pipe, and checks the syntax of configurations whose program is not available.

Usage: examples_pipelines.py PATH-OF-ROLLCALL (with the Python that has PyYAML and vrl-python)
"""

import json, os, re, subprocess, sys
import yaml
from vrl_python import VRLRuntime
from kit.examples import EXAMPLES, text
from kit.verdict import check

rollcall = os.path.realpath(sys.argv[1])
demo = subprocess.run([rollcall, "demo"], capture_output=True, text=True, check=True).stdout
events = [json.loads(line) for line in demo.splitlines()]


def recipe(script, *name, lines=demo):
    return subprocess.run([f"{EXAMPLES}/pipelines/{script}.sh", *name], input=lines, capture_output=True, text=True,
                          check=True).stdout


def recipes():
    kinds = [event["type"] for event in events]
    check(recipe("jq", "joined").count("\n") == kinds.count("participant.joined") + kinds.count("participant.left"),
          "jq shows who joined and left")
    check(recipe("jq", "csv").count("\n") == sum("call_sid" in event for event in events), "jq makes a table")
    stays = [json.loads(line) for line in recipe("jq", "stays").splitlines()]
    check([one["seconds"] for one in stays].count(None) == 2 and len(stays) == 4, "jq computes stays", stays)
    peak = max(event.get("participant_count", 0) for event in events)
    check(list(json.loads(recipe("jq", "peak")).values()) == [peak], "jq finds the maximum number of participants")
    widths = [int(line.split()[1]) for line in recipe("jq", "window").splitlines()]
    check(widths and min(widths) >= 0, "jq shows the precision of times", widths)
    check(recipe("jq", "lost") == "", "jq finds no gap in a complete stream")
    holed = "".join(line for line in demo.splitlines(True) if '"sequence":7,' not in line)
    check(recipe("jq", "lost", lines=holed) == "6 8\n", "jq finds a gap in the sequence")
    gap = json.dumps(events[0] | {"type": "watch.resumed", "from": "a", "to": "b", "reason": "restart", "polls_missed": 3})
    check(recipe("jq", "gaps", lines=gap) == "a b restart 3\n", "jq finds interruptions")
    check(recipe("hold-times").count(" was on hold for ") == kinds.count("participant.unheld"), "hold-times.sh shows each time on hold")
    rooms = [json.loads(line) for line in recipe("roster").splitlines()]
    check(rooms[-1] == {} and any("coaching" in states for room in rooms for states in room.values()),
          "roster.sh shows the room after each event, with participants' states, and empty at the end", rooms)
    table = dict(line.split() for line in recipe("miller", "types").splitlines()[1:])
    check(table == {kind: str(kinds.count(kind)) for kind in kinds}, "Miller counts events by type", table)
    held = sum(event["lasted_ms"] for event in events if event["type"] == "participant.unheld") / 1000
    check(float(recipe("miller", "holds").splitlines()[1].split()[2]) == held, "Miller adds up times on hold")
    unknown = "".join(json.dumps(event | {"lasted_ms": None, "participant_count": None}) + "\n" for event in events)
    check(recipe("miller", "holds", lines=unknown) == "", "Miller leaves out an unknown time on hold")
    check("null" not in recipe("miller", "peaks", lines=demo + unknown), "Miller leaves out an unknown count")
    check({line.split(",")[2] for line in recipe("miller", "peaks").splitlines()[1:]} >= {str(peak)}, "Miller finds the maximum number of participants")


def vector():
    """Neither Debian nor PyPI has a package of Vector, but PyPI has its language."""
    with open(f"{EXAMPLES}/pipelines/vector.yaml") as file:
        transforms = yaml.safe_load(file)["transforms"]
    runtime = VRLRuntime()
    remap = transforms["events"]["source"]
    remapped = [runtime.execute(remap, event).processed_event for event in events]
    # The Python binding writes Vector's times in a format of its own.
    shown = lambda event: dict(service="rollcall", timestamp=event["timestamp"].replace("T", " ").replace("Z", " UTC"))
    check([event | shown(event) for event in events] == remapped, "Vector keeps each event's fields and time")
    is_time = remap + "\nis_timestamp(.timestamp)"
    check(all(runtime.execute(is_time, event).runtime_result is True for event in events), "Vector gets the event's time as a timestamp")
    condition = transforms["departures"]["condition"]
    left = [event for event in events if runtime.execute(condition, event).runtime_result is True]
    check(left and left == [event for event in events if event["type"] == "participant.left"],
          "Vector's filter finds departures")


def forms():
    """Configurations that are not run here at least have valid syntax."""
    for name in ("vector", "fluent-bit", "fluent-bit-stdin", "datadog"):
        with open(f"{EXAMPLES}/pipelines/{name}.yaml") as file:
            check(isinstance(yaml.safe_load(file), dict), f"{name}.yaml is YAML")
    for name in ("fluentd.conf", "logstash.conf", "loki.alloy"):
        plain = re.sub(r'"[^"]*"|(#|//).*', "", text(f"{EXAMPLES}/pipelines/{name}"))
        check(plain.count("{") == plain.count("}") and len(re.findall(r"<\w", plain)) == plain.count("</"),
              f"{name} closes what it opens")


recipes()
vector()
forms()
