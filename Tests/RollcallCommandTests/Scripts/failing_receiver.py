#!/usr/bin/env python3
"""Posts a backlog to a receiver that fails 30 % of the time, and checks that the receiver got everything.

Each event fails at most three times in a row, so that none becomes a dead letter.
Usage: failing_receiver.py PATH-OF-ROLLCALL [EVENTS] [CONFERENCES]
"""

import asyncio, json, os, random, sqlite3, sys, tempfile, time
from kit.command_run import Run, run
from kit.fake_space import Space

rollcall = os.path.realpath(sys.argv[1])
events = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
conferences = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
PATIENCE = 600  # seconds that everything may take
RATE, MOST = 0.3, 3
SLOW = 20  # seconds: longer than any request of rollcall's


class Receiver:
    def __init__(self):
        self.random = random.Random(7)
        self.failures = {}
        self.attempts = 0
        self.failed = {"503": 0, "reset": 0, "silent": 0, "late": 0}
        self.taken = []  # (sequence, body) in the order of their answers

    async def serve(self, reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                fields = head.decode().lower().split("\r\n")
                size = next(int(f.split(":")[1]) for f in fields if f.startswith("content-length:"))
                if not await self.answer(await reader.readexactly(size), writer):
                    return
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def answer(self, body, writer):
        sequence = json.loads(body)["sequence"]
        self.attempts += 1
        if self.random.random() < RATE and self.failures.get(sequence, 0) < MOST:
            self.failures[sequence] = self.failures.get(sequence, 0) + 1
            kind = self.random.choices(list(self.failed), weights=[60, 30, 1, 9])[0]
            self.failed[kind] += 1
            if kind == "reset":
                writer.transport.abort()
                return False
            if kind == "silent":
                await asyncio.sleep(SLOW)
                return False
            if kind == "late":
                await asyncio.sleep(0.5)
            writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
        else:
            self.taken.append((sequence, body))
            writer.write(b"HTTP/1.1 204 Fine\r\n\r\n")
        await writer.drain()
        return True


def fill(state):
    """Writes events into the state file as a watch would have, and returns their lines."""
    connection = sqlite3.connect(state)
    (epoch, last, at), = connection.execute("SELECT epoch, max(sequence), max(at) FROM stream, event")
    lines = {}
    for sequence in range(last + 1, last + 1 + events):
        sid = f"conference-{sequence % conferences}"
        lines[sequence] = json.dumps(
            dict(id=f"evt_{epoch % 2**64:016x}_{sequence:012d}", type="participant.muted", sequence=sequence,
                 conference_sid=sid), separators=(",", ":"))
        connection.execute(
            "INSERT INTO event VALUES (?, 'participant.muted', ?, ?, 'call', ?, NULL)", (sequence, at, sid, lines[sequence]))
    connection.commit()
    connection.close()
    return lines


async def main():
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    with tempfile.TemporaryDirectory() as folder:
        space, state = Space(people=1), f"{folder}/state"
        arguments = ["watch", *space.sids, "--state", state, "--webhook", url, "-q", "--no-stdout"]
        await asyncio.to_thread(run, rollcall, [*arguments, "--once"], space)
        lines = fill(state)
        began = time.monotonic()
        watch = Run(rollcall, arguments, space)
        while len({s for s, _ in receiver.taken} & lines.keys()) < events:
            if time.monotonic() - began > PATIENCE:
                raise SystemExit(f"FAILED: the receiver got {len(receiver.taken)} of {events} events within {PATIENCE} s")
            await asyncio.sleep(0.1)
        seconds = time.monotonic() - began
        await asyncio.to_thread(watch.stop)
    bodies, order, doubled = {}, {}, 0
    for sequence, body in receiver.taken:
        if sequence not in lines:
            continue
        if body.decode() != lines[sequence]:
            raise SystemExit(f"FAILED: event {sequence} arrived with other bytes than were stored")
        doubled += sequence in bodies
        lane = order.setdefault(sequence % conferences, [])
        if sequence not in bodies:
            lane.append(sequence)
        bodies[sequence] = body
    if any(lane != sorted(lane) for lane in order.values()):
        raise SystemExit("FAILED: the events of a conference arrived out of order")
    print(json.dumps(dict(
        events=len(bodies), conferences=len(order), attempts=receiver.attempts, failed=receiver.failed,
        doubled=doubled, seconds=round(seconds, 1))))


asyncio.run(main())
