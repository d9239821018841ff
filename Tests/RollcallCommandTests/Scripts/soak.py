"""Watches busy, faulty conferences for a while, and checks the process's memory and descriptors, and its stream.

Usage: soak.py PATH-OF-ROLLCALL [MINUTES]
Half of the lists fail, some are stale, and a tenth of the webhook's answers are 503. At the end the stream must fold to
the room in the state file, and everything must be delivered. Standard library only.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from kit.command_run import Run
from kit.fake_receiver import Receiver
from kit.simulated_space import SimulatedSpace
from kit.stream import faults_of_stream, stored

MINUTES = float(sys.argv[2]) if len(sys.argv) > 2 else 30
SAMPLE = 2  # seconds
GROWTH = 2 << 10  # KiB by which memory may grow from the second third to the last
SLACK = 8  # descriptors, because connections come and go
PEOPLE = ["agent", "coach", "customer", "expert", "listener"]


def scenario():
    rooms = [{"friendly_name": f"room-{number}", "people": [{"name": name} for name in PEOPLE],
              "life": {"joins": 1, "leaves": 1, "mutes": 2, "holds": 1, "coaches": 1}} for number in range(20)]
    return {"name": "soak", "faults": ["flaky", "stale"], "rooms": rooms}


def sample(process):
    status = Path(f"/proc/{process}/status").read_text()
    resident = int(status.split("VmRSS:")[1].split()[0])
    return resident, len(os.listdir(f"/proc/{process}/fd"))


def mean(values):
    return sum(values) / len(values)


def main(home):
    with SimulatedSpace(sys.argv[1], scenario(), "signalwire", "--seed", "7") as space:
        measure(home, space)


def measure(home, space):
    receiver = Receiver(refuse=0.1)
    state = home / "state.db"
    arguments = ["watch", *space.sids, "--interval", "100ms", "--wait", "--max-requests-per-second", "1000",
                 "--state", str(state), "--webhook", receiver.url]
    run = Run(sys.argv[1], arguments, token=space.token, origin=space.origin, project=space.project)
    samples = []
    end = time.monotonic() + MINUTES * 60
    while time.monotonic() < end and run.process.poll() is None:
        samples.append(sample(run.process.pid))
        time.sleep(SAMPLE)
    if run.process.poll() is not None:
        raise SystemExit(f"FAILED: the run ended early with {run.wait()}: {run.errors[-3:]}")
    code = run.stop()
    third = len(samples) // 3
    middle, last = samples[third : 2 * third], samples[2 * third :]
    growth = mean([rss for rss, _ in last]) - mean([rss for rss, _ in middle])
    descriptors = max(count for _, count in last) - max(count for _, count in middle)
    faults = faults_of_stream(state, run.lines, None)
    lines = len(stored(state))
    print(f"soak: {MINUTES:g} min, {lines} events; RSS {samples[-1][0]} KiB at the end, at most {max(samples)[0]};"
          f" from the second third to the last {growth:+.0f} KiB and {descriptors:+d} descriptors; exit {code};"
          f" {len(receiver.bodies)} webhook deliveries; faults {len(faults)}")
    for failed, text in [(code != 0, f"expected exit status 0, got {code}"), (growth > GROWTH, "memory has grown"),
                         (descriptors > SLACK, "the number of descriptors has grown"), (faults, f"the stream has faults: {faults[:3]}"),
                         (lines < 10 * MINUTES, f"expected at least {10 * MINUTES:g} events, got {lines}")]:
        if failed:
            raise SystemExit(f"FAILED: {text}")


with tempfile.TemporaryDirectory() as folder:
    main(Path(folder))
