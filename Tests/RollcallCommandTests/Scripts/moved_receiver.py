#!/usr/bin/env python3
"""Moves a receiver to another address of the same name: the first attempt fails at the old one, and the next finds the new one.

Usage: moved_receiver.py PATH-OF-ROLLCALL
"""

import json, os, subprocess, sys, tempfile
from kit.command_run import Run
from kit.fake_space import Space
from kit.raw_server import RawServer, reply
from kit.verdict import end
from kit.waiting import until

rollcall = os.path.realpath(sys.argv[1])
NAME = "receiver.example"
# Only this run sees that hosts file.
NAMESPACE = ["unshare", "--mount", "--map-root-user"]
WITH_HOSTS = [*NAMESPACE, "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"']


class Receiver(RawServer):
    """Accepts events, or breaks every connection; `taken` has the accepted types, `broken` counts the refusals."""

    def __init__(self, host, port=0):
        self.taken, self.broken, self.breaks = [], 0, False
        super().__init__(self.answer, host=host, port=port)

    def answer(self, request):
        if self.breaks:
            self.broken += 1
            request.reset()
            return False
        self.taken.append(json.loads(request.body)["type"])
        return request.send(reply(204))


def is_possible(hosts):
    try:
        return subprocess.run([*WITH_HOSTS, hosts, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def moved(hosts):
    def point(address):
        hosts.seek(0)
        hosts.write(f"127.0.0.1 localhost\n{address} {NAME}\n")
        hosts.flush()

    old = Receiver("127.0.0.1")
    new = Receiver("127.0.0.2", old.port)
    point("127.0.0.1")
    space, faults = Space(people=1), []
    sid = space.sids[0]
    run = Run(rollcall, ["watch", sid, "--interval", "200ms", "-q", "--webhook", f"http://{NAME}:{old.port}/"], space,
              wrapper=[*WITH_HOSTS, hosts.name])
    if not until(lambda: "watch.started" in old.taken):
        faults.append(f"nothing arrived at the old address: {run.errors}")
    point("127.0.0.2")
    old.breaks = True
    space.change(sid, sorted(space.rooms[sid])[0], muted=True)
    until(lambda: new.taken or old.broken > 3, 60)
    # The first attempt may be made twice: once on the kept connection, once on a new one.
    if "participant.muted" not in new.taken or old.broken > 2:
        faults.append(f"the new address got {new.taken} after {old.broken} attempts at the old one")
    run.kill()
    return faults


with tempfile.NamedTemporaryFile("w", suffix=".hosts") as file:
    if is_possible(file.name):
        end("a receiver that moves", moved(file))
    print("skipped: a receiver that moves (cannot mount a hosts file here)")
