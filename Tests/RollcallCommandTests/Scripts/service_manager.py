"""Starts a watch as systemd would, and checks the notifications that the watch sends.

Usage: service_manager.py PATH-OF-ROLLCALL
"""

import os
import signal
import socket
import subprocess
import sys
import time

from kit.simulated_space import SimulatedSpace

PATIENCE = 20  # seconds that one note may take
WATCHDOG = 400_000  # microseconds
SIGNS = 6  # with one report per second, the last would come 5 s after the first
SIGNS_TIME = 4  # seconds


def main():
    rollcall = sys.argv[1]
    address = f"rollcall-test-{os.getpid()}"
    notes = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notes.bind("\0" + address)
    notes.settimeout(PATIENCE)
    with SimulatedSpace(rollcall, "quiet") as space:
        environment = space.environment | {"NOTIFY_SOCKET": "@" + address, "WATCHDOG_USEC": str(WATCHDOG)}
        watch = subprocess.Popen(
            [rollcall, "watch", space.sid, "--interval", "200ms"], env=environment, stdout=subprocess.DEVNULL)
        try:
            follow(watch, notes)
        finally:
            watch.kill()


def follow(watch, notes):
    """Checks the notifications of a watch until it ends."""
    seen = []

    def await_note(wanted):
        deadline = time.monotonic() + PATIENCE
        while not any(note.startswith(wanted) for note in seen):
            if time.monotonic() > deadline:
                raise SystemExit(f"FAILED: expected the notification {wanted}, got {seen}")
            seen.extend(notes.recv(4096).decode().splitlines())
        print(f"ok: the service manager gets {wanted}")

    await_note("READY=1")
    await_note("STATUS=1 conference")
    seen.clear()
    await_note("WATCHDOG=1")
    first = time.monotonic()
    for _ in range(SIGNS - 1):
        seen.clear()
        await_note("WATCHDOG=1")
    if time.monotonic() - first >= SIGNS_TIME:
        raise SystemExit(f"FAILED: expected {SIGNS} watchdog notifications within {SIGNS_TIME} s for a watchdog time below a second")
    watch.send_signal(signal.SIGTERM)
    await_note("STOPPING=1")
    if watch.wait(PATIENCE) != 0:
        raise SystemExit("FAILED: the watch did not end with status 0")


main()
