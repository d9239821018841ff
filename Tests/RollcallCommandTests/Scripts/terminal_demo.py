"""Runs the demo in terminal windows, and ends it and the commands that serve. Needs pyte.

Usage: terminal_demo.py PATH-OF-ROLLCALL
"""

import json
import os
import re
import signal
import subprocess
import sys

from kit.foreground import take_signals
from kit.loopback import unused_port
from kit.simulated_space import SimulatedSpace
from kit.terminal_picture import RESTORED, Window
from kit.verdict import check

take_signals()
rollcall = os.path.abspath(sys.argv[1])


def demonstrated():
    window = Window([rollcall, "demo"], 80, 24, {"NO_COLOR": "1"})
    window.wait_for(lambda w: "supervisor" in w.text and "coaching agent" in w.text, "the coach")
    window.wait_for(lambda w: "caller" in w.text and "on hold" not in w.lines[4], "the end of a hold")
    check(not re.search(rb"\x1b\[[1-9][0-9]*m", window.bytes), "a board has no colours with NO_COLOR")
    check(window.end() == 0 and window.is_restored, "the demo ends with status 0 and restores the terminal")
    check("rollcall watch SID --live" in window.text, "the demo says what to try next")
    check("over · " in window.bytes.split(RESTORED)[-1].decode(), "the last frame of the demo stays on the screen")


def demo_ended():
    """An interrupted demo restores the terminal, and in a pipe its last line says why it ended."""
    for what, end in (("Ctrl-C", None), ("SIGTERM", signal.SIGTERM)):
        window = Window([rollcall, "demo"], 80, 24)
        window.wait_for(lambda w: w.lines[0].startswith("2 in the room · demo · "), "the demo, with its name")
        if end is None:
            os.write(window.master, b"\x03")
        check(window.end(end) == 0 and window.is_restored, f"{what} ends the demo with status 0 and restores the terminal", window.text)
        check("rollcall watch SID --live" in window.text, f"the demo says what to try next after {what}")
    for end in (signal.SIGINT, signal.SIGTERM):
        piped = subprocess.Popen([rollcall, "demo"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        piped.stdout.readline()
        piped.send_signal(end)
        last = json.loads(piped.communicate(timeout=30)[0].splitlines()[-1])
        check(piped.returncode == 0 and (last["type"], last.get("reason")) == ("watch.stopped", "signal"),
              f"{end.name} ends a demo in a pipe with watch.stopped", (piped.returncode, last))


def server_ended(space):
    """A signal ends commands that serve on threads of their own."""
    port = str(unused_port())
    for arguments in (["simulate"], ["listen", "--port", "0"], ["watch", space.sid, "--health", port]):
        for end in (signal.SIGINT, signal.SIGTERM):
            process = subprocess.Popen(
                [rollcall, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=space.environment)
            process.stdout.readline()
            process.send_signal(end)
            process.communicate(timeout=30)
            check(process.returncode == 0, f"{end.name} ends {arguments[0]} with status 0", process.returncode)


with SimulatedSpace(rollcall, "quiet") as space:
    server_ended(space)
demo_ended()
demonstrated()
