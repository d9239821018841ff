#!/usr/bin/env python3
"""Measures memory and speed with 100 000 undelivered events in a state file.

Usage: state_figures.py PATH-OF-A-RELEASE-BUILD [EVENTS] [CONFERENCES]
"""

import asyncio, json, multiprocessing, os, sqlite3, sys, tempfile, time
from kit.command_run import Run, run
from kit.fake_space import Space
from kit.loopback import unused_port

rollcall = os.path.realpath(sys.argv[1])
events = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
conferences = int(sys.argv[3]) if len(sys.argv) > 3 else 1000


def receive(port, count):
    """Answers each POST 200, and nothing else."""

    class Posted(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport, self.data = transport, b""

        def data_received(self, data):
            self.data += data
            while (end := self.data.find(b"\r\n\r\n")) >= 0:
                head = self.data[:end].lower()
                size = int(head[head.index(b"content-length:") + 15:].split(b"\r\n", 1)[0])
                if len(self.data) < end + 4 + size:
                    return
                self.data = self.data[end + 4 + size:]
                count.value += 1
                self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async def serve():
        server = await asyncio.get_running_loop().create_server(Posted, "127.0.0.1", port)
        await server.serve_forever()

    asyncio.run(serve())


def resident(process):
    with open(f"/proc/{process.pid}/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return {key: round(int(fields[key].split()[0]) / 1024, 1) for key in ("VmRSS", "VmHWM", "RssAnon")}


with tempfile.TemporaryDirectory(dir=os.path.dirname(rollcall)) as folder:
    space, port, state = Space(people=3), unused_port(), f"{folder}/state"
    arguments = ["watch", *space.sids, "--state", state, "--webhook", f"http://127.0.0.1:{port}/hook", "-q",
                 "--no-stdout", "--webhook-max-age", "168h"]
    first = run(rollcall, [*arguments, "--once"], space)
    connection = sqlite3.connect(state)
    (epoch, last, at), = connection.execute("SELECT epoch, max(sequence), max(at) FROM stream, event")
    pad = "x" * 500
    for sequence in range(last + 1, last + 1 + events):
        sid = f"conference-{sequence % conferences}"
        line = json.dumps(dict(id=f"evt_{epoch % 2**64:016x}_{sequence:012d}", type="participant.muted",
                               sequence=sequence, conference_sid=sid, pad=pad), separators=(",", ":"))
        connection.execute(
            "INSERT INTO event VALUES (?, 'participant.muted', ?, ?, 'call', ?, NULL)", (sequence, at, sid, line))
    connection.commit()
    connection.close()
    down = Run(rollcall, arguments, space)
    time.sleep(8)
    figures = dict(events=events, conferences=conferences, down=resident(down.process))
    down.kill()
    count = multiprocessing.Value("q", 0)
    receiver = multiprocessing.Process(target=receive, args=(port, count), daemon=True)
    receiver.start()
    time.sleep(1)
    up = Run(rollcall, arguments, space)
    up.until(lambda _: count.value > 0, 30)
    began, before = time.monotonic(), count.value
    up.until(lambda _: count.value >= events, 120)
    seconds = time.monotonic() - began
    figures.update(posted=count.value, per_second=round((count.value - before) / seconds), up=resident(up.process))
    up.stop()
    receiver.terminate()
    print(json.dumps(figures))
