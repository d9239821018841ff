#!/usr/bin/env python3
"""Checks that hanging receivers delay no poll and a hanging space delays no delivery, because they share no connections.

Usage: connections_apart.py PATH-OF-ROLLCALL
"""

import json, os, sys, threading
from kit.command_run import Run
from kit.fake_space import Space
from kit.raw_server import RawServer, as_json, reply
from kit.verdict import end
from kit.waiting import until

rollcall = os.path.realpath(sys.argv[1])
CONNECTIONS = 256  # the maximum of polls, and of webhooks
TARGETS = LANES = 16
LONGEST = 60  # seconds that a server hangs; rollcall gives up earlier


class Hanging:
    """Never answers. `waiting` is the number of pending requests, `ended` the number of ended ones."""

    def __init__(self):
        self.lock = threading.Lock()
        self.waiting = self.ended = 0

    def hang(self, request):
        with self.lock:
            self.waiting += 1
        request.is_left(LONGEST)
        with self.lock:
            self.waiting -= 1
            self.ended += 1
        return False


class ManyRooms(RawServer):
    """A space that answers requests for lists, or hangs; `polls` counts the answered ones by conference."""

    def __init__(self, conferences):
        self.space = Space(conferences=conferences, people=1)
        self.space.server.shutdown()
        self.hanging = Hanging()
        self.hangs = False
        self.polls = dict.fromkeys(self.space.sids, 0)
        super().__init__(self.give)

    @property
    def sids(self):
        return self.space.sids

    def give(self, request):
        if self.hangs:
            return self.hanging.hang(request)
        parts = request.path.split("/Conferences", 1)[-1].strip("/").split("/")
        with self.space.lock:
            self.polls[parts[0]] += len(parts) == 2
            status, value = self.space.find(parts, {}, request.path)
        return request.send(reply(status, as_json(value)))


def receivers_hang():
    """While all connections of webhooks hang, every conference is still polled."""
    receivers = Hanging()
    server, space = RawServer(receivers.hang), ManyRooms(LANES)
    webhooks = [word for target in range(TARGETS) for word in ("--webhook", f"{server.origin}/{target}")]
    run = Run(rollcall, ["watch", *space.sids, "--interval", "200ms", "-q", *webhooks], origin=space.origin)
    faults = []
    if not until(lambda: receivers.waiting >= CONNECTIONS or receivers.ended):
        faults.append(f"expected {CONNECTIONS} hanging deliveries, got {receivers.waiting}")
    before = dict(space.polls)
    is_polled = lambda: all(space.polls[sid] >= before[sid] + 3 for sid in space.sids)
    until(lambda: is_polled() or receivers.ended)
    if not is_polled():
        behind = sum(space.polls[sid] < before[sid] + 3 for sid in space.sids)
        faults.append(f"{behind} of {LANES} conferences were not polled while {receivers.waiting} deliveries hung")
    run.kill()
    return faults


def space_hangs():
    """While all connections of polls hang, earlier events are still delivered."""
    space, held, taken = ManyRooms(CONNECTIONS + 44), threading.Event(), []

    def take(request):
        held.wait(LONGEST)
        taken.append(json.loads(request.body)["id"])
        return request.send(reply(204))

    receiver = RawServer(take)
    webhook = ["--webhook", f"{receiver.origin}/", "--max-requests-per-second", "1000"]
    run = Run(rollcall, ["watch", *space.sids, "--interval", "1s", "-q", *webhook], origin=space.origin)
    faults = []
    if not until(lambda: all(space.polls.values())):
        faults.append(f"only {sum(map(bool, space.polls.values()))} of {len(space.sids)} conferences were polled")
    space.hangs = True
    if not until(lambda: space.hanging.waiting >= CONNECTIONS or space.hanging.ended):
        faults.append(f"expected {CONNECTIONS} hanging polls, got {space.hanging.waiting}")
    held.set()
    # Each conference has an event for its participant and one for its start.
    until(lambda: len(taken) >= 2 * CONNECTIONS or space.hanging.ended)
    if len(taken) < 2 * CONNECTIONS:
        faults.append(f"only {len(taken)} events were delivered while {space.hanging.waiting} polls hung")
    run.kill()
    return faults


end("connections apart", receivers_hang() + space_hangs())
