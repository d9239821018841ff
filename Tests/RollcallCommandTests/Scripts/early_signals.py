#!/usr/bin/env python3
"""Sends signals to commands that have just been started, or that hang, and checks how they end.

Usage: early_signals.py PATH-OF-ROLLCALL [TIMES]
"""

import contextlib, ctypes, os, random, shutil, signal, sqlite3, subprocess, sys, tempfile, threading, time
from kit.fake_space import PROJECT, TOKEN, Space
from kit.foreground import take_signals
from kit.loopback import Handler, serve, unused_port
from kit.raw_server import SLACK
from kit.verdict import end, side_by_side
from kit.waiting import until

take_signals()
rollcall = os.path.realpath(sys.argv[1])
# nohup, for example, would leave it ignored, and children inherit that.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
times = int(sys.argv[2]) if len(sys.argv) > 2 else 40
FIRST = 0.3  # seconds within which the first signal is sent
PROMPT = 2  # seconds that ending may take before any work has begun
DRAIN = 8  # seconds for which a watch delivers before it ends
PATIENCE = 40
CHECKED = 256  # MiB
seed = int(os.environ.get("SEED", "1"))


def start(arguments, space=None, stderr=subprocess.DEVNULL):
    environment = {"PATH": os.environ["PATH"], "SIGNALWIRE_PROJECT_ID": PROJECT, "SIGNALWIRE_API_TOKEN": TOKEN,
                   "SIGNALWIRE_SPACE": space.origin if space else "http://127.0.0.1:9"}
    return subprocess.Popen([rollcall, *arguments], env=environment, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=stderr)


def takes(process, number):
    """Whether a process handles a signal: blocks or catches it."""
    if process.poll() is not None:
        return False
    with open(f"/proc/{process.pid}/status") as status:
        masks = {line[:6]: int(line.split()[1], 16) for line in status if line.startswith(("SigBlk", "SigCgt"))}
    # A process that has just ended has no status file.
    return bool((masks.get("SigBlk", 0) | masks.get("SigCgt", 0)) >> (number - 1) & 1)


def exit_of(process, limit):
    """Waits for the end of a process, and returns its status, or what is wrong."""
    try:
        return process.wait(limit + SLACK)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return f"none after {limit + SLACK:.0f} s"


def early(name, arguments, wanted, opens=False):
    """Sends signals at random moments of a command's start. The command must not open anything before it handles signals."""

    def check(folder):
        dice, faults, taken = random.Random(f"{seed} {name}"), [], 0
        space = Space(conferences=2, people=5)
        for turn in range(times):
            made = opens and f"{folder}/{name}-{turn}"
            given = [each.format(sid=space.sids[0], made=made, port=unused_port()) for each in arguments]
            numbers = dice.choice(([signal.SIGTERM], [signal.SIGINT], [signal.SIGHUP, signal.SIGTERM]))
            process = start(given, space)
            # Most signals should come once they are handled, however slow the machine is.
            began = time.monotonic()
            while turn % 4 and process.poll() is None and not takes(process, signal.SIGTERM):
                if time.monotonic() - began > SLACK:
                    faults.append("the process did not handle signals")
                    break
                time.sleep(0.0005)
            time.sleep(dice.random() ** 3 * FIRST)
            for number in numbers:
                is_taken = takes(process, number)
                taken += is_taken
                process.send_signal(number)
                if not is_taken:
                    break
            code = exit_of(process, DRAIN)
            what = f"{'+'.join(each.name for each in numbers)} in turn {turn}"
            if code in wanted:
                continue
            if is_taken or code != -number:
                faults.append(f"{what}: exit {code}")
            elif made and os.path.exists(made):
                faults.append(f"{what}: the signal killed it after it had opened the state file")
        if not taken:
            faults.append("no signal came while the command handled signals")
        return dict(faults=faults, count=times)

    return check


def locked(folder):
    """A start that waits for another program's lock on the state file."""
    faults, space, state = [], Space(people=2), f"{folder}/locked"
    if code := exit_of(start(["watch", space.sids[0], "--once", "--state", state], space), PATIENCE):
        faults.append(f"the first run: exit {code}")
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.closing(sqlite3.connect(state, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            process = start(["watch", space.sids[0], "--state", state], space)

            def has_opened():
                with contextlib.suppress(FileNotFoundError):
                    return any(os.path.realpath(each.path) == os.path.realpath(state) for each in os.scandir(f"/proc/{process.pid}/fd"))

            if not until(has_opened, PATIENCE):
                faults.append("the state file was not opened")
            process.send_signal(number)
            began = time.monotonic()
            code = exit_of(process, PROMPT)
            if code != 0 or time.monotonic() - began > PROMPT + SLACK:
                faults.append(f"{number.name} under a lock: exit {code} after {time.monotonic() - began:.1f} s")
    return dict(faults=faults, count=2)


def checked(kept, space):
    """Sends signals while a large state file is being opened, which takes time. None may have its default effect."""

    def check(folder):
        faults, dice = [], random.Random(f"{seed} big")
        state = f"{folder}/big"
        shutil.copyfile(kept, state)
        with contextlib.closing(sqlite3.connect(state)) as file:
            file.execute("CREATE TABLE ballast(bytes)")
            # Up to this size, a file's pages are checked whenever it is opened.
            file.executemany("INSERT INTO ballast VALUES (zeroblob(?))", [(1 << 20,)] * (CHECKED - 8))
            file.commit()
        for turn in range(max(6, times // 4)):
            numbers = dice.choice(([signal.SIGTERM], [signal.SIGHUP, signal.SIGTERM], [signal.SIGHUP, signal.SIGINT]))
            process = start(["watch", space.sids[0], "--state", state, "--interval", "100ms"], space)
            if not until(lambda: takes(process, signal.SIGHUP) and takes(process, signal.SIGTERM), PATIENCE):
                faults.append(f"turn {turn}: the process did not handle signals")
            for number in numbers:
                time.sleep(dice.random() * FIRST)
                if process.poll() is not None:
                    faults.append(f"turn {turn}: the process ended before {number.name}: {process.returncode}")
                    break
                process.send_signal(number)
            if (code := exit_of(process, DRAIN)) != 0:
                faults.append(f"{'+'.join(each.name for each in numbers)} in turn {turn}: exit {code}")
        return dict(faults=faults, count=max(6, times // 4))

    return check


def stuck(_):
    """A second signal ends a process whose main thread hangs, as in a call that never returns."""
    faults = []
    for second in (signal.SIGTERM, signal.SIGINT):
        space = Space(people=2)
        process = start(["watch", space.sids[0], "--interval", "100ms"], space)
        # A thread that is stopped while it holds the loop's lock would hold up the thread of signals too.
        if not until(lambda: space.polls > 0 and is_asleep(process.pid), PATIENCE):
            faults.append("the watch did not start")
        if not stop_thread(process.pid):
            process.kill()
            print("skipped: a stuck process (a thread cannot be stopped here)")
            return dict(faults=faults, count=0)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        if process.poll() is not None:
            faults.append(f"the first signal ended the process: {process.returncode}")
        process.send_signal(second)
        if (code := exit_of(process, PROMPT)) != 128 + second:
            faults.append(f"{second.name}: exit {code}")
    return dict(faults=faults, count=2)


def is_asleep(pid):
    """Returns whether the main thread waits for something; true where that is unknown."""
    try:
        return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] == "S"
    except FileNotFoundError:
        return True


def stop_thread(thread):
    """Stops one thread of a process for as long as this thread lives, and returns whether that is possible."""
    libc = ctypes.CDLL(None, use_errno=True)
    seize, interrupt, of_any_kind = 0x4206, 0x4207, 0x40000000
    if libc.ptrace(seize, thread, None, None) or libc.ptrace(interrupt, thread, None, None):
        return False
    return os.WIFSTOPPED(os.waitpid(thread, of_any_kind)[1])


def resending(state):
    """A signal ends `resend`; events that were not accepted can still be sent."""

    def check(_):
        faults = []
        for number in (signal.SIGTERM, signal.SIGINT):
            asked = threading.Event()

            class Silent(Handler):
                def do_POST(self):
                    asked.set()
                    time.sleep(PATIENCE * 2)

            url = f"http://127.0.0.1:{serve(Silent).server_address[1]}/"
            process = start(["resend", "--state", state, "--since", "1h", "--webhook", url])
            if not asked.wait(PATIENCE):
                faults.append("nothing was sent")
            process.send_signal(number)
            if (code := exit_of(process, PROMPT)) != 75:
                faults.append(f"{number.name}: exit {code}")
        return dict(faults=faults, count=2)

    return check


def hung_up(folder):
    """SIGHUP during the start neither ends a watch nor is lost: files are reloaded once the watch runs."""
    faults = []
    for turn in range(max(4, times // 8)):
        space, log = Space(people=3), f"{folder}/log-{turn}"
        with open(log, "wb") as file:
            process = start(["watch", space.sids[0], "--interval", "100ms"], space, stderr=file)
        if not until(lambda: takes(process, signal.SIGHUP), PATIENCE):
            faults.append("the watch did not handle SIGHUP")
        process.send_signal(signal.SIGHUP)

        def has_read():
            with open(log) as file:
                return "reloading" in file.read()

        if not until(has_read, PATIENCE):
            faults.append(f"turn {turn}: nothing was reloaded; status {process.poll()}")
        process.send_signal(signal.SIGTERM)
        if (code := exit_of(process, DRAIN)) != 0:
            faults.append(f"turn {turn}: exit {code}")
    return dict(faults=faults, count=max(4, times // 8))


def left(folder):
    """SIGHUP, as from a closed terminal, ends commands that have nothing to reload."""
    faults = []
    for arguments in (["simulate"], ["listen", "--port", "0"]):
        process = start(arguments)
        if not until(lambda: takes(process, signal.SIGHUP), PATIENCE):
            faults.append(f"{arguments[0]} did not handle SIGHUP")
        process.send_signal(signal.SIGHUP)
        if (code := exit_of(process, PROMPT)) != 0:
            faults.append(f"{arguments[0]}: exit {code}")
    return dict(faults=faults, count=2)


with tempfile.TemporaryDirectory() as folder:
    space = Space(people=2)
    kept = f"{folder}/kept"
    if code := exit_of(start(["watch", space.sids[0], "--once", "--state", kept], space), PATIENCE):
        raise SystemExit(f"FAILED: could not make a state file: exit {code}")
    jobs = [
        ("watch", early("watch", ["watch", "{sid}", "--state", "{made}", "--interval", "100ms"], (0,), opens=True)),
        ("watch --once", early("once", ["watch", "{sid}", "--state", "{made}", "--once"], (0,), opens=True)),
        ("watch without state", early("memory", ["watch", "{sid}", "--health", "{port}", "--interval", "100ms"], (0,))),
        ("demo", early("demo", ["demo"], (0,))),
        ("simulate", early("simulate", ["simulate"], (0,))),
        ("listen", early("listen", ["listen", "--port", "0"], (0,))),
        ("events --follow", early("events", ["events", "--follow", "--state", kept], (0,))),
        # Events that were not sent can still be sent; without a receiver none were.
        ("resend", early("resend", ["resend", "--state", kept, "--since", "1h", "--webhook", "http://127.0.0.1:9/"], (75,))),
        ("a big state file", checked(kept, space)), ("resend in the middle", resending(kept)), ("a foreign lock", locked), ("a stuck process", stuck), ("SIGHUP", hung_up),
        ("SIGHUP without files", left),
    ]
    results = side_by_side([(name, lambda job=job: job(folder)) for name, job in jobs], 4)
end(f"early signals: {sum(result.get('count', 0) for result in results.values())} ends of {len(jobs)} kinds",
    [f"{name}: {fault}" for name, result in results.items() for fault in result["faults"]])
