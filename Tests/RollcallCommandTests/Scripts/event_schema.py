#!/usr/bin/env python3
"""Validates every event that rollcall writes against the schema that it publishes.

Usage: event_schema.py PATH-OF-ROLLCALL (with the Python that has jsonschema and rfc3339-validator)
"""

import json, os, signal, sys, tempfile, time
from jsonschema import Draft202012Validator
from kit.command_run import Run, run
from kit.fake_space import Space
from kit.simulated_space import SimulatedSpace
from kit.verdict import check, side_by_side

rollcall = os.path.realpath(sys.argv[1])
FORMATS = Draft202012Validator.FORMAT_CHECKER
SECONDS = 30


def strict(schema):
    """Returns the schema without room for undocumented keys."""
    if isinstance(schema, dict):
        return {key: False if key == "additionalProperties" else strict(value) for key, value in schema.items()}
    return [strict(value) for value in schema] if isinstance(schema, list) else schema


def settled(process, folder_type, count=1):
    """Waits until there are that many events of a type."""
    return process.until(lambda run: run.types.count(folder_type) >= count, SECONDS)


def demo(_):
    return run(rollcall, ["demo"]).lines


def everything(folder):
    """All conferences of an account, one that begins later and one that ends, with hostile texts and a long record."""
    space = Space(conferences=2, people=4)
    sid = space.sids[0]
    space.names[sid] = 'a "name" \\ \u202e\x07 ' + "é" * 100
    call = next(iter(space.rooms[sid]))
    space.change(sid, call, label="x" * 3000, extra={"any": ["thing"]})
    process = Run(rollcall, ["watch", "--all", "--interval", "100ms", "--discovery-interval", "1s", "--heartbeat", "1s",
                             "--enrich"], space)
    settled(process, "watch.started", 2)
    space.lively = True
    later = "00000000-0000-4000-8000-000000000009"
    with space.lock:
        space.rooms[later], space.names[later], space.status[later] = {}, "later", "in-progress"
        space.enter(later, label=None)
        space.enter(later, label="a \u2028 b")
    settled(process, "conference.started")
    settled(process, "participant.muted", 3)
    with space.lock:
        space.end(later)
    settled(process, "conference.ended")
    settled(process, "watch.heartbeat", 2)
    process.stop()
    return process.lines


def refused(folder):
    """The provider refuses the token, and later accepts it again."""
    space = Space(people=3)
    process = Run(rollcall, ["watch", *space.sids, "--interval", "100ms"], space)
    settled(process, "watch.started")
    token, space.token = space.token, "another"
    settled(process, "watch.interrupted")
    space.token = token
    process.process.send_signal(signal.SIGHUP)
    settled(process, "watch.resumed")
    process.stop()
    return process.lines


def outage(folder):
    """Faulty replies, and none at all for longer than an outage takes."""
    space = Space(people=3)
    process = Run(rollcall, ["watch", *space.sids, "--interval", "100ms"], space)
    settled(process, "watch.started")
    space.delay = 16
    settled(process, "watch.interrupted")
    space.delay = 0
    settled(process, "watch.resumed")
    process.stop()
    return process.lines


def faulty(name):
    """A scenario of the simulator."""
    def watch(folder):
        with SimulatedSpace(rollcall, name) as space:
            return run(rollcall, ["watch", "--all", "--interval", "200ms", "--for", "12s"], project=space.project,
                       token=space.token, origin=space.origin).lines
    return watch


def restarted(folder):
    """A run that continues after another was killed; then one scan, and the end of the conference while nobody watches."""
    space, lines = Space(people=5), []
    arguments = ["watch", *space.sids, "--interval", "100ms", "--state", f"{folder}/state.db"]
    space.lively = True
    for end in (Run.kill, Run.stop):
        process = Run(rollcall, arguments, space)
        settled(process, "watch.started" if end is Run.kill else "watch.resumed")
        settled(process, "participant.left")
        end(process)
        lines += process.lines
    lines += run(rollcall, [*arguments, "--once"], space).lines
    space.end(space.sids[0])
    return lines + run(rollcall, arguments, space).lines


def alerted(folder):
    """Alerts about a participant and about the conference, which are resolved."""
    space = Space(people=3)
    sid = space.sids[0]
    call = next(iter(space.rooms[sid]))
    process = Run(rollcall, ["watch", sid, "--interval", "100ms", "--enrich", "--alert", "hold:1s", "--alert", "people:2:1s"], space)
    settled(process, "watch.started")
    with space.lock:
        space.change(sid, call, hold=True)
    settled(process, "alert.raised", 2)
    with space.lock:
        space.change(sid, call, hold=False)
    settled(process, "alert.resolved")
    space.end(sid)
    process.wait()
    return process.lines


def compared(folder):
    """Two saved lists."""
    space = Space(people=4)
    sid = space.sids[0]
    for name in ("before", "after"):
        with open(f"{folder}/{name}", "w") as file:
            json.dump(dict(participants=list(space.rooms[sid].values())), file)
        space.live(sid)
        space.enter(sid, label="new")
    return run(rollcall, ["diff", f"{folder}/before", f"{folder}/after"]).lines


def mutations(event, required):
    """Changes to an event that the schema must reject."""
    for key in required:
        yield f"without {key}", {name: value for name, value in event.items() if name != key}
        yield f"{key} of another type", event | {key: [[]]}
    yield "a day as the time", event | {"timestamp": event["timestamp"][:10]}
    yield "a month that there is not", event | {"timestamp": event["timestamp"][:5] + "13" + event["timestamp"][7:]}


schema = json.loads(b"\n".join(run(rollcall, ["help", "--schema"]).lines))
Draft202012Validator.check_schema(schema)
published = Draft202012Validator(schema, format_checker=FORMATS)
documented = Draft202012Validator(strict(schema), format_checker=FORMATS)
known = [branch["if"]["properties"]["type"]["const"] for branch in schema["allOf"]]

with tempfile.TemporaryDirectory() as folder:
    sources = dict(demo=demo, everything=everything, refused=refused, outage=outage, restarted=restarted, compared=compared, alerted=alerted,
                   flaky=faulty("flaky"), throttled=faulty("throttled"), finished=faulty("finished-rows"),
                   stale=faulty("stale"))
    began = time.monotonic()
    streams = side_by_side([(name, lambda name=name: sources[name](folder)) for name in sources], 5)

samples, texts = {}, 0
for name, lines in streams.items():
    check(isinstance(lines, list) and lines, f"{name} wrote events", lines)
    for line in lines:
        event = json.loads(line)
        for fault in [*published.iter_errors(event), *documented.iter_errors(event)]:
            raise SystemExit(f"FAILED: {name}: {fault.message} at {fault.json_path}: {line.decode()}")
        samples.setdefault(event["type"], event)
        texts += 1
enriched = [event for event in map(json.loads, streams["everything"]) if "call" in event.get("participant", ())]
check(len(enriched) > 5, "some records have a call", len(enriched))
for wrong in ({}, {"from": 1, "to": None, "direction": None}, {"from": None, "to": None}, None, "inbound"):
    event = enriched[0] | {"participant": enriched[0]["participant"] | {"call": wrong}}
    check(not published.is_valid(event), f"the schema rejects the call {wrong}")
check(set(samples) == set(known), "every type was written, and no other", set(samples) ^ set(known))
print(f"ok: {texts} events of {len(streams)} runs match the schema ({time.monotonic() - began:.0f} s)")

for kind, event in samples.items():
    for what, wrong in mutations(event, schema["$defs"][kind]["required"]):
        if published.is_valid(wrong):
            raise SystemExit(f"FAILED: the schema accepts {kind} {what}")
    more = event | {"new_key": 1}
    check(published.is_valid(more) and not documented.is_valid(more), f"{kind}: an unknown key is valid, but not documented")
check(published.is_valid(samples["watch.stopped"] | {"type": "watch.of_tomorrow"}), "an unknown type is valid")
