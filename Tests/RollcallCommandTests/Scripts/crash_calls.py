#!/usr/bin/env python3
"""Kills a watch at each of its system calls that write, and checks that no event is lost or invented.

Usage: crash_calls.py PATH-OF-ROLLCALL [STEP]     with STEP 1, the default, at every call
Needs strace.
"""

import json, os, sys, tempfile, time
from kit.command_run import Run, run
from kit.fake_receiver import Receiver
from kit.fake_space import Space
from kit.stream import faults_of_stream

rollcall, step = os.path.realpath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
CALLS = os.environ.get("CALLS", "write,pwrite64,fsync,fdatasync,ftruncate,unlink,openat").split(",")
MOST = 400  # the maximum number of calls of one kind in a run


def one(call, number):
    """Runs a watch, then one that is killed, and then one that continues from what the killed one left."""
    space, receiver = Space(conferences=2, people=3, seed=number), Receiver()
    with tempfile.TemporaryDirectory() as folder:
        state = os.path.join(folder, "state")
        arguments = ["watch", *space.sids, "--state", state, "--webhook", receiver.url, "--interval", "100ms", "-q",
                     "--keep", "1h"]
        out, broken = [], []
        # Half of the time the killed run is the file's first.
        if number % 2:
            first = run(rollcall, [*arguments, "--once"], space)
            out += first.lines
        space.lively = True
        trace = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                 f"inject={call}:signal=KILL:when={number}"]
        killed = Run(rollcall, [*arguments, "--for", "500ms"], space, wrapper=trace)
        code = killed.wait()
        out += killed.lines
        if bytes(killed.out).rpartition(b"\n")[2]:
            broken.append("a line is incomplete")
        space.lively = False
        last = Run(rollcall, [*arguments, "--for", "400ms"], space)
        if last.wait():
            broken.append(f"the next run ended with status {last.process.returncode}: {last.errors}")
        out += last.lines
        receiver.stop()
        space.server.shutdown()
        space.server.server_close()
        return code, broken or faults_of_stream(state, out, receiver.bodies, space.truth())


began, tried, bad = time.monotonic(), {}, 0
for call in CALLS:
    tried[call] = 0
    for number in range(1, MOST, step):
        code, faults = one(call, number)
        bad += len(faults)
        for fault in faults[:5]:
            print(f"FAILED: killed at {call} {number}: {fault}", flush=True)
        if code == 0:
            break
        tried[call] += 1
print(json.dumps(dict(killed_at=tried, faults=bad, seconds=round(time.monotonic() - began))))
sys.exit(bool(bad))
