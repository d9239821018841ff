"""Servers whose answers a check controls byte by byte, and the costs of a process that uses them. Standard library only."""

import json, socket, struct, threading, time
from kit.command_run import Run
from kit.costs import cpu_time, memory
from kit.fake_space import Space

SLACK = 5.0  # seconds by which a slow machine may exceed a time limit; the goal is 0.5
MEMORY = 64  # MiB, the maximum resident memory of a process
ALLOWED = {"participant.present", "watch.started", "watch.interrupted", "watch.resumed", "watch.stopped"}


class Request:
    """A request, and the connection to answer on."""

    def __init__(self, connection, head, body):
        self.connection, self.head, self.body = connection, head, body
        self.began = time.monotonic()
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = (lines[0] + "  ").split(" ", 2)
        self.path, _, self.query = self.target.partition("?")
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}

    def send(self, data):
        """Sends all bytes, and returns whether the other side is still connected."""
        try:
            self.connection.sendall(data)
            return True
        except OSError:
            return False

    def trickle(self, pieces, pause, longest=60):
        """Sends one piece after another until the other side leaves."""
        end = time.monotonic() + longest
        for piece in pieces:
            if time.monotonic() > end or not self.send(piece):
                break
            if self.is_left(pause):
                break

    def is_left(self, seconds):
        """Waits until the other side leaves."""
        try:
            self.connection.settimeout(seconds)
            while self.connection.recv(65536):
                pass
            return True
        except TimeoutError:
            return False
        except OSError:
            return True
        finally:
            self.connection.settimeout(60)

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class RawServer:
    """Calls `answer` for each request of each connection, until it returns something false; keeps all requests."""

    def __init__(self, answer, context=None, host="127.0.0.1", greet=None, port=0):
        self.answer, self.context, self.greet = answer, context, greet
        self.requests, self.durations, self.connections = [], [], 0
        self.listener = socket.create_server((host, port), backlog=512, family=(socket.AF_INET, socket.AF_INET6)[":" in host])
        self.port = self.listener.getsockname()[1]
        self.origin = f"http{'s' if context else ''}://127.0.0.1:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        began = time.monotonic()
        try:
            connection.settimeout(60)
            if self.greet:
                self.greet(Request(connection, b"", b""))
                self.durations.append(time.monotonic() - began)
                return
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            else:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while request := self.read(connection):
                self.requests.append(request)
                if not self.answer(request):
                    break
        except (OSError, ValueError):
            pass
        finally:
            connection.close()

    def read(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more or len(data) > 1 << 20:
                return None
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        request = Request(connection, head, b"")
        size = int(request.headers.get("content-length", "0"))
        while len(body) < size and (more := connection.recv(65536)):
            body += more
        request.body = body
        return request

    def stop(self):
        self.listener.close()


def reply(status, body=b"", *headers):
    """A whole reply; `headers` are lines."""
    lines = [f"HTTP/1.1 {status} X", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def as_json(value):
    return json.dumps(value, separators=(",", ":")).encode()


class HostileSpace(RawServer):
    """A space that works until `attack` answers requests for participant lists; after that a participant is muted.

    `attack` gets the request and the good reply, and returns whether the connection stays open, or None for the good reply.
    Afterwards each row has `poll`, which counts the lists since.
    """

    def __init__(self, people=3, attack=None, singles=False, context=None):
        self.space = Space(people=people)
        self.space.server.shutdown()
        self.attack, self.attacks_singles = attack, singles
        self.attacked = self.ended = self.polls = self.healed = 0
        self.attacking = False
        super().__init__(self.give, context)

    @property
    def sid(self):
        return self.space.sids[0]

    def good(self, request):
        parts = request.path.split("/Conferences", 1)[-1].strip("/").split("/")
        with self.space.lock:
            if self.healed and len(parts) == 2:
                for row in self.space.rooms[self.sid].values():
                    row["poll"] = self.polls
            query = {key: [value] for key, _, value in (piece.partition("=") for piece in request.query.split("&"))}
            return self.space.find(parts if parts != [""] else [], query, request.path)

    def give(self, request):
        is_list = request.path.endswith("/Participants")
        if self.attacking and (is_list or self.attacks_singles):
            self.attacked += is_list
            status, value = self.good(request)
            goes_on = self.attack(request, status, value)
            if goes_on is not None:
                self.durations.append(time.monotonic() - request.began)
                self.ended += is_list
                return goes_on
            self.ended += is_list
        elif is_list and self.healed:
            self.polls += 1
        status, value = self.good(request)
        return request.send(reply(status, as_json(value)))

    def heal(self):
        self.space.change(self.sid, sorted(self.space.rooms[self.sid])[0], muted=True)
        self.attacking, self.polls, self.healed = False, 0, 1


def peak(process):
    """Returns the maximum resident memory of a running process in MiB, and its CPU time in seconds."""
    return memory(process.pid, "VmHWM") / 1024, cpu_time(process.pid)


def endure(rollcall, attack, polls=2, longest=120, singles=False, more=()):
    """Watches a room, attacks its polls, heals the space, and returns the costs and the faults."""
    space, faults = HostileSpace(attack=attack, singles=singles), []
    run = Run(rollcall, ["watch", space.sid, "--interval", "100ms", *more], origin=space.origin)
    if not run.until(lambda run: "watch.started" in run.types):
        run.kill()
        return dict(faults=[f"the watch did not start: {run.errors}"])
    space.attacking = True
    if not run.until(lambda _: space.ended >= polls or run.process.poll() is not None, longest):
        faults.append(f"only {space.ended} of {polls} polls ended in {longest} s")
    space.heal()
    if not run.until(lambda run: "participant.muted" in run.types, 80):
        faults.append(f"the watch did not recover: {run.errors[-1:]}")
    memory, cpu = peak(run.process) if run.process.poll() is None else (0, 0)
    code = run.stop()
    space.stop()
    told = [json.loads(line) for line in run.lines]
    muted = [event for event in told if event["type"] == "participant.muted"]
    invented = [event["type"] for event in told if event["type"] not in ALLOWED and event not in muted]
    if invented or len(muted) > 1:
        faults.append(f"invented events: {invented + ['participant.muted'] * (len(muted) - 1)}")
    recovery = muted[0]["participant"].get("poll", 0) if muted else 0
    if recovery > 2:
        faults.append(f"the watch recovered only at poll {recovery}")
    if code:
        faults.append(f"exit {code}: {run.errors[-1:]}")
    if memory > MEMORY:
        faults.append(f"{memory:.0f} MiB resident")
    return dict(faults=faults, memory=memory, cpu=cpu, recovery=recovery, attacked=space.attacked,
                longest=max(space.durations, default=0), errors=run.errors)
