#!/usr/bin/env python3
"""Runs receivers that answer posts in every wrong way: each event must be resent unchanged and in order.

Usage: hostile_receivers.py PATH-OF-ROLLCALL
"""

import gzip, json, os, sys, tempfile, time
from kit.command_run import Run
from kit.fake_space import Space
from kit.raw_server import MEMORY, SLACK, RawServer, peak, reply
from kit.stream import rows, stored
from kit.verdict import end

rollcall = os.path.realpath(sys.argv[1])
GIB = 10 << 30
PIECE = b"x" * (1 << 16)
WHOLE = 15
elsewhere = RawServer(lambda request: request.send(reply(200)))


def endless(head, piece=PIECE):
    def answer(request):
        request.send(head)
        for _ in range(GIB // len(piece)):
            if not request.send(piece):
                break
        return False

    return answer


def broken(data, reset=True):
    def answer(request):
        request.send(data)
        if reset:
            request.reset()
        return False

    return answer


def redirect(status):
    return lambda request: request.send(reply(status, b"", f"Location: {elsewhere.origin}/hook"))


def late(request):
    """Accepts the event, and answers when the sender no longer waits."""
    if not request.is_left(WHOLE + SLACK):
        request.send(reply(200))
    return False


OK = b"HTTP/1.1 200 OK\r\n"
# How a receiver answers the first two attempts at each event, and whether such an answer counts as delivery.
WAYS = {f"status {status}": (lambda request, status=status: request.send(reply(status)), False)
        for status in (401, 403, 404, 408, 409, 425, 429, 500, 501, 503, 504)}
WAYS |= {f"redirect {status}": (redirect(status), False) for status in (300, 301, 302, 303, 304, 307, 308)}
WAYS |= {
    "a reset without a word": (broken(b""), False), "an end without a word": (broken(b"", reset=False), False),
    "a reset in the head": (broken(OK[:9]), False), "a reset in the body": (broken(OK + b"Content-Length: 99\r\n\r\nx"), False),
    "half of the body": (broken(OK + b"Content-Length: 99\r\n\r\nx", reset=False), False),
    "half of a chunk": (broken(OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\nx", reset=False), False),
    "not HTTP": (broken(b"SSH-2.0-x\r\n", reset=False), False), "late": (late, False),
    "a pause of a second": (lambda request: request.send(reply(503, b"", "Retry-After: 1")), False),
    "a body without end": (endless(OK + b"Connection: close\r\n\r\n"), True),
    "chunks without end": (endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + PIECE + b"\r\n"), True),
    "10 GiB announced": (endless(OK + b"Content-Length: %d\r\n\r\n" % GIB), True),
    "an endless 500": (endless(b"HTTP/1.1 500 No\r\nConnection: close\r\n\r\n"), False),
    "an endless redirect": (endless(f"HTTP/1.1 302 X\r\nLocation: {elsewhere.origin}/\r\n\r\n".encode()), False),
    "an endless header": (endless(OK + b"X: "), False), "header lines without end": (endless(OK, b"X: x\r\n" * 999), False),
    "a bomb": (lambda request: request.send(reply(200, gzip.compress(bytes(50 << 20)), "Content-Encoding: gzip")), True),
    "a 2xx like no other": (lambda request: request.send(reply(299, b"\xff\x1b[31m")), True),
}
REFUSED = {f"refusal {status}": status for status in (400, 410, 413, 415, 422)}


class Hook:
    """A receiver; `events` has the sequences that it accepted, `bodies` what it received under each id."""

    def __init__(self, way, counts):
        self.way, self.counts = way, counts
        self.events, self.bodies, self.attempts, self.slowest, self.faults = [], {}, {}, 0, []
        self.server = RawServer(self.answer)
        self.url = f"{self.server.origin}/hook"

    def answer(self, request):
        identity = request.headers["webhook-id"]
        if self.bodies.setdefault(identity, request.body) != request.body or json.loads(request.body)["id"] != identity:
            self.faults.append(f"{identity} was resent with other bytes")
        turn = self.attempts[identity] = self.attempts.get(identity, 0) + 1
        # Only some events, and only one if the answer is slow: waiting for each would take minutes.
        if self.way and len(self.bodies) <= 3 and (turn <= 2 if self.way is not late else turn == 1 and len(self.bodies) == 2):
            # Recorded before the answer, because the next event comes as soon as the answer has been read.
            if self.counts:
                self.events.append(identity)
            began = time.monotonic()
            goes_on = self.way(request)
            self.slowest = max(self.slowest, time.monotonic() - began)
            return goes_on
        self.events.append(identity)
        return request.send(reply(204))


class Refusing(Hook):
    """Receivers that make rollcall give up one event, or all of them."""

    def __init__(self, status):
        super().__init__(lambda request: request.send(reply(status)), False)
        self.status = status

    def answer(self, request):
        self.attempts[request.headers["webhook-id"]] = self.attempts.get(request.headers["webhook-id"], 0) + 1
        return self.way(request)


hooks = {name: Hook(*way) for name, way in WAYS.items()} | {name: Refusing(status) for name, status in REFUSED.items()}
hooks["well"] = Hook(None, True)
space, faults = Space(people=3), []
sid = space.sids[0]
with tempfile.TemporaryDirectory() as folder:
    state = f"{folder}/state"
    arguments = ["watch", sid, "--state", state, "--interval", "100ms", "-q"]
    run = Run(rollcall, arguments + [word for hook in hooks.values() for word in ("--webhook", hook.url)], space)
    run.until(lambda run: "watch.started" in run.types)
    for turn in range(6):
        space.change(sid, sorted(space.rooms[sid])[turn % 3], muted=turn < 3)
        time.sleep(0.3)
    count = len(stored(state))
    last = lambda hook: isinstance(hook, Refusing) or len(set(hook.events)) >= count
    run.until(lambda _: all(last(hook) for hook in hooks.values()), 80)
    memory, _ = peak(run.process)
    code = run.stop()
    stream = [json.loads(line)["id"] for line in stored(state)]
    letters = rows(state, "SELECT count(*) FROM dead_letter")[0][0]
for name, hook in hooks.items():
    faults += [f"{name}: {fault}" for fault in hook.faults]
    if isinstance(hook, Refusing):
        if any(times > 1 for times in hook.attempts.values()):
            faults.append(f"{name}: a rejected event was resent")
        if len(hook.attempts) != (1 if hook.status == 410 else len(stream)):
            faults.append(f"{name}: expected {len(stream)} events, got {len(hook.attempts)}")
        continue
    order = list(dict.fromkeys(hook.events))
    # The last event, `watch.stopped`, is in another lane: it may come before others.
    if [each for each in order if each != stream[-1]] != stream[:-1]:
        faults.append(f"{name}: expected {len(stream)} events in order, got {len(order)}: {order[:5]}")
    if hook.counts and any(times > 1 for times in hook.attempts.values()):
        faults.append(f"{name}: a delivered event was resent")
    if hook.slowest > WHOLE + SLACK:
        faults.append(f"{name}: a request took {hook.slowest:.1f} s")
if letters != len(REFUSED) * len(stream):
    faults.append(f"expected {len(REFUSED)} x {len(stream)} dead letters, got {letters}")
if elsewhere.connections:
    faults.append("a redirect was followed")
if code or memory > MEMORY:
    faults.append(f"exit {code}, {memory:.0f} MiB resident")
attempts = sum(sum(hook.attempts.values()) for hook in hooks.values())
end(f"receivers: {len(hooks)} of them, {len(stream)} events, {attempts} posts, {letters} dead letters at the right receivers, "
    f"{elsewhere.connections} redirects followed, longest request {max(hook.slowest for hook in hooks.values()):.2f} s of {WHOLE}, "
    f"{memory:.1f} MiB of {MEMORY}", faults)
