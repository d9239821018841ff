#!/usr/bin/env python3
"""Checks what a watch by name, or of all conferences, finds and reports while discovery fails and the space changes.

Usage: discovery.py PATH-OF-ROLLCALL
"""

import json, os, sys, tempfile, urllib.error, urllib.request
from kit.command_run import Run, run
from kit.fake_space import Space
from kit.loopback import unused_port
from kit.verdict import end, side_by_side
from kit.waiting import until

rollcall = os.path.realpath(sys.argv[1])
PATIENCE = 120  # seconds that anything may take; a refused token is tried once a minute


class FailingSpace(Space):
    """Answers requests for the list of conferences with the given reply, if there is one."""

    def __init__(self, **what):
        super().__init__(**what)
        self.fault = None

    def get(self, request):
        fault = self.fault
        if fault is None or not request.path.split("?")[0].endswith("/Conferences"):
            return super().get(request)
        if fault == "no reply":
            request.close_connection = True
            return request.connection.close()
        request.answer(*fault)


class Watched(Run):
    """A watch with probes."""

    def __init__(self, space, *arguments):
        self.port = unused_port()
        super().__init__(rollcall, ["watch", *arguments, "--interval", "300ms", "--discovery-interval", "1s",
                                    "--health", str(self.port)], space)

    def ask(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def is_ready(self):
        return self.ask("/readyz")[0] == 200

    def is_late(self):
        status, body = self.ask("/readyz")
        return status == 503 and "the last discovery answer is too old" in body.splitlines()

    def metric(self, name):
        return next(int(line.split()[1]) for line in self.ask("/metrics")[1].splitlines() if line.startswith(name + " "))

    def heard(self, text):
        return [line for line in self.errors if text in line]


def fails(fault):
    """A failure causes one warning, an unready probe, and a count; recovery causes one notice and finds new conferences."""
    space = FailingSpace()
    watch = Watched(space, "--all", "--heartbeat", "1s")
    faults = []

    def expect(condition, what, seconds=PATIENCE):
        if not until(condition, seconds):
            faults.append(f"{fault}: {what}: {watch.errors}, {watch.ask('/readyz')}")

    expect(watch.is_ready, "the run was not ready at first")
    space.fault = fault
    expect(lambda: len(watch.heard("discovery:")) == 1, "there was no warning, or more than one")
    expect(watch.is_late, "the probe did not report the failure")
    space.fault = None
    sid = "00000000-0000-4000-8000-00000000000f"
    with space.lock:
        space.names[sid], space.status[sid], space.rooms[sid] = "new", "in-progress", {}
        space.enter(sid)
    expect(lambda: len(watch.heard("discovery:")) == 2, "there was no notice of the recovery, or more than one")
    expect(watch.is_ready, "the run was not ready after the recovery")
    expect(lambda: sid.encode() in watch.out, "the new conference was not found")
    expect(lambda: watch.metric("rollcall_discovery_failures_total") > 0, "failures were not counted")
    if watch.metric("rollcall_poll_failures_total"):
        faults.append(f"{fault}: failures of discovery were counted as failures of polls")
    code = watch.stop()
    told = sum(json.loads(line).get("failures", 0) for line in watch.lines)
    if code or len(watch.errors) != 2 or not told:
        faults.append(f"{fault}: exit {code}, {watch.errors}, {told} failures in heartbeats")
    return dict(faults=faults)


def finds_nothing(*arguments):
    """A watch of a healthy account without conferences is ready."""
    watch = Watched(FailingSpace(conferences=0), *arguments)
    faults = [] if until(watch.is_ready, PATIENCE) else [f"{arguments}: not ready: {watch.ask('/readyz')}"]
    watch.stop()
    return dict(faults=faults)


def scans_once(*selection):
    """A periodic job finds a conference that began since the previous run, while known ones continue."""
    space, faults = FailingSpace(), []
    with tempfile.TemporaryDirectory() as folder:
        job = ["watch", *selection, "--once", "--state", f"{folder}/state.db"]
        first = run(rollcall, job, space)
        with space.lock:
            old, new = space.sids[0], "00000000-0000-4000-8000-00000000000f"
            space.names[new], space.status[new], space.rooms[new] = space.names[old], "in-progress", {}
            newcomers = {space.enter(old), space.enter(new)}
        second = run(rollcall, job, space)
        found = {json.loads(line).get("call_sid") for line in second.lines}
        if (first.code, second.code) != (0, 0) or not newcomers <= found:
            faults.append(f"{selection}: exits {first.code} and {second.code}, {second.errors}, {newcomers - found} not reported")
        space.fault = (500, b"")
        third = run(rollcall, job, space)
        if third.code != 69 or third.out or not third.errors:
            faults.append(f"{selection}: without a list: exit {third.code}: {third.errors}")
    return dict(faults=faults)


def finds_nobody_once():
    """Errors do not advise an option that was given, and the command does not wait."""
    space = FailingSpace()
    plain = run(rollcall, ["watch", "--name", "nobody", "--once"], space)
    waiting = run(rollcall, ["watch", "--name", "nobody", "--once", "--wait"], space)
    faults = []
    if plain.code != 69 or "--wait" not in plain.errors[-1]:
        faults.append(f"--once without --wait: exit {plain.code}: {plain.errors}")
    if waiting.code or waiting.errors:
        faults.append(f"--once with --wait: exit {waiting.code}: {waiting.errors}")
    return dict(faults=faults)


jobs = {str(fault): lambda fault=fault: fails(fault) for fault in [
    (500, b""), (403, b'{"code":20403,"message":"no","status":403}'), (404, b'{"code":20404,"message":"no","status":404}'),
    (429, b""), (200, b'{"conferences":'), (200, b'{"participants":[]}'), "no reply"]}
jobs |= {str(each): lambda each=each: finds_nothing(*each) for each in [("--all",), ("--name", "x*"), ("--name", "x", "--wait")]}
jobs |= {str(each): lambda each=each: scans_once(*each) for each in [("--all",), ("--name", "room-*"), ("--name", "room-0")]}
jobs["nobody"] = finds_nobody_once
results = side_by_side(list(jobs.items()), len(jobs))
end(f"discovery: {len(jobs)} cases", [fault for result in results.values() for fault in result["faults"]])
