#!/usr/bin/env python3
"""Gives a watch outputs with stalled readers, and checks that everything else continues.

Usage: stalled_readers.py PATH-OF-ROLLCALL
"""

import json, os, re, signal, subprocess, sys, time, urllib.request
from kit.fake_space import PROJECT, TOKEN, Space
from kit.foreground import take_signals
from kit.loopback import Handler, serve, unused_port
from kit.raw_server import SLACK
from kit.stalled_output import StalledOutput
from kit.verdict import end, side_by_side
from kit.waiting import until

take_signals()
rollcall = os.path.realpath(sys.argv[1])
DRAIN = 8  # seconds for which an ending watch still delivers
PATIENCE = 40  # seconds
NOBODY = 65534
DROPPED = re.compile(rb"log: (\d+) lines? w(?:as|ere) dropped")


def start(space, arguments, user=None, **outputs):
    """Starts a command; an output that is not given is /dev/null."""
    environment = {"PATH": os.environ["PATH"], "SIGNALWIRE_PROJECT_ID": PROJECT, "SIGNALWIRE_API_TOKEN": TOKEN,
                   "SIGNALWIRE_SPACE": space.origin if space else "http://127.0.0.1:9", "TERM": "xterm"}
    given = {name: output.writer for name, output in outputs.items()}
    process = subprocess.Popen([rollcall, *arguments], env=environment, stdin=subprocess.DEVNULL, user=user,
                               **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **given})
    for output in set(outputs.values()):
        output.given()
    return process


def exit_of(process, limit, faults, what):
    """Returns the exit status of an ending command, and the time that it took."""
    began = time.monotonic()
    try:
        code = process.wait(limit + SLACK)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        faults.append(f"{what}: the command had not ended after {limit + SLACK:.0f} s")
        return None
    return code, time.monotonic() - began


class Reluctant:
    """A receiver that accepts every fifth event only at the second attempt, which causes log lines."""

    def __init__(self):
        self.seen, self.taken = set(), 0
        self.takes = lambda identity: identity in self.seen or int(identity[-12:]) % 5 > 0
        receiver = self

        class Posted(Handler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                identity = self.headers["webhook-id"]
                is_taken = receiver.takes(identity)
                receiver.seen.add(identity)
                receiver.taken += is_taken
                self.answer(200 if is_taken else 503)

        self.url = f"http://127.0.0.1:{serve(Posted).server_address[1]}/hook"


def stall(names, kind, wanted, options=(), user=None):
    """Runs a watch whose named outputs are one stalled output, and ends it with one signal, then with two."""

    def check():
        faults, slowest = [], 0
        for twice in (False, True):
            space, receiver, port = Space(conferences=2, people=5), Reluctant(), unused_port()
            space.lively = True
            output = StalledOutput(kind)
            process = start(space, ["watch", *space.sids, "--interval", "100ms", "-v", "--health", str(port),
                                    "--webhook", receiver.url, *options], user, **dict.fromkeys(names, output))
            what = "two signals" if twice else "one signal"
            if not until(lambda: space.polls >= 60 and receiver.taken >= 40, PATIENCE):
                faults.append(f"{what}: only {space.polls} polls and {receiver.taken} deliveries in {PATIENCE} s")
            else:
                faults += [f"{what}: {fault}" for fault in probe(port)]
            space.lively = False
            # Undelivered events keep the watch from ending before the second signal.
            receiver.takes = lambda _, all=not twice: all
            process.send_signal(signal.SIGTERM)
            if twice:
                time.sleep(0.3)
                # Another signal, because two pending ones of the same kind count as one.
                process.send_signal(signal.SIGINT)
            ended = exit_of(process, 0.5 if twice else DRAIN, faults, what)
            if ended:
                slowest = max(slowest, ended[1])
                if ended[0] != (128 + signal.SIGINT if twice else wanted):
                    faults.append(f"{what}: exit {ended[0]}")
            output.close()
        return dict(faults=faults, slowest=slowest)

    return check


def probe(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE) as reply:
            return [] if reply.status == 200 else [f"/healthz {reply.status}"]
    except OSError as error:
        return [f"/healthz: {error}"]


def returning(kind, user=None):
    """A reader that continues gets everything, in order and in whole lines."""

    def check():
        faults, space, output = [], Space(conferences=2, people=5), StalledOutput(kind)
        space.lively = True
        process = start(space, ["watch", *space.sids, "--interval", "100ms", "-q"], user, stdout=output)
        if not until(lambda: space.polls >= 60, PATIENCE):
            faults.append(f"only {space.polls} polls in {PATIENCE} s")
        reading = output.read()
        process.send_signal(signal.SIGTERM)
        ended = exit_of(process, DRAIN, faults, "a reader that returns")
        reading.join(PATIENCE)
        lines, rest = output.lines
        if ended and ended[0] != 0:
            faults.append(f"exit {ended[0]}")
        sequences = [json.loads(line)["sequence"] for line in lines]
        if sequences != list(range(1, len(lines) + 1)) or rest or json.loads(lines[-1])["type"] != "watch.stopped":
            faults.append(f"expected whole lines up to watch.stopped, got {len(lines)} lines, the last {lines[-1:]}, and then {rest!r}")
        output.close()
        return dict(faults=faults)

    return check


class Refusing:
    """A receiver that rejects every event, so that each delivery causes a log line."""

    def __init__(self):
        self.posts = 0
        receiver = self

        class Posted(Handler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                receiver.posts += 1
                self.answer(400)

        self.url = f"http://127.0.0.1:{serve(Posted).server_address[1]}/hook"


def count(output):
    """Returns how many lines about rejected events were read, and how many lines were reported as dropped."""
    lines = output.lines[0]
    return (sum(b" given up: " in line for line in lines),
            sum(int(match[1]) for line in lines if (match := DROPPED.search(line))))


def log(kind, user=None):
    """Log lines without room cause no delay, and one line says how many were dropped."""

    def check():
        faults, runs = [], []
        for output in (None, StalledOutput(kind)):
            space, receiver = Space(people=5), Refusing()
            space.lively = True
            arguments = ["watch", *space.sids, "--interval", "100ms", "--webhook", receiver.url, "--webhook-max-age", "1h"]
            runs.append((start(space, arguments, user, **({"stderr": output} if output else {})), space, receiver, output))
        (read, read_space, _, _), (stalled, space, receiver, output) = runs
        # Both are measured from the moment that both have begun, under the same load.
        until(lambda: min(read_space.polls, space.polls) >= 5, PATIENCE)
        before = read_space.polls, space.polls
        until(lambda: read_space.polls - before[0] >= 100, PATIENCE)
        polls = read_space.polls - before[0], space.polls - before[1]
        if polls[1] < 0.7 * polls[0]:
            faults.append(f"only {polls[1]} polls with a stalled log, but {polls[0]} with one that is read")
        # Dropped lines must be reported even if nothing else is logged.
        space.lively = False
        posts = receiver.posts
        reading = output.read()
        if not until(lambda: sum(count(output)) >= posts, PATIENCE):
            faults.append(f"expected {posts} lines, got (read, dropped) {count(output)}")
        for process in (read, stalled):
            process.send_signal(signal.SIGTERM)
        for process in (read, stalled):
            exit_of(process, DRAIN, faults, "a log")
        reading.join(PATIENCE)
        told, dropped = count(output)
        # A few other lines may be dropped: that the webhook is not signed, or that a poll failed on a busy machine.
        if not 0 <= told + dropped - receiver.posts <= 5:
            faults.append(f"expected {receiver.posts} lines, got {told} and {dropped} dropped ones")
        if rest := output.lines[1]:
            faults.append(f"the last line is incomplete: {rest!r}")
        output.close()
        return dict(faults=faults, dropped=dropped, polls=polls)

    return check


def last_error(user=None):
    """A slow reader still gets the error that ends a command."""

    def check():
        faults, output = [], StalledOutput("pipe")
        process = start(None, ["watch", "--nonsense"], user, stderr=output)
        time.sleep(0.1)
        reading = output.read()
        ended = exit_of(process, 1, faults, "an error")
        reading.join(PATIENCE)
        if ended and ended[0] != 64 or not any(b"--nonsense" in line for line in output.lines[0]):
            faults.append(f"exit {ended}, {output.lines}")
        # The command does not wait for a reader that does not read at all.
        output = StalledOutput("terminal")
        process = start(None, ["watch", "--nonsense"], user, stderr=output)
        ended = exit_of(process, 1, faults, "an error that nobody reads")
        if ended and (ended[0] != 64 or ended[1] > 1 + SLACK):
            faults.append(f"unread: exit {ended}")
        return dict(faults=faults)

    return check


def serving(arguments, wanted=0):
    """A signal ends commands that serve, even if their output is not read."""

    def check():
        faults = []
        for kind in ("pipe", "terminal", "stopped terminal"):
            port, output = unused_port(), StalledOutput(kind)
            process = start(None, [*arguments, "--port", str(port)], stdout=output)
            # The receiver answers a delivery only once it is printed, so this one stays unanswered.
            request = urllib.request.Request(f"http://127.0.0.1:{port}/", b"{}" if arguments[0] == "listen" else None)

            def is_up():
                try:
                    urllib.request.urlopen(request, timeout=1)
                except urllib.error.HTTPError:
                    return True
                except TimeoutError:
                    return arguments[0] == "listen"
                except OSError as error:
                    return isinstance(getattr(error, "reason", None), TimeoutError) and arguments[0] == "listen"
                return True

            if not until(is_up, PATIENCE):
                faults.append(f"{kind}: the command does not listen")
            process.send_signal(signal.SIGTERM)
            ended = exit_of(process, 1, faults, kind)
            if ended and ended[0] != wanted:
                faults.append(f"{kind}: exit {ended[0]}")
            output.close()
        return dict(faults=faults)

    return check


def can_be(user):
    """Whether the command can run as another user, who cannot reopen a pipe made by this one."""
    try:
        return subprocess.run([rollcall, "version"], user=user, capture_output=True).returncode == 0
    except OSError:
        return False


UNDELIVERED = 75  # without a state file, events that were not written to standard output are lost
jobs = [(f"stdout: {kind}", stall(["stdout"], kind, UNDELIVERED)) for kind in ("pipe", "socket", "terminal", "stopped terminal")]
jobs += [(f"stderr: {kind}", stall(["stderr"], kind, 0)) for kind in ("pipe", "terminal")]
jobs += [(f"both: {kind}", stall(["stdout", "stderr"], kind, UNDELIVERED)) for kind in ("pipe", "terminal", "stopped terminal")]
# Events that the board has processed count as delivered.
jobs += [(f"board: {kind}", stall(["stdout", "stderr"], kind, 0, ["--live"])) for kind in ("terminal", "stopped terminal")]
jobs += [(f"returning: {kind}", returning(kind)) for kind in ("pipe", "socket", "terminal")]
jobs += [(f"log: {kind}", log(kind)) for kind in ("pipe", "terminal")] + [("last error", last_error())]
jobs += [("listen", serving(["listen"])), ("simulate", serving(["simulate"]))]
if can_be(NOBODY):
    jobs += [(f"another user's {kind}", stall(["stdout", "stderr"], kind, UNDELIVERED, user=NOBODY)) for kind in ("pipe", "terminal")]
    jobs += [(f"another user's {kind}, returning", returning(kind, user=NOBODY)) for kind in ("pipe", "terminal")]
    jobs += [("another user's log", log("terminal", user=NOBODY)), ("another user's last error", last_error(NOBODY))]
else:
    print("skipped: outputs of another user, which the command cannot reopen (it cannot be run as another user)")
if len(sys.argv) > 2:
    jobs = [job for job in jobs if sys.argv[2] in job[0]]
results = side_by_side(jobs, 8)
slowest = max(result.get("slowest", 0) for result in results.values())
dropped = sum(result.get("dropped", 0) for result in results.values())
end(f"stalled readers: {len(jobs)} ways, the slowest end {slowest:.2f} s, {dropped} log lines dropped and counted",
    [f"{name}: {fault}" for name, result in results.items() for fault in result["faults"]])
