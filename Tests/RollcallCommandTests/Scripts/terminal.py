"""Runs rollcall in windows of several sizes, and looks at what is shown there. Needs pyte.

Usage: terminal.py PATH-OF-ROLLCALL
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from base64 import b64encode

from foreground import take_signals
from terminal_picture import Window
from verdict import check

take_signals()
ALTERNATE, RESTORED = b"\x1b[?1049h", b"\x1b[?1049l"
LEAST_PAUSE = 0.2  # seconds between two frames, less what a busy machine adds


class Space:
    """A simulated space, and hands to move what is in it."""

    def __init__(self, rollcall, scenario):
        self.process = subprocess.Popen(
            [rollcall, "simulate", "--scenario", scenario], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.facts = json.loads(self.process.stdout.readline())
        self.sid = self.facts["conferences"][0]["sid"]
        self.environment = {
            "SIGNALWIRE_SPACE": self.facts["origin"], "SIGNALWIRE_PROJECT_ID": self.facts["project"],
            "SIGNALWIRE_API_TOKEN": self.facts["token"], "TZ": "UTC"}

    def request(self, path, **form):
        address = f"{self.facts['origin']}/api/laml/2010-04-01/Accounts/{self.facts['project']}/Conferences/{self.sid}{path}"
        key = b64encode(f"{self.facts['project']}:{self.facts['token']}".encode()).decode()
        data = urllib.parse.urlencode(form).encode() if form else None
        with urllib.request.urlopen(urllib.request.Request(address, data, {"Authorization": f"Basic {key}"})) as reply:
            return json.load(reply)

    @property
    def people(self):
        return [person["call_sid"] for person in self.request("/Participants")["participants"]]


def short(sid):
    return "…" + sid[-4:]


def check_frames(window, name):
    """The board comes in few, small writes; nothing is torn."""
    frames = [(moment, piece) for moment, piece in window.writes if b"\x1b[" in piece]
    spans = frames[-1][0] - frames[0][0]
    check(len(frames) <= 5 + spans * 5, f"{name}: there are at most some four frames a second", f"{len(frames)} in {spans}")


def drawn(rollcall, space, columns, rows):
    """People join, are muted and leave; the window changes its size; Ctrl-C ends it."""
    name = f"{columns}x{rows}"
    window = Window([rollcall, "watch", space.sid, "--live", "--interval", "200ms"], columns, rows, space.environment)
    window.wait_for(lambda w: w.lines[0].startswith("3 in the room"), f"{name}: the room")
    first = space.people[0]
    check(window.alternate and not window.echoes(), f"{name}: the board has its own screen, and keys are not echoed")
    check(all(len(line) <= columns for line in window.lines), f"{name}: no line is too wide")
    if rows > 5:
        space.request(f"/Participants/{first}", Muted="true")
        window.wait_for(lambda w: any(line.startswith(short(first)) and "muted" in line for line in w.lines[:8]), "a mute")
        space.request(f"/Participants/{first}", Muted="false")
        window.wait_for(lambda w: not any(l.startswith(short(first)) and "muted" in l for l in w.lines[:6]), "an unmute")
        window.resize(columns // 2, rows // 2)
        window.wait_for(lambda w: w.lines[0].startswith("3 in the room") and w.lines[1:] != [""] * (rows // 2 - 1), "the resized room")
        check(all(len(line) <= columns // 2 for line in window.lines), f"{name}: half the window is enough")
    check_frames(window, name)
    os.write(window.master, b"\x03")
    check(window.end() == 0, f"{name}: Ctrl-C ends the watch well")
    check(window.is_restored, f"{name}: the terminal is restored")
    last = window.bytes.split(RESTORED)[-1]
    check(b"3 in the room" in last, f"{name}: the last picture stays")


def demonstrated(rollcall):
    window = Window([rollcall, "demo"], 80, 24, {"TZ": "UTC", "NO_COLOR": "1"})
    window.wait_for(lambda w: "supervisor" in w.text and "coaching agent" in w.text, "the coach")
    window.wait_for(lambda w: "caller" in w.text and "on hold" not in w.lines[4], "the end of a hold")
    check(not re.search(rb"\x1b\[[1-9][0-9]*m", window.bytes), "NO_COLOR leaves a board without colours")
    check(window.end() == 0 and window.is_restored, "the demo ends well and restores the terminal")
    check("rollcall watch <conference-sid> --live" in window.text, "the demo says how to go on")
    check("over · " in window.bytes.split(RESTORED)[-1].decode(), "the last picture of the demo stays")


def demo_ended(rollcall):
    """A demo that somebody ends gives the terminal back, and in a pipe its last line says why."""
    for what, end in (("Ctrl-C", None), ("SIGTERM", signal.SIGTERM)):
        window = Window([rollcall, "demo"], 80, 24, {"TZ": "UTC"})
        window.wait_for(lambda w: w.lines[0].startswith("2 in the room · demo · "), "the demo, with its name")
        if end is None:
            os.write(window.master, b"\x03")
        check(window.end(end) == 0 and window.is_restored, f"{what} ends the demo well and restores the terminal", window.text)
        check("rollcall watch <conference-sid> --live" in window.text, f"the demo says how to go on after {what}")
    for end in (signal.SIGINT, signal.SIGTERM):
        piped = subprocess.Popen([rollcall, "demo"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        piped.stdout.readline()
        piped.send_signal(end)
        last = json.loads(piped.communicate(timeout=30)[0].splitlines()[-1])
        check(piped.returncode == 0 and (last["type"], last.get("reason")) == ("watch.stopped", "signal"),
              f"{end.name} ends a demo in a pipe with watch.stopped", (piped.returncode, last))


def server_ended(rollcall, space):
    """Whoever serves from threads of its own ends by a signal too."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    for arguments in (["simulate"], ["listen", "--port", "0"], ["watch", space.sid, "--health", port]):
        for end in (signal.SIGINT, signal.SIGTERM):
            process = subprocess.Popen(
                [rollcall, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                env={**os.environ, **space.environment})
            process.stdout.readline()
            process.send_signal(end)
            process.communicate(timeout=30)
            check(process.returncode == 0, f"{end.name} ends {arguments[0]} well", process.returncode)


def interrupted(rollcall, space):
    command = [rollcall, "watch", space.sid, "--live", "--interval", "200ms"]
    window = Window(command, 80, 24, space.environment)
    window.wait_for(lambda w: w.lines[0].startswith("3 in the room"), "the room")
    check(window.end(signal.SIGTERM) == 0 and window.is_restored, "SIGTERM restores the terminal")
    for fault in (signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT):
        window = Window(command, 80, 24, {**space.environment, "SWIFT_BACKTRACE": "enable=no"})
        window.wait_for(lambda w: w.lines[0].startswith("3 in the room"), "the room")
        check(window.end(fault) == -fault and window.is_restored, f"{fault.name} restores the terminal")
    window = Window(command, 80, 24, space.environment)
    window.wait_for(lambda w: w.lines[0].startswith("3 in the room"), "the room")
    os.kill(window.process, signal.SIGTSTP)
    window.wait_for(lambda w: not w.alternate and w.echoes(), "the usual screen while the watch is stopped")
    check(window.is_restored and window.echoes(), "a stopped watch gives the terminal back")
    os.kill(window.process, signal.SIGCONT)
    window.wait_for(lambda w: w.alternate and w.lines[0].startswith("3 in the room"), "the room once more")
    os.close(window.master)
    _, status = os.waitpid(window.process, 0)
    check(os.waitstatus_to_exitcode(status) in (-signal.SIGPIPE, 0), "a window that is closed ends the watch", status)


def plain(rollcall, space):
    command = [rollcall, "watch", space.sid, "--once", "--format", "text"]
    for kind, options in (("dumb", ["--live"]), ("xterm", []), ("dumb", [])):
        window = Window(command + options, 80, 24, {**space.environment, "TERM": kind})
        check(window.end() == 0, f"text on a terminal of kind {kind} ends well")
        check("is there" in window.text and ALTERNATE not in window.bytes, "people at a terminal get rows")
        check((b"\x1b[" in window.bytes) == (kind == "xterm"), "there are colours unless the terminal is dumb")
        check(("--live needs a terminal" in window.text) == bool(options), "a board that cannot be drawn is told")
    window = Window(command, 20, 24, {**space.environment, "NO_COLOR": "1"})
    check(window.end() == 0 and b"\x1b[" not in window.bytes, "NO_COLOR leaves rows without colours")
    rows = [line for line in window.lines if "…" in line]
    check(len(rows) >= 3 and all("is there"[:6] in line or "watch" in line for line in rows), "rows fit twenty columns", rows)
    environment = {**os.environ, **space.environment}
    piped = subprocess.run(command[:-2], env=environment, capture_output=True, text=True)
    check([json.loads(line)["type"] for line in piped.stdout.splitlines()][-1] == "watch.stopped", "a pipe gets JSON")
    piped = subprocess.run(command + ["--live"], env=environment, capture_output=True, text=True)
    check(piped.stdout.startswith("TIME ") and piped.stderr.count("\n") == 1, "--live into a pipe is text and one note")
    closed = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "-"] + command + ["--live"], env=environment, capture_output=True, text=True)
    check(closed.returncode == 74 and "standard output" in closed.stderr, "a standard output that is closed is told", closed)


def narrow(rollcall, space):
    """Twenty columns are enough for everything that a watch shows."""
    for kind in ("xterm", "dumb"):
        window = Window([rollcall, "list", space.sid], 20, 24, {**space.environment, "TERM": kind})
        check(window.end() == 0 and [line.split()[0] for line in window.lines[:4]] == ["WHO"] + [short(s) for s in space.people],
              f"a list fits twenty columns of a terminal of kind {kind}", window.lines)
        check((b"\x1b[" in window.bytes) == (kind == "xterm"), "it has colours unless the terminal is dumb")
    window = Window([rollcall, "list", space.sid], 20, 24, {**space.environment, "NO_COLOR": "1"})
    check(window.end() == 0 and b"\x1b[" not in window.bytes, "NO_COLOR leaves a list without colours")
    window = Window([rollcall, "demo", "--seconds", "3"], 20, 10, {"TZ": "UTC"})
    window.wait_for(lambda w: w.lines[0].startswith("3 in the room"), "the demo in twenty columns")
    check(window.end() == 0 and window.is_restored, "a demo fits twenty columns")
    window = Window([rollcall, "demo", "--seconds", "2"], 80, 40, {"TZ": "UTC", "TERM": "dumb"})
    check(window.end() == 0 and b"\x1b[" not in window.bytes and "agent" in window.text, "a demo on a dumb terminal is rows")


def named(rollcall, space):
    """People are called by the file of names, in rows and on the board, and by the new names after SIGHUP."""
    with tempfile.TemporaryDirectory() as folder:
        names, first = os.path.join(folder, "names"), space.people[0]

        def write(text):
            with open(names, "w", encoding="utf-8") as file:
                file.write(text)

        write(f"{first} Anna\n{space.sid} Support\n")
        watch = [rollcall, "watch", space.sid, "--interval", "200ms", "--names", names]
        window = Window(watch + ["--live"], 80, 24, space.environment)
        window.wait_for(lambda w: "Support" in w.lines[0] and "Anna" in w.text, "names on the board")
        write("rubbish\n")
        os.kill(window.process, signal.SIGHUP)
        window.wait_for(lambda w: "names stay as they were" in w.text, "that the new names are wrong")
        check("Support" in window.lines[0] and "Anna" in window.text, "the old names stay where the new ones are wrong")
        write(f"{first} Berta\n")
        os.kill(window.process, signal.SIGHUP)
        window.wait_for(lambda w: "Berta" in w.text and "Anna" not in w.text and "Support" not in w.text, "the new names")
        check(window.end(signal.SIGINT) == 0, "a board with names ends well")
        check(window.bytes.split(RESTORED)[-1].count(b"names stay as they were") == 1, "one warning says so")

        rows = Window(watch + ["--format", "text"], 80, 24, space.environment)
        rows.wait_for(lambda w: "watching began" in w.text and "Berta" in w.text, "names in rows")
        write(f"{first} Carla\n")
        os.kill(rows.process, signal.SIGHUP)
        rows.wait_for(lambda w: "read again" in w.text, "that names are read again")
        space.request(f"/Participants/{first}", Hold="true")
        rows.wait_for(lambda w: any("Carla" in line and "put on hold" in line for line in w.lines), "a row with the new name")
        check("Berta" in rows.text, "rows that are written stay as they are")
        space.request(f"/Participants/{first}", Hold="false")
        check(rows.end(signal.SIGINT) == 0, "rows with names end well")

        write("!!! rubbish\n")
        for options in (["--live"], ["--format", "text"]):
            window = Window(watch + options, 200, 24, space.environment)
            check(window.end() == 78 and window.text.startswith("rollcall: line 1 of the file of --names begins with no sid; ")
                  and ALTERNATE not in window.bytes, f"names that are none are told before {options[0]}", window.text)


def kept(rollcall, space):
    """A board on a stream that is kept: those who were there before the restart are on it, and the file has all events."""
    with tempfile.TemporaryDirectory() as folder:
        state = os.path.join(folder, "state.db")
        command = [rollcall, "watch", space.sid, "--live", "--interval", "200ms", "--state", state]
        for _ in range(2):
            window = Window(command, 80, 24, space.environment)
            window.wait_for(lambda w: w.lines[0].startswith("3 in the room"), "the room that is kept")
            time.sleep(0.5)
            check(window.end(signal.SIGINT) == 0, "a kept board ends well")
        history = subprocess.run([rollcall, "events", "--state", state], capture_output=True, text=True).stdout
        check(history.count('"participant.present"') == 3 and '"watch.resumed"' in history, "the file has the events")


def main():
    rollcall = os.path.abspath(sys.argv[1])
    space = Space(rollcall, "quiet")
    try:
        for columns, rows in ((80, 24), (200, 60), (20, 5)):
            drawn(rollcall, space, columns, rows)
        interrupted(rollcall, space)
        plain(rollcall, space)
        narrow(rollcall, space)
        named(rollcall, space)
        kept(rollcall, space)
        server_ended(rollcall, space)
    finally:
        space.process.kill()
    demo_ended(rollcall)
    demonstrated(rollcall)


main()
