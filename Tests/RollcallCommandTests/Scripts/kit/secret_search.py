"""Canaries, and a search for all forms that they can have. Standard library only."""

import base64, os, secrets, subprocess, time, threading
from kit.foreground import take_signals

take_signals()

PIECE = 8  # the number of characters of a secret that must not appear


def canary():
    return secrets.token_urlsafe(24).replace("-", "a").replace("_", "b")


def forms(secret):
    """Returns the forms of a secret: raw, hex, base64 at each offset in a text, percent-encoded, and each piece of it."""
    raw = secret.encode()
    yield raw
    yield from (raw.hex().encode(), raw.hex().upper().encode())
    yield "".join(f"%{byte:02x}" for byte in raw).encode()
    yield "".join(f"%{byte:02X}" for byte in raw).encode()
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            # The characters that depend on the neighbouring bytes are left out.
            yield encode(b"\0" * shift + raw)[4 if shift else 0:-4]
    for start in range(len(raw) - PIECE + 1):
        yield raw[start:start + PIECE]


class Search:
    """Searches texts for secrets, and collects the faults."""

    def __init__(self, **canaries):
        self.forms = [(name, form) for name, secret in canaries.items() for form in set(forms(secret)) if len(form) >= PIECE]
        self.faults, self.places, self.bytes = [], 0, 0

    def look(self, place, data):
        self.places += 1
        self.bytes += len(data)
        found = {name for name, form in self.forms if form in data}
        if found:
            self.faults.append(f"{place} contains {', '.join(sorted(found))}")

    def finds_itself(self, canaries):
        """Checks that the search finds each secret in each of its forms within other text."""
        for name, secret in canaries.items():
            for text in (secret.encode(), base64.b64encode(b"user:" + secret.encode()), base64.b64encode(b"x" + secret.encode() + b"yz"),
                         secret.encode().hex().encode(), b"..." + secret[5:14].encode() + b"..."):
                other = Search(**{name: secret})
                other.look("itself", b"before " + text + b" behind")
                if not other.faults:
                    self.faults.append(f"the search does not find {name} as {text}")


class Watched:
    """A run whose output is searched, and its command line too if it `sends`: secrets there are covered before the first
    request, which a run that ends with a usage error never sends."""

    running = {}

    def __init__(self, search, name, command, environment, sends=True):
        self.search, self.name = search, name
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.out, self.err = b"", b""
        self.threads = [threading.Thread(target=self.read, args=(each,), daemon=True) for each in ("out", "err")]
        for thread in self.threads:
            thread.start()
        if sends:
            self.running[self.process.pid] = self

    def read(self, what):
        stream = self.process.stdout if what == "out" else self.process.stderr
        while data := os.read(stream.fileno(), 65536):
            setattr(self, what, getattr(self, what) + data)

    def until(self, text, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            if text in self.out or text in self.err:
                return self
            time.sleep(0.01)
        if text not in self.out + self.err:
            self.search.faults.append(f"{self.name}: expected {text} in the output: {(self.out + self.err)[-200:]}")
        return self

    def command_line(self):
        """Searches the command line, in which secrets are covered once a request has been sent."""
        for part in ("cmdline", "comm", "status", "wchan"):
            try:
                with open(f"/proc/{self.process.pid}/{part}", "rb") as file:
                    self.search.look(f"{self.name}: {part}", file.read())
            except OSError:
                pass
        return self

    def finish(self, wanted, number=None):
        if number:
            self.process.send_signal(number)
        code = self.process.wait(60)
        self.running.pop(self.process.pid, None)
        for thread in self.threads:
            thread.join()
        self.search.look(f"{self.name}: stdout", self.out)
        self.search.look(f"{self.name}: stderr", self.err)
        if wanted is not None and code != wanted:
            self.search.faults.append(f"{self.name}: expected exit {wanted}, got {code}: {self.err[-300:]}")
        return self
