"""The watch of a soak test: its options and targets, its restarts, and what is done to it. Needs PyPI slack_sdk."""

import json, random, signal, threading, time
from datetime import datetime
from kit.callbacks import TOKEN
from kit.chat_stub import Slack
from kit.command_run import Run, run
from kit.disks import fill, resize, small_disk, unmount
from kit.files import private
from kit.locks import Lock
from kit.loopback import unused_port
from kit.moved_clock import MovedClock
from kit.soak_oracles import Monitor
from kit.soak_targets import Chosen, Failing, Good, Stalled
from kit.waiting import until

ALERTS = ["hold:15s", "muted:20s", "coaching:15s", "people:6:15s", "alone:10s", "empty:15s"]
CHOSEN = ["participant.*", "!participant.updated", "alert.*"]
PATIENCE = 60  # seconds that the watch may take to react
SHORT_LOCK, LONG_LOCK = 3, 15  # seconds: a lock of more than 10 s is an outage, and ends a start
STARTS, STARTING = 2, 0.5  # how often a crash is repeated, and within how many seconds
FULL = 12  # seconds that the disk stays full after it was noticed
SLACK = 5  # seconds by which an event may be older than its line
FORWARD, BACK = 20, -10  # seconds by which the clock moves; the watch takes what is over 10 s for an outage
PEOPLE = ["Anna", "Bea", "Carl"]


class SoakWatch:
    """Runs of one watch of a space on one state file; `faults` has what was wrong."""

    def __init__(self, rollcall, home, megabytes):
        self.rollcall, self.home = rollcall, home
        self.space = self.watch = None
        self.faults, self.runs, self.counts, self.dice = [], [], {}, random.Random(5)
        self.health, self.callbacks = unused_port(), unused_port()
        self.monitor = Monitor(self.health)
        self.good, self.chosen, self.failing, self.stalled, self.slack = Good(), Chosen(), Failing(), Stalled(), Slack()
        self.size = f"{megabytes}m"
        self.disk = small_disk(home, self.size)
        self.state = f"{self.disk or home}/state"
        if not self.disk:
            print("skipped: a full disk (cannot mount a tmpfs here)")
        self.clock = MovedClock(home) if MovedClock.is_possible() else None
        if not self.clock:
            print("skipped: a clock that moves (no C compiler here)")
        private(home / "callback-token", TOKEN)
        self.renew_files()
        entries = [
            dict(name="good", url=self.good.url, secret_files=["secret"]),
            dict(name="chosen", url=self.chosen.url, format="cloudevents", events=CHOSEN),
            dict(name="failing", url=self.failing.url), dict(name="stalled", url=self.stalled.url, timeout="5s"),
            dict(name="chat", url=self.slack.url, format="slack", events=["alert.*"], only_changes_of=["hold"])]
        private(home / "targets.json", json.dumps(entries))

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def renew_files(self):
        """Writes a new secret and other names."""
        self.good.secrets.append(run(self.rollcall, ["secret"]).lines[0].decode())
        private(self.home / "secret", self.good.secrets[-1])
        self.dice.shuffle(PEOPLE)
        private(self.home / "names", "".join(f"+1555010{number} {name}\n" for number, name in enumerate(PEOPLE)))

    # Restarts

    def launch(self):
        # The watch cannot know when Slack, which allows one message a second, had the last one.
        until(lambda: not self.slack.moments or time.monotonic() - self.slack.moments[-1] > 1)
        arguments = ["watch", "--all", "--wait", "--interval", "2s", "--state", self.state, "--enrich", "--heartbeat", "5s",
                     "--targets", str(self.home / "targets.json"), "--names", str(self.home / "names"),
                     "--health", str(self.health), "--callbacks", str(self.callbacks),
                     "--callback-token-file", str(self.home / "callback-token"),
                     *(word for alert in ALERTS for word in ("--alert", alert))]
        self.watch = Run(self.rollcall, arguments, token=self.space.token, origin=self.space.origin,
                         project=self.space.project, wrapper=self.clock.wrapper if self.clock else ())
        self.runs.append(self.watch)

    def start(self):
        """Starts the watch, and waits until its probes are answered; returns its exit code if it ends instead."""
        self.launch()
        until(lambda: self.watch.process.poll() is not None or self.monitor.get("/healthz")[0] == 200, PATIENCE)
        if self.watch.process.poll() is not None:
            return self.watch.wait()
        self.expect(self.monitor.get("/healthz")[0] == 200, "the watch answers its probes")
        self.monitor.begin(self.watch.process)
        return None

    def restart(self):
        self.expect(self.start() is None, "the watch starts again")

    def kill(self):
        self.monitor.end()
        self.expect(self.watch.process.poll() is None, "the watch runs")
        self.watch.kill()
        self.count("kills")
        self.expect(not self.watch.out.rpartition(b"\n")[2], "all lines of a killed watch are whole")

    def expect(self, holds, what):
        if not holds:
            self.faults.append(f"not so: {what} (exit {self.watch.process.poll()}): {self.watch.errors[-3:]}")
        return holds

    def said(self, text, before=0):
        return self.watch.err.count(text) > before

    # What is done to it

    def reload(self):
        """Replaces files and sends SIGHUP; every fourth time a file is wrong, and everything stays as it was."""
        self.count("SIGHUPs")
        old, reloads = self.good.newest, self.watch.err.count(b"reloading token")
        is_wrong = self.counts["SIGHUPs"] % 4 == 0
        refusals = self.watch.err.count(b"could not be reloaded")
        if is_wrong:
            private(self.home / "secret", "whsec_!")
        else:
            self.renew_files()
        self.watch.process.send_signal(signal.SIGHUP)
        self.expect(until(lambda: self.said(b"reloading token", reloads), PATIENCE), "SIGHUP is answered")
        if is_wrong:
            self.expect(until(lambda: self.said(b"could not be reloaded", refusals), PATIENCE), "a wrong secret is told")
            private(self.home / "secret", self.good.secrets[-1])
        elif not self.monitor.is_disturbed:
            self.expect(until(lambda: self.good.newest > old, PATIENCE), "a new secret is used")

    def lock(self, seconds, pause):
        self.count("locks")
        told, over = (self.watch.err.count(text) for text in (b"holds a lock", b"no longer locked"))
        lock = Lock(self.state)
        pause(seconds)
        lock.release()
        if seconds > 10:
            self.expect(self.said(b"holds a lock", told), "a long lock is told")
            self.expect(until(lambda: self.said(b"no longer locked", over), PATIENCE), "the end of a lock is told")

    def short_lock(self, pause):
        self.lock(SHORT_LOCK, pause)

    def long_lock(self, pause):
        self.lock(LONG_LOCK, pause)

    def full_disk(self, pause):
        if not self.disk:
            return
        self.count("fills")
        told, over = (self.watch.err.count(text) for text in (b"there is no room", b"there is room"))
        fill(self.disk)
        # The log of the state file may have room for a while.
        for _ in range(3 * PATIENCE):
            if self.said(b"there is no room", told):
                break
            pause(1)
        self.expect(self.said(b"there is no room", told), "a full disk is told")
        pause(FULL)
        resize(self.disk, self.size)
        self.expect(until(lambda: self.said(b"there is room", over), PATIENCE), "room on the disk is told")

    def moved_clock(self, pause, seconds=FORWARD):
        if not self.clock:
            return
        self.count("clock moves")
        self.clock.move(seconds)
        pause(2)
        if seconds > 0:
            self.expect(until(self.is_moved, PATIENCE), "the times of events follow a clock that moves forward")

    def clock_back(self, pause):
        self.moved_clock(pause, BACK)

    def is_moved(self):
        """Returns whether the last line is as far ahead of this machine's clock as the moved clock is."""
        lines = bytes(self.watch.out[-8192:]).split(b"\n")
        if len(lines) < 3:
            return False
        moment = datetime.fromisoformat(json.loads(lines[-2])["timestamp"]).timestamp()
        return moment > time.time() + self.clock.offset - SLACK

    def crash(self, pause):
        """The watch is killed, and killed again while it starts."""
        pause(self.dice.random())
        self.kill()
        for _ in range(STARTS):
            self.launch()
            time.sleep(self.dice.random() * STARTING)
            self.kill()
        self.restart()

    def crash_under_lock(self, pause):
        """The watch is killed while the file is locked, and starts while it still is."""
        self.count("locks")
        lock = Lock(self.state)
        pause(1)
        self.kill()
        releasing = threading.Timer(SHORT_LOCK, lock.release)
        releasing.start()
        self.restart()
        releasing.join()

    def start_under_lock(self, pause):
        """A start waits for a lock for 10 s, and then ends with 75."""
        self.count("locks")
        self.kill()
        lock = Lock(self.state)
        code = self.start()
        lock.release()
        if self.expect(code == 75, f"a start under a long lock ends with 75, not {code}"):
            self.restart()

    def crash_on_full_disk(self, pause):
        """The watch is killed while the disk is full. A start on it either works or ends with 73."""
        if not self.disk:
            return
        self.count("fills")
        fill(self.disk)
        pause(5)
        self.kill()
        code = self.start()
        self.expect(code in (None, 73), f"a start on a full disk works or ends with 73, not {code}")
        resize(self.disk, self.size)
        if code is not None:
            self.restart()

    def close(self):
        if self.watch and self.watch.process.poll() is None:
            self.watch.kill()
        if self.disk:
            unmount(self.disk)
