#!/usr/bin/env python3
"""Answers polls and posts extremely slowly: each request must end within its limit, and cause no event.

Usage: slow_replies.py PATH-OF-ROLLCALL
"""

import json, os, socket, sys, time
from kit.command_run import Run, run
from kit.fake_space import Space
from kit.raw_server import MEMORY, SLACK, HostileSpace, RawServer, as_json, endure, peak, reply
from kit.verdict import end, side_by_side

rollcall = os.path.realpath(sys.argv[1])
WHOLE, CONNECT, GOAL = 15, 5, 0.5  # seconds: the limits of a request and of connecting, and how exact they must be
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LONG = 40  # seconds after which each of these ends by itself
INVENTED = b'{"participants":[]}'


def forever(piece):
    while True:
        yield piece


def bytewise(data):
    return (data[place:place + 1] for place in range(len(data)))


WAYS = {
    "silence": lambda request, body: request.is_left(LONG),
    "a status line, byte by byte": lambda request, body: request.trickle(bytewise(HEAD), 0.5, LONG),
    "header lines without end": lambda request, body: (request.send(HEAD), request.trickle(forever(b"X: x\r\n"), 0.2, LONG)),
    "1xx replies without end": lambda request, body: request.trickle(forever(b"HTTP/1.1 100 Continue\r\n\r\n"), 0.2, LONG),
    "headers and then silence": lambda request, body: (request.send(HEAD), request.is_left(LONG)),
    "a body, byte by byte": lambda request, body: (
        request.send(HEAD + b"Content-Length: 5000\r\n\r\n"), request.trickle(bytewise(body * 9), 0.4, LONG)),
    "chunks of a byte": lambda request, body: (
        request.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n"), request.trickle(forever(b"1\r\n \r\n"), 0.4, LONG)),
    "200 bytes a second": lambda request, body: (
        request.send(HEAD + b"Content-Length: 99999\r\n\r\n"), request.trickle(forever(b" " * 100), 0.5, LONG)),
    "all but the last byte": lambda request, body: (request.send(reply(200, body)[:-1]), request.is_left(LONG)),
    "all but the last chunk": lambda request, body: (request.send(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(body), body)), request.is_left(LONG)),
    "an end that does not come": lambda request, body: (request.send(HEAD + b"\r\n" + body), request.is_left(LONG)),
    "trailers without end": lambda request, body: (request.send(
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n" % (len(body), body)),
        request.trickle(forever(b"X: x\r\n"), 0.2, LONG)),
    "fits and starts": lambda request, body: (
        request.send(HEAD + b"Content-Length: 999999\r\n\r\n"), request.trickle(forever(b" " * 5000), 4.5, LONG)),
}


def slow_space(way):
    """The space answers one poll in this way, and then works normally."""
    result = endure(rollcall, lambda request, status, value: (WAYS[way](request, INVENTED), False)[1], polls=1, longest=LONG)
    if result.get("longest", 0) > WHOLE + SLACK or result.get("longest", 0) < 1:
        result["faults"].append(f"the request ended after {result.get('longest', 0):.2f} s")
    return result


def one_shot(arguments, server, most, **how):
    """A whole run of `list`, whose only request fails."""
    began = time.monotonic()
    asked = run(rollcall, ["list", Space(people=0).sids[0], *arguments], origin=server, **how)
    seconds = time.monotonic() - began
    faults = [] if asked.code == 69 and not asked.out else [f"exit {asked.code}: {asked.errors}"]
    if not most - 1 < seconds < most + SLACK:
        faults.append(f"list ended after {seconds:.2f} s")
    return dict(faults=faults, longest=seconds)


def no_accept():
    """A listener that accepts no connections and has no room for more."""
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    held = []
    for _ in range(4):
        held.append(socket.socket())
        held[-1].setblocking(False)
        held[-1].connect_ex(full.getsockname())
    try:
        return one_shot([], f"http://127.0.0.1:{full.getsockname()[1]}", CONNECT)
    finally:
        for each in held + [full]:
            each.close()


def no_handshake():
    server = RawServer(None, greet=lambda request: request.is_left(LONG))
    return one_shot([], f"https://127.0.0.1:{server.port}", CONNECT)


def slow_handshake():
    """A TLS record of 16 KiB, a byte at a time."""
    server = RawServer(None, greet=lambda request: request.trickle(bytewise(b"\x16\x03\x03\x40\x00" + bytes(99)), 0.3, LONG))
    return one_shot([], f"https://127.0.0.1:{server.port}", CONNECT)


def slow_single(what):
    """A participant is absent and the confirmation is slow: nobody is reported as left, and the poll continues after 2 s."""

    def attack(request, status, value):
        if request.path.endswith("/Participants"):
            kept = value["participants"] if what == "participant" else []
            return request.send(reply(200, as_json(value | dict(participants=kept[1:]))))
        request.is_left(LONG)
        return False

    result = endure(rollcall, attack, polls=3, longest=LONG, singles=True)
    if result.get("longest", 0) > 2 + SLACK:
        result["faults"].append(f"a confirmation took {result['longest']:.2f} s")
    return result


def slow_receivers():
    """Two webhooks answer in each way, and one works normally; each gets all events in the end, in order."""
    space, receivers, faults = HostileSpace(people=4), {}, []

    def receiver(way):
        def answer(request):
            if way is None or len(server.requests) > 1:
                taken.append(request.body)
                return request.send(reply(204))
            began = time.monotonic()
            WAYS[way](request, b"{}")
            slow.append(time.monotonic() - began)
            return False

        taken, slow = [], []
        server = RawServer(answer)
        return server, taken, slow

    for way in [None, *WAYS]:
        receivers[way] = receiver(way)
    hooks = [piece for server, _, _ in receivers.values() for piece in ("--webhook", f"{server.origin}/hook")]
    watch = Run(rollcall, ["watch", space.sid, "--interval", "100ms", *hooks], origin=space.origin)
    watch.until(lambda watch: "watch.started" in watch.types)
    given_up = lambda: any(slow for _, _, slow in receivers.values())
    watch.until(lambda watch: len(receivers[None][1]) >= 5 or given_up(), 60)
    if given_up() or len(receivers[None][1]) < 5:
        faults.append("the other webhooks delayed the one that works")
    done = lambda watch: all(len(taken) >= 5 for way, (_, taken, _) in receivers.items())
    if not watch.until(done, 60):
        faults.append(f"not delivered: {[way for way, (_, taken, _) in receivers.items() if len(taken) < 5]}")
    memory, _ = peak(watch.process)
    code = watch.stop()
    for way, (server, taken, slow) in receivers.items():
        bodies = [request.body for request in server.requests]
        if [json.loads(body)["sequence"] for body in taken] != sorted({json.loads(body)["sequence"] for body in taken}):
            faults.append(f"{way}: events arrived twice or out of order")
        if way and json.loads(bodies[0])["sequence"] != 1:
            faults.append(f"{way}: the first event is {bodies[0][:80]}")
        if any(seconds > WHOLE + SLACK for seconds in slow):
            faults.append(f"{way}: a request took {max(slow):.2f} s")
    slowest = max((max(slow), way) for way, (_, _, slow) in receivers.items() if slow)
    if code or memory > MEMORY:
        faults.append(f"exit {code}, {memory:.0f} MiB")
    return dict(faults=faults, memory=memory, longest=slowest[0], recovery=0)


jobs = [(f"space: {way}", lambda way=way: slow_space(way)) for way in WAYS]
jobs += [("space: no connection", no_accept), ("space: no handshake", no_handshake), ("space: a slow handshake", slow_handshake)]
jobs += [(f"space: a {what} that is silent", lambda what=what: slow_single(what)) for what in ("participant", "conference")]
jobs += [("webhooks", slow_receivers)]
results = side_by_side(jobs, len(jobs))
faults = [f"{name}: {fault}" for name, result in results.items() for fault in result["faults"]]
if os.environ.get("VERBOSE"):
    for name, result in results.items():
        print(name, {key: result.get(key) for key in ("longest", "memory", "recovery", "faults")})
longest = max(result.get("longest", 0) for name, result in results.items() if "connection" not in name and "shake" not in name)
connect = max(result.get("longest", 0) for name, result in results.items() if "connection" in name or "shake" in name)
end(f"slow: {len(jobs) - 1} ways of a space and {len(WAYS)} of a receiver, no invented events; longest request {longest:.2f} s of {WHOLE}"
    f" + {GOAL} (fails from + {SLACK:.0f}), longest connection {connect:.2f} s of {CONNECT}, recovery by poll "
    f"{max(result.get('recovery', 0) for result in results.values())}, at most "
    f"{max(result.get('memory', 0) for result in results.values()):.1f} MiB of {MEMORY}", faults)
