#!/usr/bin/env python3
"""Kills a watch at random moments, starts it again, and checks that no event is lost or invented.

Usage: crash.py PATH-OF-ROLLCALL [KILLS]
"""

import json, os, random, sys, tempfile, time
from kit.command_run import Run
from kit.fake_receiver import Receiver
from kit.fake_space import Space
from kit.stream import faults_of_stream, rows

rollcall, kills = os.path.realpath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 40
seed = int(os.environ.get("SEED", "1"))
dice = random.Random(seed)
space = Space(conferences=5, people=6, seed=seed)
receiver = Receiver(refuse=0.02)

with tempfile.TemporaryDirectory() as folder:
    state = os.path.join(folder, "state")
    arguments = ["watch", *space.sids, "--state", state, "--webhook", receiver.url, "--interval", "100ms",
                 "--enrich", "-q"]
    out, broken = [], []
    began = time.monotonic()

    def take(run, code):
        if bytes(run.out).rpartition(b"\n")[2]:
            broken.append("a line is incomplete")
        out.extend(run.lines)
        if code not in (0, -9):
            broken.append(f"exit {code}: {run.errors}")

    space.lively = True
    for _ in range(kills):
        run = Run(rollcall, arguments, space)
        time.sleep(dice.choice((0.005, 0.02, 0.05, 0.15, 0.4)) * (0.5 + dice.random()))
        take(run, run.kill())
    space.lively = False
    receiver.refuse = 0
    last = Run(rollcall, arguments, space)
    polls = space.polls

    def is_delivered(_):
        with receiver.lock:
            seen = {identity for identity, _ in receiver.bodies}
        return space.polls > polls + 15 and os.path.exists(state) \
            and rows(state, "SELECT count(*) FROM event")[0][0] == len(seen)

    last.until(is_delivered, 30)
    take(last, last.stop())
    faults = broken + faults_of_stream(state, out, receiver.bodies, space.truth())
    events = rows(state, "SELECT count(*) FROM event")[0][0]
    twice = len(receiver.bodies) - len({identity for identity, _ in receiver.bodies})
    twice_out = len(out) - len(set(out))
    print(json.dumps(dict(
        kills=kills, seed=seed, events=events, faults=len(faults), posted_again=twice, written_again=twice_out,
        seconds=round(time.monotonic() - began, 1))))
    for fault in faults[:20]:
        print(f"FAILED: {fault}")
    sys.exit(bool(faults))
