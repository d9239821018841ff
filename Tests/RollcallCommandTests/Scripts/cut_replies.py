#!/usr/bin/env python3
"""Cuts a poll's reply at every byte, and checks that this causes no event and that the next poll succeeds.

Each conference alternately gets a cut page of another room and a whole page of its own. The confirmations of an absent
participant are cut in the same way.
Usage: cut_replies.py PATH-OF-ROLLCALL [CONFERENCES] [FRAMINGS]     FRAMINGS of the cut at each byte, 1 to 4
"""

import asyncio, json, os, socket, struct, sys, threading, time
from kit.command_run import Run
from kit.fake_space import PROJECT, Space
from kit.raw_server import ALLOWED, as_json, peak
from kit.verdict import end

rollcall = os.path.realpath(sys.argv[1])
CONFERENCES = int(sys.argv[2]) if len(sys.argv) > 2 else 160
FRAMINGS = int(sys.argv[3]) if len(sys.argv) > 3 else 1
SIZE = 30 << 10
PATIENCE = 280

space = Space(people=72)
space.server.shutdown()
rows = [space.rooms[space.sids[0]][call] for call in sorted(space.rooms[space.sids[0]])]


def page(people, sid, size=0):
    people = [row | dict(conference_sid=sid) for row in people]
    body = as_json(dict(uri="/", next_page_uri=None, pad="", participants=people))
    return body.replace(b'"pad":""', b'"pad":"%s"' % (b"x" * max(0, size - len(body))))


def framed(framing, status, body):
    head = b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nConnection: close\r\n" % status
    if framing in (0, 1):
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    if framing == 2:
        pieces = (body[start:start + 4096] for start in range(0, len(body), 4096))
        return head + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(
            b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    return head + b"\r\n" + body


class Cutter:
    """Answers on a thread of its own; `next_cut` returns the reply to cut, and where, or None after the last one."""

    def __init__(self, sids, cuts):
        self.turn, self.absent, self.cuts, self.done = {}, {}, iter(cuts), False
        self.cut_count = self.polls = 0
        self.attacks = False
        self.good = {sid: page(rows, sid, SIZE) for sid in sids}
        # In this page everyone has changed, and one participant is missing.
        self.other = {sid: page([row | dict(muted=True, hold=True) for row in rows[1:]], sid, SIZE) for sid in sids}
        self.less = {sid: page(rows[1:], sid, SIZE) for sid in sids}
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self.run(ready)), daemon=True).start()
        ready.wait()

    async def run(self, ready):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=1024)
        self.origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await server.serve_forever()

    async def serve(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            target = head.split(b" ", 2)[1].decode().split("?")[0]
            self.answer(writer, target.split("/Conferences/")[1].split("/"))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def whole(self, writer, status, body):
        writer.write(framed(0, status, body))

    def cut(self, writer, framing, status, body, place):
        data = framed(framing, status, body)
        # After the empty chunk only the last line feed is missing, which libcurl does not wait for.
        if place >= len(data) - (framing == 2):
            return self.whole(writer, 500, b"")
        self.cut_count += 1
        if framing == 1:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.write(data[:place])

    def answer(self, writer, parts):
        raise NotImplementedError


class ListCutter(Cutter):
    def answer(self, writer, parts):
        sid = parts[0]
        self.polls += 1
        turn = self.turn[sid] = self.turn.get(sid, 0) + self.attacks
        cut = next(self.cuts, None) if turn % 2 else None
        self.done = self.done or (self.attacks and turn % 2 and cut is None)
        if cut is None:
            return self.whole(writer, 200, self.good[sid])
        place, framing = cut
        self.cut(writer, framing, 200, self.other[sid], place)


class ConfirmationCutter(Cutter):
    """The list lacks one participant or all of them, and the reply to the confirmation is cut."""

    GONE = b'{"code":20404,"message":"The requested resource was not found","more_info":"","status":404}'

    def answer(self, writer, parts):
        sid = parts[0]
        if len(parts) == 2:
            self.polls += 1
            turn = self.turn[sid] = self.turn.get(sid, 0) + self.attacks
            if turn % 2 == 0:
                return self.whole(writer, 200, self.good[sid])
            self.absent[sid] = next(self.cuts, None)
            self.done = self.done or self.absent[sid] is None
            if self.absent[sid] is None:
                return self.whole(writer, 200, self.good[sid])
            return self.whole(writer, 200, page([], sid) if self.absent[sid][2] == "conference" else self.less[sid])
        cut = self.absent.get(sid)
        if cut is None:
            return self.whole(writer, 500, b"")
        place, framing, kind = cut
        if kind == "conference":
            body = as_json(dict(sid=sid, account_sid=PROJECT, friendly_name="", status="completed"))
            return self.cut(writer, framing, 200, body, place) if len(parts) == 1 else self.whole(writer, 500, b"")
        status, body = (404, self.GONE) if kind == "absent" else (
            200, as_json(rows[0] | dict(conference_sid=sid, status="completed")))
        self.cut(writer, framing, status, body, place)


def cut_all(what, kind, cuts, conferences):
    """Runs one watch through all cuts, and returns the faults."""
    sids = [f"00000000-0000-4000-8000-{number:012d}" for number in range(conferences)]
    cutter = kind(sids, cuts)
    often = ["--interval", "100ms", "--max-requests-per-second", "10000"]
    run = Run(rollcall, ["watch", *sids, *often, "-q"], origin=cutter.origin)
    faults, began = [], time.monotonic()
    if not run.until(lambda run: run.out.count(b'"watch.started"') == conferences, 60):
        faults.append(f"{what}: the watch did not start: {run.errors[-1:]}")
    cutter.attacks = True
    if not run.until(lambda run: cutter.done or run.process.poll() is not None, PATIENCE):
        faults.append(f"{what}: only {cutter.cut_count} cuts in {PATIENCE} s")
    cutter.attacks = False
    seconds = time.monotonic() - began
    memory, cpu = peak(run.process)
    code = run.stop()
    events = [json.loads(line) for line in run.lines]
    invented = [event for event in events if event["type"] not in ALLOWED]
    gaps = sum(event["type"] == "watch.interrupted" for event in events)
    faults += [f"{what}: invented {event}" for event in invented[:5]]
    if code:
        faults.append(f"{what}: exit {code}: {run.errors[-1:]}")
    # Most of the memory is in use before the first cut, and depends on how many polls are in flight on a busy machine: with
    # 160 conferences 53 to 64 MiB, made up of 24 for the program and libraries, 11 for the events of the baseline, 5 for
    # pages, 6 for rooms and rows, and 38 KiB for each connection of libcurl. The cuts add 1 MiB.
    if memory > 80:
        faults.append(f"{what}: too much memory, {memory:.0f} MiB resident")
    told.append(f"{cutter.cut_count} {what} in {cutter.polls} polls of {conferences} conferences, {len(invented)} events "
                f"invented, {gaps} gaps, {memory:.1f} MiB, {cpu:.0f} s CPU, {seconds:.0f} s")
    return faults


told, faults = [], []
whole = len(framed(2, 200, page(rows, "0" * 36, SIZE)))
faults += cut_all("cuts of a 30 KiB page", ListCutter, [
    (place, (place + more) % 4) for place in range(whole) for more in range(FRAMINGS)], CONFERENCES)
faults += cut_all("cuts of confirmations", ConfirmationCutter, [
    (place, framing, kind) for kind, most in (("absent", 260), ("completed", 640), ("conference", 330))
    for place in range(most) for framing in ((0, 1, 2, 3) if FRAMINGS > 1 else (place % 4,))], 40)
end(f"cuts: {'; '.join(told)}", faults)
