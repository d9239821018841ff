"""Runs the commands that write rows, in terminal windows and without one. Needs pyte.

Usage: terminal_rows.py PATH-OF-ROLLCALL
"""

import json
import os
import signal
import subprocess
import sys
import tempfile

from kit.foreground import take_signals
from kit.simulated_space import SimulatedSpace
from kit.terminal_picture import ALTERNATE, Window, short
from kit.verdict import check

take_signals()
rollcall = os.path.abspath(sys.argv[1])


def plain(space):
    command = [rollcall, "watch", space.sid, "--once", "--format", "text"]
    for kind, options in (("dumb", ["--live"]), ("xterm", []), ("dumb", [])):
        window = Window(command + options, 80, 24, {**space.account, "TERM": kind})
        check(window.end() == 0, f"a watch on a terminal of kind {kind} ends with status 0")
        check("is there" in window.text and ALTERNATE not in window.bytes, "the output on a terminal is rows")
        check((b"\x1b[" in window.bytes) == (kind == "xterm"), "there are colours unless the terminal is dumb")
        check(("--live needs a terminal" in window.text) == bool(options), "a warning says that the board cannot be drawn")
    window = Window(command, 20, 24, {**space.account, "NO_COLOR": "1"})
    check(window.end() == 0 and b"\x1b[" not in window.bytes, "rows have no colours with NO_COLOR")
    rows = [line for line in window.lines if "…" in line]
    check(len(rows) >= 3 and all("is there"[:6] in line or "watch" in line for line in rows), "rows fit into twenty columns", rows)
    piped = subprocess.run(command[:-2], env=space.environment, capture_output=True, text=True)
    check([json.loads(line)["type"] for line in piped.stdout.splitlines()][-1] == "watch.stopped", "a pipe gets JSON")
    piped = subprocess.run(command + ["--live"], env=space.environment, capture_output=True, text=True)
    check(piped.stdout.startswith("TIME ") and piped.stderr.count("\n") == 1, "--live into a pipe writes text and one note")
    closed = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "-"] + command + ["--live"], env=space.environment, capture_output=True, text=True)
    check(closed.returncode == 74 and "standard output" in closed.stderr, "a closed standard output is reported", closed)


def narrow(space):
    """Everything that a watch shows fits into twenty columns."""
    for kind in ("xterm", "dumb"):
        window = Window([rollcall, "list", space.sid], 20, 24, {**space.account, "TERM": kind})
        check(window.end() == 0 and [line.split()[0] for line in window.lines[:4]] == ["WHO"] + [short(s) for s in space.people],
              f"a list fits into twenty columns of a terminal of kind {kind}", window.lines)
        check((b"\x1b[" in window.bytes) == (kind == "xterm"), "a list has colours unless the terminal is dumb")
    window = Window([rollcall, "list", space.sid], 20, 24, {**space.account, "NO_COLOR": "1"})
    check(window.end() == 0 and b"\x1b[" not in window.bytes, "a list has no colours with NO_COLOR")
    window = Window([rollcall, "demo", "--seconds", "3"], 20, 10)
    window.wait_for(lambda w: w.lines[0].startswith("3 in the room"), "the demo in twenty columns")
    check(window.end() == 0 and window.is_restored, "a demo fits into twenty columns")
    window = Window([rollcall, "demo", "--seconds", "2"], 80, 40, {"TERM": "dumb"})
    check(window.end() == 0 and b"\x1b[" not in window.bytes and "agent" in window.text, "a demo on a dumb terminal writes rows")


def as_json():
    """Lines of JSON on a terminal contain no raw characters that could mislead, and mean the same as in a pipe."""
    label = "a\u202eb\u200bc\u2066d\U000e0041"
    person = {"call_sid": "a", "conference_sid": "c", "label": label}
    with tempfile.TemporaryDirectory() as folder:
        for name, people in (("before", []), ("after", [person])):
            with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
                json.dump({"participants": people}, file, ensure_ascii=False)
        command = [rollcall, "diff", f"{folder}/before", f"{folder}/after"]
        window = Window(command, 300, 40)
        check(window.end() == 0, "diff writes to a terminal")
        shown = window.bytes.decode()
        check(not any(sign in shown for sign in label[1::2]), "no character that hides or reorders text reaches a terminal", shown)
        piped = subprocess.run(command, capture_output=True, text=True)
        check(label in piped.stdout, "a pipe gets the characters unchanged")
        check([json.loads(line) for line in shown.splitlines()] == [json.loads(line) for line in piped.stdout.splitlines()],
              "the JSON on the terminal and in the pipe is equal", shown)


def looked_up(space):
    """Commands show the names in the file of names; a followed history shows new names after SIGHUP."""
    first = space.people[0]
    with tempfile.TemporaryDirectory() as folder:
        names, state = os.path.join(folder, "names"), os.path.join(folder, "state.db")

        def write(text):
            with open(names, "w", encoding="utf-8") as file:
                file.write(text)

        def run(*arguments):
            return subprocess.run([rollcall, *arguments], env=space.environment, capture_output=True, text=True)

        def look():
            check(run("watch", space.sid, "--once", "--no-stdout", "--state", state).returncode == 0, "a watch fills the state file")

        look()
        commands = (["list", space.sid], ["room", "--state", state], ["events", "--state", state])
        for text, code, line in ((f"{first} Anna\n", 0, ""), ("!!! Anna\n", 78, "line 1 of the file of --names begins with neither a sid nor an address; ")):
            write(text)
            for command in commands:
                told = run(*command, "--format", "text", "--names", names)
                check((told.returncode, "Anna" in told.stdout) == (code, code == 0) and line in told.stderr,
                      f"{command[0]} ends with status {code} with the names {text!r}", told)
        write(f"{first} Anna\n")
        rows = Window([rollcall, *commands[2], "--follow", "--names", names], 80, 24)
        rows.wait_for(lambda w: "Anna" in w.text, "a name in the history")
        write("!!! Berta\n")
        os.kill(rows.process, signal.SIGHUP)
        rows.wait_for(lambda w: "names stay as they were" in " ".join(w.lines), "a warning about the names")
        write(f"{first} Berta\n")
        os.kill(rows.process, signal.SIGHUP)
        space.change(first, Muted="true")
        look()
        rows.wait_for(lambda w: any("Berta" in line and "muted" in line for line in w.lines), "the new name")
        check(rows.end(signal.SIGINT) == 0, "a followed history ends with status 0")


as_json()
with SimulatedSpace(rollcall, "quiet") as space:
    plain(space)
    narrow(space)
    looked_up(space)
