"""Shares an account among several processes as examples/kubernetes does, and changes their number.

Usage: shards.py PATH-OF-ROLLCALL
The documented hash determines the process that watches each conference, every conference is watched at all times, and
each stream folds to the room. Standard library only.
"""

import json
import re
import sys
import tempfile
import time
import urllib.request
from datetime import datetime
from pathlib import Path

from kit.command_run import Run
from kit.fake_receiver import Receiver
from kit.fake_space import TOKEN, Space
from kit.loopback import unused_port
from kit.stream import fold, room_view, stored
from kit.verdict import check

EXAMPLE = Path(__file__).parents[3] / "examples/kubernetes/rollcall.yaml"
CONFERENCES = 24
MASK = (1 << 64) - 1
TICK = 0.001  # seconds: times in streams are in milliseconds


def owner(conference, count):
    """Rendezvous hashing, from its description in the documentation."""
    key = 0xCBF29CE484222325
    for byte in conference.encode():
        key = ((key ^ byte) * 0x100000001B3) & MASK

    def weight(shard):
        mixed = (key + (shard + 1) * 0x9E3779B97F4A7C15) & MASK
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
        return mixed ^ (mixed >> 31)

    return max(range(count), key=weight)


class Pod:
    """A process with the arguments of the example, and a state file that survives its restarts."""

    def __init__(self, rollcall, home, space, receiver, ordinal):
        self.rollcall, self.home, self.space, self.ordinal = rollcall, home, space, ordinal
        self.state = home / f"{ordinal}.db"
        self.port = unused_port()
        self.run = None
        for name, text in (("token", TOKEN), ("webhook", receiver.url), ("secret", "whsec_" + "A" * 43 + "=")):
            path = home / name
            path.write_text(text)
            path.chmod(0o440)

    def start(self, shards):
        arguments = re.findall(r"^            - (.+)$", EXAMPLE.read_text(), re.M)
        arguments = arguments[: next(i for i, a in enumerate(arguments) if a.startswith("name:"))]
        told = {"$(SHARD)": self.ordinal, "$(SHARDS)": shards, "/var/lib/rollcall/state.db": self.state,
                "/run/secrets/rollcall": self.home, "0.0.0.0:9090": f"127.0.0.1:{self.port}"}
        for name, value in told.items():
            arguments = [argument.replace(name, str(value)) for argument in arguments]
        self.run = Run(self.rollcall, [*arguments, "--interval=500ms", "--discovery-interval=1s"], self.space)

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz") as reply:
                return reply.status == 200
        except OSError:
            return False

    def await_ready(self):
        check(self.run.until(lambda _: self.is_ready(), 60), f"shard {self.ordinal} is ready", self.run.errors)

    def stop(self):
        code = self.run.stop()
        check(code == 0, f"shard {self.ordinal} ends with status 0", (code, self.run.errors))

    def restart(self, shards):
        self.stop()
        self.start(shards)
        self.await_ready()


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def spells(pod):
    """Returns the time in which each stream covers each conference: from its baseline or the start of its gap to its last event."""
    lines = [json.loads(line) for line in stored(pod.state)]
    found, open_ = {}, {}
    for event in lines:
        sid = event.get("conference_sid")
        if event["type"] == "watch.started":
            open_[sid] = moment(event["timestamp"])
        if event["type"] == "watch.resumed" and sid not in open_:
            open_[sid] = moment(event["from"])
        if event["type"] == "watch.stopped":
            for sid, start in open_.items():
                found.setdefault(sid, []).append((start, moment(event["timestamp"])))
            open_ = {}
    return found


def uncovered(pods, start, end):
    """Returns the conferences that no stream covered for a while, between two moments."""
    every = {}
    for pod in pods:
        for sid, pieces in spells(pod).items():
            every.setdefault(sid, []).extend(pieces)
    holes = []
    for sid, pieces in every.items():
        reached = start
        for first, last in sorted(pieces):
            if first > reached + TICK:
                holes.append((sid, first - reached))
            reached = max(reached, last)
        if reached + TICK < end:
            holes.append((sid, end - reached))
    return holes


def settled(space, pods, shards):
    """Waits until each process has exactly its conferences, in their true state."""
    def holds(pod):
        truth = {sid: room for sid, room in space.truth().items() if owner(sid, shards) == pod.ordinal and room}
        return {sid: room for sid, room in room_view(pod.state).items() if owner(sid, shards) == pod.ordinal} == truth

    return all(pod.run.until(lambda _: holds(pod), 30) for pod in pods)


def main(home):
    space, receiver = Space(conferences=CONFERENCES, people=4), Receiver()
    space.lively = True
    pods = [Pod(sys.argv[1], home, space, receiver, ordinal) for ordinal in range(4)]
    for pod in pods[:3]:
        pod.start(3)
    for pod in pods[:3]:
        pod.await_ready()
    start = time.time()
    time.sleep(2)
    pods[3].start(4)  # To add a shard, it is started first, and then the others are restarted.
    pods[3].await_ready()
    for pod in reversed(pods[:3]):
        pod.restart(4)
    time.sleep(2)
    for pod in reversed(pods[:2]):  # To go back to two, these are restarted first, and then the others stop.
        pod.restart(2)
    for pod in pods[2:]:
        pod.stop()
    time.sleep(2)
    space.lively = False
    check(settled(space, pods[:2], 2), "both remaining shards have their conferences in their true state")
    end = time.time()
    for pod in pods[:2]:
        pod.stop()
    for pod in pods:
        rooms, faults = fold(stored(pod.state))
        check(not faults, f"the stream of shard {pod.ordinal} is consistent", faults)
    told = {sid for pod in pods for sid in spells(pod)}
    check(len(told) == CONFERENCES, "every conference is watched", len(told))
    holes = uncovered(pods, start, end)
    check(not holes, "every conference is watched at any time", holes)
    events = sum(len(stored(pod.state)) for pod in pods)
    print(f"shards: 3, then 4, then 2 processes; {CONFERENCES} conferences, {events} events: all conferences watched, all streams consistent")


with tempfile.TemporaryDirectory() as folder:
    main(Path(folder))
