"""Watches faulty conferences for an hour and a half with everything on, while much goes wrong.

Usage: soak.py PATH-OF-ROLLCALL [MINUTES]     90 minutes by default; five play everything once
Needs PyPI prometheus-client and slack_sdk; a full disk needs root, and a clock that moves needs a C compiler.

The watch has `--all`, a state file, callbacks of which a fifth is lost, alerts, look-ups of calls, probes, and five targets:
one takes all events, one some, one fails, one stalls, and one is a chat. For half of the time it is killed again and again;
then it runs without a restart, and what it costs must not grow. In both halves the state file is locked, its disk full, the
clock moved, and SIGHUP sent. In the end the people rest: the stream must fold to who is where, and no target lacks anything.
"""

import itertools, json, sys, tempfile, time
from pathlib import Path
from kit.callbacks import TOKEN
from kit.crowd import Crowd
from kit.simulated_space import SimulatedSpace
from kit.soak_oracles import LATE, StreamRules, expected_alerts, slopes
from kit.soak_targets import EVERY, faults_of_target, told_alerts
from kit.soak_watch import ALERTS, SoakWatch
from kit.stream import faults_of_stream, fold, room_view, rows, stored
from kit.verdict import end

MINUTES = float(sys.argv[2]) if len(sys.argv) > 2 else 90
FAULTS = ["flaky", "stale", "finished-rows", "empty-strings", "callbacks-lost", "callbacks-late", "callbacks-repeated"]
CROWDED, LIVELY = 12, 4  # rooms that the script moves, and rooms that move by themselves until they are ended
PEOPLE = ["agent", "coach", "customer"]
LIFE = dict(joins=0.3, leaves=0.3, mutes=0.6, holds=0.05, coaches=0.2, minimum=2, maximum=6)
RESTLESS = 0.5  # the part of the time in which the watch is killed
RESTARTS = ["crash", "short_lock", "full_disk", "long_lock", "crash_under_lock", "moved_clock", "start_under_lock",
            "clock_back", "crash_on_full_disk"]
CALM = ["short_lock", "moved_clock", "long_lock", "full_disk", "clock_back"]
PAUSE = max(4.0, MINUTES * 60 / 90)  # seconds between two disturbances
AFTER = 4.0  # seconds for which a disturbance is still felt
HANG_UP = min(60.0, MINUTES * 10)  # seconds between two SIGHUPs
SETTLING = 600  # seconds that faulty lists may take to show a room at rest, and its states for long enough
RATE = 50  # events per second at which even a slow machine delivers a backlog
REPEATED = 20  # lines of a chat message, which may come again after a kill


def say(text):
    if sys.stdout.isatty():
        print(f"   {text}", flush=True)


class Soak:
    def __init__(self, home):
        self.watch = SoakWatch(sys.argv[1], home, int(64 + 8 * MINUTES))
        self.faults, self.monitor = self.watch.faults, self.watch.monitor
        self.began = self.hung_up = time.monotonic()

    def scenario(self):
        life = [{"friendly_name": f"lively-{number}", "people": [{"name": name} for name in PEOPLE], "life": LIFE}
                for number in range(LIVELY)]
        return {"name": "soak", "faults": FAULTS,
                "rooms": [{"friendly_name": f"crowd-{number}"} for number in range(CROWDED)] + life}

    def pause(self, seconds):
        """Lets time pass, with its SIGHUPs."""
        end_of_pause = time.monotonic() + seconds
        while time.monotonic() < end_of_pause:
            watch = self.watch.watch
            if watch.process.poll() is not None:
                raise SystemExit(f"FAILED: the watch ended by itself with {watch.wait()}: {watch.errors[-5:]}")
            if self.crowd.error:
                raise SystemExit(f"FAILED: the simulated space refuses a change: {self.crowd.error!r}")
            if time.monotonic() > self.hung_up + HANG_UP:
                self.hung_up = time.monotonic()
                self.watch.reload()
            time.sleep(0.1)

    def play(self, disturbances, part):
        """Disturbs the watch in turn until that part of the time is over, each way at least once."""
        end_of_part = self.began + part * MINUTES * 60
        for number, name in enumerate(itertools.cycle(disturbances)):
            if number >= len(disturbances) and time.monotonic() > end_of_part - PAUSE:
                break
            self.pause(PAUSE)
            say(f"{(time.monotonic() - self.began) / 60:5.1f} min: {name.replace('_', ' ')}")
            self.monitor.is_disturbed = True
            getattr(self.watch, name)(self.pause)
            self.pause(AFTER)
            self.monitor.is_disturbed = False
        self.pause(max(0, end_of_part - time.monotonic()))

    def wait_for(self, condition, seconds, what):
        """Waits, and records a fault if something does not come true."""
        for _ in range(int(seconds)):
            if condition():
                return
            self.pause(1)
        self.watch.expect(condition(), what)

    def run(self):
        callback = f"http://127.0.0.1:{self.watch.callbacks}/callbacks/{TOKEN}"
        options = ["--seed", "7", "--status-callback", callback]
        with SimulatedSpace(sys.argv[1], self.scenario(), "signalwire", *options) as space:
            self.crowd = Crowd(space, space.sids[:CROWDED], seed=3)
            self.watch.space = space
            if not self.watch.expect(self.watch.start() is None, "the watch starts"):
                raise SystemExit(f"FAILED: {self.faults[0]}")
            self.wait_for(lambda: len(rows(self.watch.state, "SELECT sid FROM conference")) == CROWDED + LIVELY, SETTLING,
                          "all conferences are found")
            self.crowd.moves.set()
            self.began = time.monotonic()
            self.play(RESTARTS, RESTLESS)
            space.end(space.sids[CROWDED])
            self.watch.crash(self.pause)
            say("from now on without a restart")
            self.play(CALM, 1)
            words, rising = slopes(list(self.monitor.samples))
            self.faults += rising
            self.crowd.rest()
            self.settle(space)
            self.finish(space, words)

    def settle(self, space):
        """Lets everybody rest: the watch has to find out who is where, and to tell it although a target still stalls."""
        say("everybody rests")
        ended = space.sids[CROWDED:]
        for sid in ended[1:]:
            space.end(sid)
        self.truth = lambda: self.crowd.truth() | {sid: {} for sid in ended}
        self.wait_for(self.is_true, SETTLING, "the rooms become what they are")
        wanted = {(sid, alert, call) for sid, alert, call in expected_alerts(self.crowd.truth(), ALERTS)}
        self.wait_for(lambda: self.open_alerts() == wanted, SETTLING, "the alerts become what the rooms show")
        lines = stored(self.watch.state)
        self.wait_for(lambda: self.has_got(self.watch.good, lines), SETTLING, "a target that works is held up by none")
        folded, _ = fold(stored(self.watch.state))
        differences = [sid for sid, room in self.truth().items() if folded.get(sid) != room]
        self.watch.expect(not differences, f"the events fold to who is where, except in {differences}")
        self.watch.expect(self.watch.stalled.stalls > 0 and not self.watch.stalled.bodies, "a target has stalled")
        say("the targets recover")
        self.watch.failing.mend()
        self.watch.stalled.released.set()
        self.watch.crash(self.pause)
        self.crowd.calm(2, 5)
        self.wait_for(self.is_true, SETTLING, "the rooms become calm")
        self.wait_for(lambda: not self.open_alerts(), SETTLING, "all alerts are resolved")
        lines = stored(self.watch.state)
        for name in ("good", "chosen", "failing", "stalled"):
            receiver = getattr(self.watch, name)
            self.wait_for(lambda: self.has_got(receiver, self.wanted(name, lines)), SETTLING + len(lines) / RATE,
                          f"{name} gets everything in the end")
        self.wait_for(lambda: told_alerts(self.watch.slack.messages) >= sum(map(self.is_for_chat, map(json.loads, lines))),
                      SETTLING, "the chat is told of every alert")

    def is_true(self):
        return room_view(self.watch.state) == {sid: room for sid, room in self.truth().items() if room}

    def open_alerts(self):
        return set(rows(self.watch.state, "SELECT conference_sid, alert, call_sid FROM alert"))

    def dead(self, name):
        """Returns the dead letters of a target, by their ids, with the reasons."""
        return dict(rows(self.watch.state, "SELECT json_extract(line, '$.id'), reason FROM dead_letter JOIN event"
                                           f" USING (sequence) WHERE target = '{name}'"))

    @staticmethod
    def is_chosen(event):
        return event["type"] != "participant.updated" and event["type"].startswith(("participant.", "alert."))

    @staticmethod
    def is_for_chat(event):
        return event["type"].startswith("alert.") and ("call_sid" not in event or event["alert"].startswith("hold:"))

    def wanted(self, name, lines):
        """Returns the lines that a target must have got by now: those that it wants, less its dead letters."""
        dead = self.dead(name)
        events = ((line, json.loads(line)) for line in lines)
        return [line for line, event in events if event["id"] not in dead and (name != "chosen" or self.is_chosen(event))]

    @staticmethod
    def has_got(receiver, lines):
        with receiver.lock:
            return {body for _, body in receiver.bodies} >= set(lines)

    def finish(self, space, words):
        watch = self.watch
        self.monitor.end()
        watch.expect(watch.watch.stop() == 0, "the watch ends well")
        lines, out = stored(watch.state), list(itertools.chain.from_iterable(run.lines for run in watch.runs))
        watch.expect(all(len(set(run.lines)) == len(run.lines) for run in watch.runs), "no run writes a line twice")
        rules = StreamRules()
        self.faults += fold(lines, rules.look)[1]
        self.faults += faults_of_stream(watch.state, out, None, self.truth())
        watch.expect(not rules.open, f"no alert is left: {rules.open}")
        reasons = dict(restart=True, state_busy=True, disk_full=watch.disk, clock_jump=watch.clock)
        watch.expect(all(reason in rules.reasons for reason, is_possible in reasons.items() if is_possible),
                     f"each kind of outage is told: {rules.reasons}")
        watch.expect(len(lines) > 60 * MINUTES and rules.raised > MINUTES, f"much happens: {len(lines)} events")
        dead = {name: self.dead(name) for name in ("good", "chosen", "failing", "stalled", "chat")}
        self.faults += faults_of_target("good", watch.good, lines) + watch.good.faults
        self.faults += faults_of_target("chosen", watch.chosen, lines, wanted=self.is_chosen)
        self.faults += faults_of_target("failing", watch.failing, lines, dead["failing"].keys())
        self.faults += faults_of_target("stalled", watch.stalled, lines)
        for name in ("good", "chosen", "stalled", "chat"):
            watch.expect(not dead[name], f"{name} has no dead letters: {list(dead[name].items())[:3]}")
        refused = {identity for identity, reason in dead["failing"].items() if reason == "answered 422"}
        never = {event["id"] for event in map(json.loads, lines) if event["sequence"] % EVERY == 0}
        watch.expect(never == refused, f"what is refused for good is a dead letter: {list(never ^ refused)[:3]}")
        told, due = told_alerts(watch.slack.messages), sum(self.is_for_chat(json.loads(line)) for line in lines)
        watch.expect(due <= told <= due + REPEATED * watch.counts["kills"], f"the chat is told of {told} of {due} alerts")
        self.faults += watch.slack.faults + self.monitor.faults
        watch.expect(self.monitor.lag <= LATE, f"a good target is served in time: {self.monitor.lag:.1f} s")
        counts = ", ".join(f"{count} {what}" for what, count in watch.counts.items())
        again = [len(told) - len(set(told)) for told in (out, watch.good.bodies)]
        end(f"soak: {MINUTES:g} min, {self.crowd.changes} changes, {len(lines)} events; {counts}; {rules.raised} alerts,"
            f" {told} told in {len(watch.slack.messages)} messages; {len(dead['failing'])} dead letters, {again[0]} lines and"
            f" {again[1]} deliveries again; delay {self.monitor.lag:.1f} s; {self.monitor.scrapes} scrapes; {words}",
            self.faults)


with tempfile.TemporaryDirectory() as folder:
    soak = Soak(Path(folder))
    try:
        soak.run()
    finally:
        soak.watch.close()
