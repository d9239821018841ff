"""Outputs whose reader has stalled: pipes, sockets and terminals that nobody reads. Standard library only."""

import fcntl, os, pty, socket, termios, threading, tty

SMALL_PIPE = 4096
STOP = b"\x13"  # Ctrl-S
JUNK = b"#" * 99 + b"\n"


class StalledOutput:
    """A descriptor for a command's output, and its other end, which nobody reads until `read` is called.

    Kinds: `pipe`, `socket` and `terminal` are full from the beginning; the user of `stopped terminal` has typed Ctrl-S.
    """

    def __init__(self, kind):
        self.kind = kind
        self.bytes = bytearray()
        if kind == "pipe":
            self.reader, self.writer = os.pipe()
            fcntl.fcntl(self.writer, fcntl.F_SETPIPE_SZ, SMALL_PIPE)
        elif kind == "socket":
            self.ends = socket.socketpair()
            self.reader, self.writer = (end.fileno() for end in self.ends)
        else:
            self.reader, self.writer = pty.openpty()
            # Lines are read exactly as they were written.
            attributes = termios.tcgetattr(self.writer)
            attributes[tty.OFLAG] &= ~termios.OPOST
            termios.tcsetattr(self.writer, termios.TCSANOW, attributes)
        if kind == "stopped terminal":
            os.write(self.reader, STOP)
            threading.Thread(target=self.keep, daemon=True).start()
        else:
            self.fill()

    def fill(self):
        """Writes without blocking until there is no room, and restores the descriptor's flags."""
        if self.kind == "socket":
            try:
                while self.ends[1].send(JUNK, socket.MSG_DONTWAIT):
                    pass
            except BlockingIOError:
                return
        own = os.open(f"/proc/self/fd/{self.writer}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            while os.write(own, JUNK):
                pass
        except BlockingIOError:
            pass
        os.close(own)

    def given(self):
        """Closes this process's descriptor, because the command has its own and the output must not stay open."""
        if self.kind == "socket":
            self.ends[1].close()
        else:
            os.close(self.writer)

    def keep(self):
        try:
            while data := os.read(self.reader, 65536):
                self.bytes += data
        except OSError:
            pass  # the last writer of a terminal has gone

    def read(self):
        """Starts reading, on a thread of its own."""
        reading = threading.Thread(target=self.keep, daemon=True)
        reading.start()
        return reading

    def close(self):
        if self.kind == "socket":
            self.ends[0].close()
        else:
            os.close(self.reader)

    @property
    def lines(self):
        """Returns the command's lines, and what follows the last one. The filler before them may end in the middle of a line."""
        *lines, rest = bytes(self.bytes).split(b"\n")
        return [line.lstrip(b"#") for line in lines if line.strip(b"#")], rest
