"""Changes the files of a run, reloads them with SIGHUP, and checks what the receivers get.

Usage: renewal.py PATH-OF-ROLLCALL
"""

import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from kit.files import private
from kit.receivers import PATIENCE, Receiver, new_secret, wait_until, watching
from kit.simulated_space import SimulatedSpace
from kit.verdict import check


def renewed(rollcall, home):
    """SIGHUP reloads the files; an error in them changes nothing."""
    old, new = new_secret(), new_secret()
    private(home / "key", old)
    receiver, errors = Receiver(old, {}), home / "errors"
    targets = [{"name": "ops", "url": receiver.url, "secret_files": ["key"]}]
    private(home / "targets.json", json.dumps(targets))
    taken = lambda: len(receiver.attempts)
    with SimulatedSpace(rollcall, "demo") as space, open(errors, "wb") as log:
        command = watching(rollcall, space, "--no-stdout", "--heartbeat", "1s", "--targets", str(home / "targets.json"))
        process = subprocess.Popen(command, env=space.environment, stderr=log)
        try:
            wait_until(lambda: taken() > 2)
            private(home / "key", new)
            process.send_signal(signal.SIGHUP)
            # From now on the receiver breaks the connection on anything that is not signed with the new key.
            receiver.use(new)
            count = taken()
            wait_until(lambda: taken() > count)
            check(True, "after SIGHUP, events are signed with the new key")
            private(home / "key", "whsec_!!!")
            process.send_signal(signal.SIGHUP)
            wait_until(lambda: b"could not be reloaded" in errors.read_bytes())
            count = taken()
            wait_until(lambda: taken() > count)
            check(True, "an invalid key leaves the previous one in use")
            private(home / "key", new)
            more = Receiver(None, {})
            private(home / "targets.json", json.dumps(targets + [{"name": "more", "url": more.url}]))
            process.send_signal(signal.SIGHUP)
            wait_until(lambda: len(more.attempts) > 2)
            check(True, "an added target gets events at once")
            private(home / "targets.json", json.dumps(targets))
            process.send_signal(signal.SIGHUP)
            wait_until(lambda: b"webhook more was removed" in errors.read_bytes())
            count, first = len(more.attempts), taken()
            wait_until(lambda: taken() > first + 2)
            check(len(more.attempts) <= count + 1, "a removed target gets no more events")
            only = [dict(targets[0], events=["watch.stopped"])]
            private(home / "targets.json", json.dumps(only))
            process.send_signal(signal.SIGHUP)
            wait_until(lambda: b"are in effect" in errors.read_bytes())
            process.send_signal(signal.SIGTERM)
            status = process.wait(PATIENCE)
            # The events that waited for the removed target are counted; without a state file they are lost.
            lost = [line for line in errors.read_bytes().splitlines() if re.search(rb" not delivered|given up", line)]
            check(all(b" webhook more: " in line for line in lost), "the remaining target gets all events", lost)
            check(status == (75 if lost else 0), "the exit status shows whether the removed target missed events", errors.read_bytes())
        finally:
            process.kill()
            process.wait()
    events = [json.loads(attempt[3]) for attempt in receiver.attempts]
    types = [event["type"] for event in events]
    lanes = [[e["sequence"] for e in events if ("conference_sid" in e) == has_lane] for has_lane in (True, False)]
    check(types[-1] == "watch.stopped", "a changed filter applies from then on", types[-3:])
    check(all(lane == sorted(set(lane)) for lane in lanes), "no event arrives twice or out of order", lanes)
    told = errors.read_bytes()
    check(told.count(b"could not be reloaded") == 1, "one warning reports the invalid key", told)
    check(old.encode() not in told and new.encode() not in told, "the log contains no key")


def main():
    home = Path(tempfile.mkdtemp())
    try:
        renewed(sys.argv[1], home)
    finally:
        shutil.rmtree(home)


main()
