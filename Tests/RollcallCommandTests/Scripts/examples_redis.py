#!/usr/bin/env python3
"""Runs examples/pipelines/redis.sh with a real Redis while both are killed again and again.

Usage: examples_redis.py PATH-OF-ROLLCALL
"""

import contextlib, os, signal, subprocess, sys, tempfile
from kit.examples import EXAMPLES, environment, simulated
from kit.loopback import unused_port
from kit.verdict import check
from kit.waiting import until

rollcall = os.path.realpath(sys.argv[1])
folder = tempfile.mkdtemp()
port = unused_port()
STATE = f"{folder}/state.db"


def ask(*words):
    return subprocess.run(["redis-cli", "-p", str(port), "--raw", *words], capture_output=True, text=True).stdout.strip()


def start_server():
    server = subprocess.Popen(
        ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--dir", folder, "--save", "", "--appendonly", "yes",
         "--appendfsync", "always"], stdout=subprocess.DEVNULL)
    check(until(lambda: ask("PING") == "PONG"), "Redis answers")
    return server


def start_example(variables, stream="rollcall"):
    """Starts a pipeline in a process group of its own, so that all of it can be killed."""
    return subprocess.Popen([f"{EXAMPLES}/pipelines/redis.sh", STATE, stream, "-p", str(port)],
                            env=variables, stderr=subprocess.PIPE, start_new_session=True)


def kill(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def entries(stream="rollcall"):
    """Returns the lines in a stream, and their ids in its order."""
    words = ask("XRANGE", stream, "-", "+").splitlines()
    return words[0::3], words[2::3]


def history():
    run = subprocess.run([rollcall, "events", "--state", STATE, "--format", "ndjson"], capture_output=True, text=True)
    return run.stdout.splitlines()


def main():
    server = start_server()
    try:
        with simulated(rollcall, ["agent", "caller"]) as space:
            variables = environment(space)
            variables["PATH"] = f"{os.path.dirname(rollcall)}:{variables['PATH']}"
            watch = subprocess.Popen([rollcall, "watch", space.sid, "--state", STATE, "--no-stdout", "--interval", "100ms", "-q"],
                                     env=variables)
            check(until(history), "the watch writes its state file")
            for turn in range(6):
                example = start_example(variables)
                if turn % 2:
                    server.kill()
                    server.wait()
                for call in space.people:
                    space.change(call, Muted=str(turn % 2 == 0).lower(), Hold=str(turn % 4 < 2).lower())
                kind = ("participant.muted", "participant.unmuted")[turn % 2]
                count = turn // 2 * 2 + 2
                check(until(lambda: "".join(history()).count(kind) == count), f"turn {turn}: the watch reports a change")
                if turn % 2:
                    server = start_server()
                check(until(lambda: "".join(entries()[1]).count(kind) == count), f"turn {turn}: Redis has it")
                kill(example)
            watch.send_signal(signal.SIGTERM)
            watch.wait(60)
            lines = history()
            example = start_example(variables)
            check(until(lambda: len(entries()[1]) >= len(lines)), "the last run catches up")
            kill(example)
            ids, stored = entries()
            check(stored == lines and len(lines) >= 20, f"Redis has all {len(lines)} events, once and in order")
            check(all(f"{int(line[11:19], 16)}-{int(line[28:40])}" == id for id, line in zip(ids, lines)), "the ids in Redis derive from those of the events")

            ask("XADD", "other", f"{2 ** 40}-1", "event", "of another file")
            example = start_example(variables, "other")
            complaint = example.communicate(timeout=30)[1].decode()
            check(example.returncode == 1 and "use another stream" in complaint, "the recipe does not mix two state files", complaint)
    finally:
        server.kill()
        server.wait()


main()
