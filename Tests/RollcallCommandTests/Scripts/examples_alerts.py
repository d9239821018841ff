#!/usr/bin/env python3
"""Holds the alerts of examples/alerts against streams whose times are written down, and against a live one.

Usage: examples_alerts.py PATH-OF-ROLLCALL
"""

import json, os, subprocess, sys
from kit.examples import EXAMPLES, environment, simulated
from kit.verdict import check

rollcall = os.path.realpath(sys.argv[1])


class Stream:
    """Events with the keys that alerts read, at so many seconds."""

    def __init__(self):
        self.lines, self.epoch, self.last = [], "0" * 16, 0

    def restart(self):
        self.epoch, self.last = "1" * 16, 0
        return self

    def go_on(self):
        """The next run of the same stream."""
        self.epoch = "2" * 16
        return self

    def add(self, second, kind, call=None, after=None, room="CF", **more):
        self.last += 1
        event = dict(id=f"evt_{self.epoch}_{self.last:012}", type=kind, timestamp=self.time(second), sequence=self.last)
        if not kind.endswith(("heartbeat", "stopped")) or call:
            event["conference_sid"] = room
        if call:
            event |= dict(occurred_after=None if after is None else self.time(after), call_sid=call)
        self.lines.append(json.dumps(event | more))
        return self

    def people(self, second, *calls, room="CF", **state):
        for call in calls:
            record = dict(call_sid=call, muted=False, hold=False, coaching=False) | state
            self.add(second, "participant.present", call, room=room, participant=record)
        return self.add(second, "watch.started", room=room)

    def person(self, second, verb, call, after=None, **more):
        return self.add(second, f"participant.{verb}", call, second - 1 if after is None else after, **more)

    def beat(self, *seconds):
        for second in seconds:
            self.add(second, "watch.heartbeat")
        return self

    @staticmethod
    def time(second):
        return f"2026-11-23T{10 + second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.250Z"


def told(alert, stream, *arguments):
    """When an alert was told, in seconds, and of whom."""
    run = subprocess.run([f"{EXAMPLES}/alerts/{alert}.sh", *arguments], input="\n".join(stream.lines), text=True,
                         capture_output=True, check=True)
    words = [line.split() for line in run.stdout.splitlines()]
    return [(int(time[14:16]) * 60 + int(time[17:19]), call) for time, call, *_ in words]


def stream():
    return Stream().people(0, "a", "b")


def alone():
    left = lambda: stream().person(10, "left", "b")
    return {
        "after 30 s, once": (left().beat(39, 40, 45, 80), [(40, "a")]),
        "not sooner": (left().beat(20, 39), []),
        "from a baseline on": (Stream().people(0, "a").beat(29, 30), [(30, "a")]),
        "not where somebody may have come in time": (left().person(45, "joined", "c", after=39), []),
        "where somebody came too late": (left().person(45, "joined", "c", after=41), [(45, "a")]),
        "not while nobody looks, and from then on anew": (
            left().add(20, "watch.interrupted", reason="poll_failed").beat(60).add(70, "watch.resumed").beat(90, 99, 100),
            [(100, "a")]),
        "not of another stream": (left().restart().people(20, "a", "b").beat(60), []),
        "after a restart that goes on with the room": (left().go_on().add(20, "watch.resumed").beat(49, 50), [(50, "a")]),
        "not where the next run begins with others": (left().go_on().people(20, "a", "b").beat(60), []),
        "again where it happens again": (
            left().beat(40).person(50, "joined", "c").person(60, "left", "c").beat(80, 90), [(40, "a"), (90, "a")]),
        "not where another comes in the same poll": (left().person(10, "joined", "c").beat(60), []),
        "in each conference by itself": (
            left().people(20, "c", room="CG").beat(41, 50), [(41, "a"), (50, "c")]),
        "not once the conference is over": (left().add(20, "conference.ended").beat(60), []),
    }


def on_hold():
    held = lambda: stream().person(10, "held", "a")
    return {
        "after 2 min, once": (held().beat(129, 130, 140), [(130, "a")]),
        "not where it was shorter": (held().person(100, "unheld", "a").beat(200), []),
        "from a baseline on": (Stream().people(0, "a", hold=True).beat(119, 120), [(120, "a")]),
        "where somebody enters on hold": (
            stream().person(10, "joined", "c").person(10, "held", "c", initial=True).beat(130), [(130, "c")]),
        "not of who has left": (held().person(20, "left", "a").beat(200), []),
        "not while nobody looks": (held().add(20, "watch.interrupted").beat(200), []),
        "not where a gap may hide its end": (
            held().add(20, "watch.interrupted").add(120, "watch.resumed").beat(200, 240), [(240, "a")]),
    }


def third_party():
    joined = lambda: stream().person(5, "joined", "c")
    return {
        "of who is heard": (joined().beat(10, 20), [(10, "c")]),
        "not of who enters muted": (joined().person(5, "muted", "c", initial=True).beat(10), []),
        "once they are unmuted": (
            joined().person(5, "muted", "c", initial=True).beat(10).person(20, "unmuted", "c").beat(25), [(25, "c")]),
        "not of a coach": (joined().person(5, "coaching_started", "c", initial=True).beat(10), []),
        "not between two of the coached": (
            joined().person(5, "coaching_started", "c").person(9, "coaching_stopped", "c")
            .person(9, "coaching_started", "c").beat(20), []),
        "of a coach who stops": (
            joined().person(5, "coaching_started", "c").person(9, "coaching_stopped", "c").beat(20), [(20, "c")]),
        "not of the first two": (stream().beat(10), []),
        "not while nobody looks": (joined().add(5, "watch.interrupted").beat(20), []),
    }


def coaching():
    """Whom somebody coaches is any text of the provider's: it is one line, and nothing in it acts on a terminal."""
    hostile = "b\x1b[2J\u202e\n2026-11-23T10:00:00.250Z z coaches y"
    events = stream().person(5, "coaching_started", "a", call_sid_to_coach=hostile)
    events.person(6, "coaching_stopped", "a", call_sid_to_coach=None)
    run = subprocess.run([f"{EXAMPLES}/alerts/coaching.sh"], input="\n".join(events.lines), text=True, capture_output=True,
                         check=True)
    lines = run.stdout.splitlines()
    check(len(lines) == 2 and run.stdout.isascii() and "\x1b" not in run.stdout and lines[0].split()[2:4] ==
          ["coaches", "b??2J??2026-11-23T10:00:00.250Z?z?coaches?y"], "coaching: no text of others gets through", lines)
    check(lines[1].endswith("a no longer coaches somebody who is not named"), "coaching: nobody is named", lines)
    handed = subprocess.run([f"{EXAMPLES}/alerts/coaching.sh", "printf", "ALERT %s\\n"], input="\n".join(events.lines),
                            text=True, capture_output=True, check=True)
    check(handed.stdout.splitlines() == [f"ALERT {line}" for line in lines], "coaching: a command gets each alert", handed)


coaching()
for name, cases in {"alone": alone(), "on-hold": on_hold(), "third-party": third_party()}.items():
    for what, (events, expected) in cases.items():
        found = told(name, events)
        check(found == expected, f"{name}: {what}", found)

steps = [dict(at_ms=1500, who="agent", do="leave"), dict(at_ms=7000, do="end")]
with simulated(rollcall, people=["agent", "caller"], steps=steps) as space:
    watch = subprocess.Popen([rollcall, "watch", "--name", "examples", "--interval", "200ms", "--heartbeat", "1s"],
                             env=environment(space), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    alerts = subprocess.run([f"{EXAMPLES}/alerts/alone.sh", "2"], stdin=watch.stdout, capture_output=True, text=True)
    check(watch.wait() == 0 and alerts.stdout.count(" is alone since ") == 1, "alone: one alert of a live conference",
          alerts)
