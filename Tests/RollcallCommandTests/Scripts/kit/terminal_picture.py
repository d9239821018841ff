"""Runs a command on a pseudo-terminal and keeps what its window shows. Needs pyte."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

import pyte

PATIENCE = 40  # seconds that anything may take
ALTERNATE, RESTORED = b"\x1b[?1049h", b"\x1b[?1049l"


def short(sid):
    """Returns a participant's sid as rollcall shows it."""
    return "…" + sid[-4:]


class Screen(pyte.Screen):
    """A screen like real terminals: without autowrap the cursor stays on the last character of a full line, so erasing removes it."""

    def erase_in_line(self, *arguments, **keywords):
        self.cursor.x = min(self.cursor.x, self.columns - 1)
        super().erase_in_line(*arguments, **keywords)

    def erase_in_display(self, *arguments, **keywords):
        self.cursor.x = min(self.cursor.x, self.columns - 1)
        super().erase_in_display(*arguments, **keywords)


class Window:
    """A window in which the command takes the place of a shell: it leads its own session."""

    def __init__(self, command, columns, rows, environment=None):
        self.screen = Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.bytes = b""
        self.writes = []
        self.status = None
        self.alternate = False
        self.echoed = None  # at its end
        self.process, self.master = pty.fork()
        if self.process == 0:
            os.environ.update({"TERM": "xterm-256color", "TZ": "UTC", **(environment or {})})
            # Sets the size before the command reads it.
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execv(command[0], command)

    def resize(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def read(self, seconds):
        """Reads what comes within some time; returns False at the end."""
        ready, _, _ = select.select([self.master], [], [], seconds)
        if not ready:
            return True
        try:
            piece = os.read(self.master, 1 << 16)
        except OSError:
            return False
        if piece:
            self.bytes += piece
            self.writes.append((time.monotonic(), piece))
            self.feed(piece)
        return bool(piece)

    def feed(self, piece):
        # pyte has only one screen, and its previous contents do not matter.
        for mark in (ALTERNATE, RESTORED):
            if mark in piece:
                before, after = piece.split(mark, 1)
                self.feed(before)
                self.alternate = mark.endswith(b"h")
                self.screen.erase_in_display(2)
                self.screen.cursor_position(1, 1)
                return self.feed(after)
        self.stream.feed(piece)

    @property
    def lines(self):
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self):
        return "\n".join(self.lines).rstrip()

    def wait_for(self, condition, what):
        """Reads until the screen meets the condition."""
        deadline = time.monotonic() + PATIENCE
        while not condition(self):
            if time.monotonic() > deadline or not self.read(0.2):
                raise SystemExit(f"FAILED: the terminal never showed {what}:\n{self.text}")
        return self.lines

    def end(self, number=None):
        """Sends the signal, if one is given, waits for the end of the command, and returns its exit status."""
        if number is not None:
            os.kill(self.process, number)
        deadline = time.monotonic() + PATIENCE
        while self.read(0.2):
            if time.monotonic() > deadline:
                os.kill(self.process, signal.SIGKILL)
                raise SystemExit(f"FAILED: the command did not end:\n{self.text}")
        _, status = os.waitpid(self.process, 0)
        self.echoed = self.echoes()
        os.close(self.master)
        self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def echoes(self):
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    @property
    def is_restored(self):
        """Returns whether cursor, wrapping and the normal screen are restored."""
        last = {mode: self.bytes.rfind(mode + b"h") >= self.bytes.rfind(mode + b"l") for mode in (b"\x1b[?25", b"\x1b[?7")}
        back = self.bytes.rfind(RESTORED) >= self.bytes.rfind(ALTERNATE)
        return all(last.values()) and back
