#!/usr/bin/env python3
"""Runs rollcall where there is no /proc, as in some sandboxes: each command is still the one that was given.

Usage: without_proc.py PATH-OF-ROLLCALL
Needs mount namespaces, as root or as a user who may make them; says so and passes where there are none.
"""

import json, os, subprocess, sys
from kit.simulated_space import SimulatedSpace
from kit.verdict import check

rollcall = os.path.realpath(sys.argv[1])
HIDE = 'mount -t tmpfs none /proc && [ ! -e /proc/self ] && exec "$@"'
WAYS = [["unshare", way, "--propagation", "private", "bash", "-c", HIDE, "-"] for way in ("-m", "-rm")]


def run(hidden, *arguments, environment=os.environ):
    return subprocess.run([*hidden, *arguments], env=environment, capture_output=True, text=True)


def main():
    hidden = next((way for way in WAYS if run(way, "true").returncode == 0), None)
    if hidden is None:
        return print(f"skipped: without /proc ({run(WAYS[0], 'true').stderr.strip()})")
    check(run(hidden, rollcall, "version").stdout == run([], rollcall, "version").stdout, "without /proc, the version is told")
    with SimulatedSpace(rollcall, "quiet") as space:
        command = [rollcall, "watch", space.sid, "--once"]
        kinds = [[json.loads(line)["type"] for line in run(way, *command, environment=space.environment).stdout.splitlines()]
                 for way in ([], hidden)]
        check(kinds[0] == kinds[1] and "watch.started" in kinds[0], "without /proc, a watch is one", kinds)
        wrong = run(hidden, *command, "--intervall", "2s", environment=space.environment)
        check(wrong.returncode == 64 and "--intervall" in wrong.stderr, "without /proc, an unknown option is 64, and named", wrong)


main()
