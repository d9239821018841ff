#!/usr/bin/env python3
"""Measures how soon changes are emitted, and with how many requests: without callbacks, with all, and with a fifth lost.

Usage: callback_speed.py PATH-OF-ROLLCALL [CHANGES]

All intervals are measured side by side. Every run sees the same number of changes, 1 to 10 seconds apart. A request to the
simulated space makes each change, and its time is measured from before that request.
"""

import os, random, sys, tempfile, threading, time
from kit.callbacks import TOKEN, HintedWatch, Mover, quantile
from kit.loopback import unused_port
from kit.simulated_space import SimulatedSpace
from kit.waiting import until

rollcall = os.path.realpath(sys.argv[1])
CHANGES = int(sys.argv[2]) if len(sys.argv) > 2 else 100
INTERVALS = (1, 2, 10, 30)
KINDS = ("none", "all sent", "a fifth lost")
SPACING = (1, 10)  # seconds
PEOPLE = [{"name": f"person-{number}"} for number in range(24)]


def measure(interval, kind, token_file, results):
    faults = ["callbacks-lost"] if kind == "a fifth lost" else []
    scenario = {"name": "speed", "faults": faults, "rooms": [{"friendly_name": "speed", "people": PEOPLE}]}
    port = unused_port()
    arguments = [] if kind == "none" else ["--status-callback", f"http://127.0.0.1:{port}/callbacks/{TOKEN}"]
    with SimulatedSpace(rollcall, scenario, "signalwire", *arguments) as space:
        watch = HintedWatch(rollcall, space, f"{interval}s", None if kind == "none" else str(port), token_file)
        watch.until(lambda run: "watch.started" in run.types)
        mover, dice = Mover(space), random.Random(interval)
        start, requests = time.monotonic(), watch.settled("rollcall_requests_total")
        for _ in range(CHANGES):
            mover.toggle()
            end = time.monotonic() + dice.uniform(*SPACING)
            until(lambda: time.monotonic() >= end, SPACING[1] + 1)
        rate = (watch.settled("rollcall_requests_total") - requests) / (time.monotonic() - start)
        until(lambda: not mover.delays(watch)[1], interval + 30)
        delays, missing = mover.delays(watch)
        watch.stop()
    results[interval, kind] = (delays, missing, rate)


def text(seconds):
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def main():
    results = {}
    with tempfile.NamedTemporaryFile("w") as token_file:
        token_file.write(TOKEN)
        token_file.flush()
        running = [threading.Thread(target=measure, args=(interval, kind, token_file.name, results))
                   for interval in INTERVALS for kind in KINDS]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
    print("| `--interval` | callbacks | p50 | p99 | requests per second | lost |")
    print("|---|---|---|---|---|---|")
    for interval in INTERVALS:
        for kind in KINDS:
            delays, missing, rate = results[interval, kind]
            print(f"| {interval} s | {kind} | {text(quantile(delays, .5))} | {text(quantile(delays, .99))} | {rate:.2f} |"
                  f" {len(missing)} |")


main()
