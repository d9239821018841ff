"""Runs rollcall in terminal windows of several sizes, and checks the board that it draws. Needs pyte.

Usage: terminal.py PATH-OF-ROLLCALL
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time

from kit.foreground import take_signals
from kit.simulated_space import SimulatedSpace
from kit.terminal_picture import ALTERNATE, RESTORED, Window, short
from kit.verdict import check
from kit.waiting import until

take_signals()
rollcall = os.path.abspath(sys.argv[1])


def check_frames(window, name):
    """Checks that the board is drawn in few, small writes, and that no frame is torn."""
    frames = [(moment, piece) for moment, piece in window.writes if b"\x1b[" in piece]
    spans = frames[-1][0] - frames[0][0]
    check(len(frames) <= 5 + spans * 5, f"{name}: there are at most about four frames per second", f"{len(frames)} in {spans}")


def drawn(space, columns, rows):
    """People join, are muted and leave; the window is resized; Ctrl-C ends the watch."""
    name = f"{columns}x{rows}"
    window = Window([rollcall, "watch", space.sid, "--live", "--interval", "200ms"], columns, rows, space.account)
    window.wait_for(lambda w: w.lines[0].startswith("3 in the room"), f"{name}: the room")
    first = space.people[0]
    if columns >= 48:
        check(re.fullmatch(r".* {2}\d\d:\d\d:\d\d", window.lines[0]) and len(window.lines[0]) == columns,
              f"{name}: the clock is whole, at the right edge", window.lines[0])
    check(window.alternate and not window.echoes(), f"{name}: the board uses the alternate screen, and keys are not echoed")
    check(all(len(line) <= columns for line in window.lines), f"{name}: no line is too wide")
    if rows > 5:
        space.change(first, Muted="true")
        window.wait_for(lambda w: any(line.startswith(short(first)) and "muted" in line for line in w.lines[:8]), "a mute")
        space.change(first, Muted="false")
        window.wait_for(lambda w: not any(l.startswith(short(first)) and "muted" in l for l in w.lines[:6]), "an unmute")
        window.resize(columns // 2, rows // 2)
        window.wait_for(lambda w: w.lines[0].startswith("3 in the room") and w.lines[1:] != [""] * (rows // 2 - 1), "the resized room")
        check(all(len(line) <= columns // 2 for line in window.lines), f"{name}: no line is too wide in half the window")
    check_frames(window, name)
    os.write(window.master, b"\x03")
    check(window.end() == 0, f"{name}: Ctrl-C ends the watch with status 0")
    check(window.is_restored, f"{name}: the terminal is restored")
    last = window.bytes.split(RESTORED)[-1]
    check(b"3 in the room" in last, f"{name}: the last frame stays on the screen")


def interrupted(space):
    command = [rollcall, "watch", space.sid, "--live", "--interval", "200ms"]
    window = Window(command, 80, 24, space.account)
    window.wait_for(lambda w: w.lines[0].startswith("3 in the room"), "the room")
    check(window.end(signal.SIGTERM) == 0 and window.is_restored, "SIGTERM restores the terminal")
    for fault in (signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT):
        window = Window(command, 80, 24, {**space.account, "SWIFT_BACKTRACE": "enable=no"})
        window.wait_for(lambda w: w.lines[0].startswith("3 in the room"), "the room")
        check(window.end(fault) == -fault and window.is_restored, f"{fault.name} restores the terminal")
    window = Window(command, 80, 24, space.account)
    window.wait_for(lambda w: w.lines[0].startswith("3 in the room"), "the room")
    os.kill(window.process, signal.SIGTSTP)
    window.wait_for(lambda w: not w.alternate and w.echoes(), "the normal screen while the watch is stopped")
    check(window.is_restored and window.echoes(), "a stopped watch restores the terminal")
    os.kill(window.process, signal.SIGCONT)
    window.wait_for(lambda w: w.alternate and w.lines[0].startswith("3 in the room"), "the room again")
    os.close(window.master)
    _, status = os.waitpid(window.process, 0)
    check(os.waitstatus_to_exitcode(status) in (-signal.SIGPIPE, 0), "closing the window ends the watch", status)


def full(window):
    """Fills a window that is not read."""
    slave = os.open(f"/proc/{window.process}/fd/1", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    for count in (100, 1):
        try:
            while os.write(slave, b" " * count):
                pass
        except BlockingIOError:
            pass
    os.close(slave)


def stopped(window):
    """Stops the output of a window, as Ctrl-S does."""
    os.write(window.master, b"\x13")


def stalled(space):
    """A window that accepts no output is also restored, after one signal and after two."""
    command = [rollcall, "watch", space.sid, "--live", "--interval", "200ms"]
    for stall in (full, stopped):
        # The second signal may come too late.
        for what, numbers, wanted in (("one signal", [signal.SIGTERM], (0,)), ("two signals", [signal.SIGTERM, signal.SIGINT], (0, 130))):
            window = Window(command, 80, 24, space.account)
            window.wait_for(lambda w: w.lines[0].startswith("3 in the room"), "the room")
            stall(window)
            time.sleep(1)  # for some frames without room
            for number in numbers:
                os.kill(window.process, number)
                time.sleep(0.05)
            ended = until(lambda: os.waitid(os.P_PID, window.process, os.WEXITED | os.WNOHANG | os.WNOWAIT))
            check(ended, f"a board in a {stall.__name__} window ends after {what}")
            window.end()
            check(window.status in wanted and window.is_restored and window.echoed,
                  f"a {stall.__name__} window is restored after {what}", window.status)


def named(space):
    """Rows and the board show the names in the file of names, and new names after SIGHUP."""
    with tempfile.TemporaryDirectory() as folder:
        names, first = os.path.join(folder, "names"), space.people[0]

        def write(text):
            with open(names, "w", encoding="utf-8") as file:
                file.write(text)

        write(f"{first} Anna\n{space.sid} Support\n")
        watch = [rollcall, "watch", space.sid, "--interval", "200ms", "--names", names]
        window = Window(watch + ["--live"], 80, 24, space.account)
        window.wait_for(lambda w: "Support" in w.lines[0] and "Anna" in w.text, "names on the board")
        write("rubbish\n")
        os.kill(window.process, signal.SIGHUP)
        window.wait_for(lambda w: "names stay as they were" in w.text, "that the new names are invalid")
        check("Support" in window.lines[0] and "Anna" in window.text, "the old names stay if the new ones are invalid")
        write(f"{first} Berta\n")
        os.kill(window.process, signal.SIGHUP)
        window.wait_for(lambda w: "Berta" in w.text and "Anna" not in w.text and "Support" not in w.text, "the new names")
        check(window.end(signal.SIGINT) == 0, "a board with names ends with status 0")
        check(window.bytes.split(RESTORED)[-1].count(b"names stay as they were") == 1, "one warning reports the invalid names")

        rows = Window(watch + ["--format", "text"], 80, 24, space.account)
        rows.wait_for(lambda w: "watching began" in w.text and "Berta" in w.text, "names in rows")
        write(f"{first} Carla\n")
        os.kill(rows.process, signal.SIGHUP)
        rows.wait_for(lambda w: "reloading" in w.text, "that names are reloaded")
        space.change(first, Hold="true")
        rows.wait_for(lambda w: any("Carla" in line and "put on hold" in line for line in w.lines), "a row with the new name")
        check("Berta" in rows.text, "written rows keep the old name")
        space.change(first, Hold="false")
        check(rows.end(signal.SIGINT) == 0, "rows with names end with status 0")

        write("!!! rubbish\n")
        for options in (["--live"], ["--format", "text"]):
            window = Window(watch + options, 200, 24, space.account)
            check(window.end() == 78 and window.text.startswith("rollcall: line 1 of the file of --names begins with neither a sid nor an address; ")
                  and ALTERNATE not in window.bytes, f"invalid names are reported before {options[0]} takes effect", window.text)


def kept(space):
    """A board with a state file shows the participants from before the restart, and the file has all events."""
    with tempfile.TemporaryDirectory() as folder:
        state = os.path.join(folder, "state.db")
        command = [rollcall, "watch", space.sid, "--live", "--interval", "200ms", "--state", state]
        for _ in range(2):
            window = Window(command, 80, 24, space.account)
            window.wait_for(lambda w: w.lines[0].startswith("3 in the room"), "the saved room")
            time.sleep(0.5)
            check(window.end(signal.SIGINT) == 0, "a board with a state file ends with status 0")
        history = subprocess.run([rollcall, "events", "--state", state], capture_output=True, text=True).stdout
        check(history.count('"participant.present"') == 3 and '"watch.resumed"' in history, "the state file has the events of both runs")


with SimulatedSpace(rollcall, "quiet") as space:
    for size in ((80, 24), (200, 60), (49, 24), (20, 5)):
        drawn(space, *size)
    interrupted(space)
    stalled(space)
    named(space)
    kept(space)
