#!/usr/bin/env python3
"""Ends a watch at random moments, with its standard output read or not, and checks that no event is lost.

Usage: interruptions.py PATH-OF-ROLLCALL [TIMES]
"""

import json, os, random, signal, subprocess, sys, tempfile, time
from kit.command_run import Run
from kit.fake_receiver import Receiver
from kit.fake_space import Space
from kit.raw_server import SLACK, peak
from kit.stream import faults_of_stream, rows, stored
from kit.foreground import take_signals
from kit.verdict import end, side_by_side

# A command that is interrupted before it handles signals would otherwise never notice.
take_signals()
rollcall = os.path.realpath(sys.argv[1])
times = int(sys.argv[2]) if len(sys.argv) > 2 else 40
LIMIT = 8  # seconds that ending may take
MEMORY = 64
seed = int(os.environ.get("SEED", "1"))


def ended(run, seconds=60):
    """Waits for a run's end and returns its exit code, or describes the state in which it hangs."""
    try:
        return run.wait(seconds)
    except subprocess.TimeoutExpired:
        proc = f"/proc/{run.process.pid}"
        with open(f"{proc}/status") as status:
            state = " ".join(line.replace("\t", "").strip() for line in status if line.startswith(("State", "Threads", "Sig", "Shd")))
        with open(f"{proc}/syscall") as call, open(f"{proc}/stat") as stat:
            state += f" syscall {call.read().split()[0]} ticks {stat.read().rpartition(')')[2].split()[11:13]}"
        told = f"hangs after {len(run.lines)} lines, the last {run.types[-2:]}: {state} {run.errors}"
        run.kill()
        return told


def settle(run, state, space, receiver=None):
    """Runs once more, until everything has been delivered."""
    space.lively = False
    polls = space.polls

    def is_done(_):
        count = rows(state, "SELECT count(*) FROM event")[0][0] if os.path.exists(state) else 0
        got = {identity for identity, _ in receiver.bodies} if receiver else ()
        return space.polls > polls + 10 * len(space.sids) and (not receiver or count == len(got))

    run.until(is_done, 30)
    run.process.send_signal(signal.SIGTERM)
    if (code := ended(run)) != 0:
        raise RuntimeError(f"the last run: exit {code}")


def signals(folder):
    """SIGTERM and SIGINT at any time, while standard output is read."""
    dice, space, receiver = random.Random(seed), Space(conferences=3, people=5, seed=seed), Receiver()
    state, out, faults, slowest = f"{folder}/signals", [], [], 0
    arguments = ["watch", *space.sids, "--state", state, "--webhook", receiver.url, "--interval", "100ms", "-q"]
    space.lively = True
    for _ in range(times):
        run = Run(rollcall, arguments, space)
        time.sleep(dice.choice((0, 0.003, 0.01, 0.02, 0.05, 0.1, 0.3)) * (0.5 + dice.random()))
        began = time.monotonic()
        run.process.send_signal(dice.choice((signal.SIGTERM, signal.SIGINT)))
        code = ended(run)
        slowest = max(slowest, time.monotonic() - began)
        # Before it handles signals, a process ends like any other.
        if code not in (0, -signal.SIGTERM, -signal.SIGINT) or (code and run.out):
            faults.append(f"exit {code} after {len(run.lines)} lines: {run.errors}")
        if bytes(run.out).rpartition(b"\n")[2]:
            faults.append("a line is incomplete")
        out += run.lines
    last = Run(rollcall, arguments, space)
    settle(last, state, space, receiver)
    faults += faults_of_stream(state, out + last.lines, receiver.bodies, space.truth())
    if slowest > LIMIT + SLACK:
        faults.append(f"an end took {slowest:.1f} s, expected at most {LIMIT}")
    return dict(faults=faults, what=f"{times} signals, the slowest end {slowest:.2f} s", count=times)


def blocked(number):
    """The reader stops reading; then one signal comes, or two."""

    def check(folder):
        dice, space, receiver = random.Random(seed + number), Space(conferences=4, people=12, seed=number), Receiver()
        state, faults, slowest, lines, memory = f"{folder}/blocked-{number}", [], 0, [], 0
        arguments = ["watch", *space.sids, "--state", state, "--webhook", receiver.url, "--interval", "100ms", "-q"]
        space.lively = True
        for turn in range(3):
            run = Run(rollcall, arguments, space, reads=False)
            # A pipe has room for 64 KiB; later lines must wait, but the webhook must not.
            before = len(receiver.bodies)
            run.until(lambda _: sum(len(body) for _, body in receiver.bodies[before:]) > 100_000, 30)
            time.sleep(dice.random() / 5)
            memory = max(memory, peak(run.process)[0])
            if len(receiver.bodies) - before < 100:
                faults.append("standard output delayed the webhook")
            twice = number == 2
            began = time.monotonic()
            run.process.send_signal(signal.SIGTERM)
            if twice:
                time.sleep(0.3)
                # Another signal, because two pending ones of the same kind count as one.
                run.process.send_signal(signal.SIGINT)
            code = run.process.wait(60)
            slowest = max(slowest, time.monotonic() - began)
            if code not in ((128 + signal.SIGTERM, 128 + signal.SIGINT) if twice else (0,)):
                faults.append(f"exit {code}")
            rest = b""
            while data := os.read(run.process.stdout.fileno(), 65536):
                rest += data
            if rest.rpartition(b"\n")[2]:
                faults.append("a line is incomplete")
            lines += rest.split(b"\n")[:-1]
        last = Run(rollcall, arguments, space)
        settle(last, state, space, receiver)
        faults += faults_of_stream(state, lines + last.lines, receiver.bodies, space.truth())
        if slowest > (2 if number == 2 else LIMIT) + SLACK:
            faults.append(f"an end took {slowest:.1f} s, expected at most {LIMIT}")
        if memory > MEMORY:
            faults.append(f"{memory:.0f} MiB resident")
        return dict(faults=faults, count=3, what=f"3 ends by {number} signal{'s' * (number > 1)} with a full pipe, the slowest "
                    f"{slowest:.2f} s, {memory:.1f} MiB")

    return check


def heads(folder):
    """Readers leave after a line, at once, or before the first line; the next run writes the rest."""
    state, faults, lines, slowest, ways = f"{folder}/heads", [], [], 0, 0
    space = Space(conferences=2, people=4, seed=seed)
    arguments = [rollcall, "watch", *space.sids, "--state", state, "--interval", "100ms", "-q"]
    environment = dict(PATH=os.environ["PATH"], SIGNALWIRE_SPACE=space.origin, SIGNALWIRE_API_TOKEN=space.token,
                       SIGNALWIRE_PROJECT_ID="11111111-1111-4111-8111-111111111111")
    for turn in range(max(6, times // 3)):
        ways += 1
        space.lively = turn % 3 == 0
        process = subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if turn % 3 != 2:
            line = process.stdout.readline()
            lines.append(line.rstrip(b"\n"))
        began = time.monotonic()
        process.stdout.close()
        try:
            code = process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            code = "none in 20 s"
        slowest = max(slowest, time.monotonic() - began)
        if code != -signal.SIGPIPE:
            faults.append(f"exit {code} after the reader left")
    space.lively = False
    last = Run(rollcall, arguments[1:], space)
    settle(last, state, space)
    # Lines in the pipe are lost when its reader leaves, so standard output is not compared with the file.
    faults += faults_of_stream(state, stored(state), None, space.truth())
    known = {json.loads(line)["id"] for line in lines + last.lines}
    if not known <= {json.loads(line)["id"] for line in stored(state)}:
        faults.append("a written line is not in the state file")
    for extra in (">&-", "</dev/null >&-"):
        ways += 1
        closed = subprocess.run(["sh", "-c", f'"$@" {extra}', "-", *arguments[:-4], f"{folder}/closed", "--once"], env=environment,
                                capture_output=True, timeout=60)
        if closed.returncode not in (0, 74, 141, -13):
            faults.append(f"exit {closed.returncode} with standard output closed: {closed.stderr[-200:]}")
    if slowest > 1 + SLACK:
        faults.append(f"a departure of the reader was noticed only after {slowest:.1f} s")
    return dict(faults=faults, count=ways, what=f"{ways} readers that leave, noticed within {slowest:.2f} s")


with tempfile.TemporaryDirectory() as folder:
    jobs = [("signals", signals), ("full pipe", blocked(1)), ("full pipe, twice", blocked(2)), ("head", heads)]
    results = side_by_side([(name, lambda job=job: job(folder)) for name, job in jobs], 4)
end("interruptions: " + "; ".join(result.get("what", "?") for result in results.values()),
    [f"{name}: {fault}" for name, result in results.items() for fault in result["faults"]])
