"""A watch that accepts callbacks, and the time that each change takes to become a line. Standard library only."""

import http.client, json, os, socket, time, urllib.error, urllib.request
from kit.command_run import Run
from kit.costs import cpu_time
from kit.loopback import unused_port
from kit.waiting import until

TOKEN = "callback_token-0123456789"


def unused_port6():
    with socket.socket(socket.AF_INET6) as taken:
        taken.bind(("::1", 0))
        return taken.getsockname()[1]


class HintedWatch(Run):
    """A watch of a simulated space with probes; `seen` has each event with the time at which its line was read."""

    def __init__(self, rollcall, space, interval, address=None, token_file=None, *arguments):
        self.seen, self.rest = [], b""
        self.health = unused_port()
        callbacks = ["--callbacks", address, "--callback-token-file", token_file] if address else []
        super().__init__(
            rollcall, ["watch", space.sid, "--interval", interval, "--health", str(self.health), *callbacks, *arguments],
            origin=space.origin, token=space.token, project=space.project)

    def read(self, stream, into):
        while data := os.read(stream.fileno(), 65536):
            now = time.monotonic()
            into += data
            if into is self.out:
                *lines, self.rest = (self.rest + data).split(b"\n")
                self.seen += [(now, json.loads(line)) for line in lines]

    def metric(self, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.health}/metrics") as reply:
            for line in reply.read().decode().splitlines():
                if line.startswith(name + " "):
                    return int(line.split()[-1])

    def settled(self, name):
        """Returns a metric from the next report; reports come once a second."""
        before = time.monotonic()
        until(lambda: time.monotonic() > before + 1.5)
        return self.metric(name)

    @property
    def cpu(self):
        """The CPU time so far, in seconds."""
        return cpu_time(self.process.pid)

    def time_of(self, change):
        """Returns when the line of a change was read; None if it has not been read yet."""
        kind, call, start = change
        return next((moment for moment, event in list(self.seen) if event["type"] == kind and moment >= start
                     and call in (None, event.get("call_sid"))), None)


class Mover:
    """Changes a room through the provider's API, a step at a time, without undoing changes that may not have been seen yet."""

    FIELDS = (("Muted", "participant.muted", "participant.unmuted"), ("Hold", "participant.held", "participant.unheld"))

    def __init__(self, space):
        self.space, self.changes, self.people = space, [], space.people
        self.state = {}

    def note(self, kind, call, act):
        start = time.monotonic()
        answer = act()
        self.changes.append((kind, call, start))
        return answer

    def toggle(self):
        number = len(self.changes)
        slots = [(call, field) for field in self.FIELDS for call in self.people]
        call, (name, on, off) = slots[number % len(slots)]
        value = self.state[call, name] = not self.state.get((call, name), False)
        self.note(on if value else off, call, lambda: self.space.change(call, **{name: str(value).lower()}))

    def join(self):
        """Returns the call of a new participant."""
        return self.note("participant.joined", None,
                         lambda: self.space.add(self.space.sid, From="+15550100", To="+15550101"))

    def leave(self, call):
        self.note("participant.left", call, lambda: self.space.remove(call))

    def delays(self, watch):
        """Returns the seconds from each change to its line, and the changes that were never reported."""
        times = [(change, watch.time_of(change)) for change in self.changes]
        return ([moment - change[2] for change, moment in times if moment],
                [change[:2] for change, moment in times if not moment])


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def post(address, path, body=b"ConferenceSid=c", method="POST", **headers):
    """Returns the status of a request; 0 if the connection ended without one."""
    connection = http.client.HTTPConnection(*address, timeout=60)
    try:
        connection.request(method, path, body, headers)
        return connection.getresponse().status
    except (ConnectionError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def flood(address, path, count, body=b"ConferenceSid=c"):
    """Returns the statuses of many requests over one connection."""
    connection = http.client.HTTPConnection(*address, timeout=60)
    statuses = []
    for number in range(count):
        connection.request("POST", path(number), body)
        reply = connection.getresponse()
        reply.read()
        statuses.append(reply.status)
    connection.close()
    return statuses
