#!/usr/bin/env python3
"""Filters events in every way, and compares what arrives with the filtered history.

Usage: filters.py PATH-OF-ROLLCALL
Standard library only.
"""

import fnmatch, json, os, subprocess, sys, tempfile, threading
from kit import loopback
from kit.simulated_space import SimulatedSpace
from kit.verdict import check

rollcall = os.path.realpath(sys.argv[1])
PATIENCE = 60
# The demo's steps, but so slow that every watch starts before them, and that even a busy machine polls between any two.
BEGIN, STEP = 4000, 1200  # milliseconds
STEPS = [
    dict(who="supervisor", do="join", muted=True), dict(who="caller", do="hold"), dict(who="supervisor", do="unmute"),
    dict(who="supervisor", do="coach", target="agent"), dict(who="caller", do="unhold"), dict(who="specialist", do="join"),
    dict(who="supervisor", do="coach", target="specialist"), dict(who="caller", do="mute"), dict(who="caller", do="unmute"),
    dict(who="agent", do="stay-on-exit"), dict(who="supervisor", do="stop-coaching"), dict(who="supervisor", do="leave"),
    dict(who="agent", do="leave"), dict(do="end"),
]
SCENARIO = dict(rooms=[dict(
    friendly_name="room", people=[dict(name="agent", end_on_exit=True), dict(name="caller")],
    steps=[step | dict(at_ms=BEGIN + STEP * number) for number, step in enumerate(STEPS)])])


class Receiver:
    """Keeps what is posted to each path; some paths accept nothing until they are opened."""

    def __init__(self, closed=()):
        self.got, self.closed, self.lock = {}, set(closed), threading.Lock()
        receiver = self

        class Handler(loopback.Handler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.lock:
                    taken = self.path not in receiver.closed
                    if taken:
                        receiver.got.setdefault(self.path, []).append((json.loads(body), self.headers["rollcall-previous-id"]))
                self.answer(204 if taken else 503)

        self.server = loopback.serve(Handler)

    def url(self, path):
        return f"http://127.0.0.1:{self.server.server_port}{path}"


def passes(event, events=("*",), calls=None, fields=None):
    """The rules of filters, as documented."""
    matching = [glob for glob in events if fnmatch.fnmatchcase(event["type"], glob.lstrip("!"))]
    if (matching or [events[0][0] == "!" and "*" or "!"])[-1][0] == "!":
        return False
    if "call_sid" not in event:
        return True
    if calls and event["call_sid"] not in calls and event.get("call_sid_to_coach") not in calls:
        return False
    return not fields or any(field in event.get("changes", {}) for field in fields)


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def content(event):
    """Returns what an event reports, without what depends on its stream."""
    return event["type"], event.get("call_sid"), json.dumps(event.get("changes"))


class Space(SimulatedSpace):
    """A simulated space with runs of the command."""

    def run(self, *arguments):
        return subprocess.run([rollcall, *arguments], env=self.environment, capture_output=True, text=True, timeout=PATIENCE)

    def watch(self, *arguments):
        command = [rollcall, "watch", self.sid, "--interval", "250ms", *arguments]
        return subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process):
    out, errors = process.communicate(timeout=PATIENCE)
    check(process.returncode == 0, "the watch ends with status 0", errors)
    return out


def chain(name, got, wanted):
    """Checks that a webhook got the right events, and that each names the previous one in its lane."""
    check([event for event, _ in got if "conference_sid" in event] == [event for event in wanted if "conference_sid" in event],
          f"{name} gets exactly the events that its filter accepts", ([e["type"] for e, _ in got], [e["type"] for e in wanted]))
    check(sorted(event["sequence"] for event, _ in got) == [event["sequence"] for event in wanted], f"{name} gets each event once")
    last, wrong = {}, []
    for event, previous in got:
        lane = event.get("conference_sid")
        if previous != last.get(lane):
            wrong.append((event["type"], previous, last))
        last[lane] = event["id"]
    check(not wrong, f"{name}: each event names the previous one in its lane", wrong)


def main():
    with Space(rollcall, SCENARIO) as space, tempfile.TemporaryDirectory() as folder:
        agent, caller = [row["call_sid"] for row in lines(space.run("list", space.sid, "--format", "ndjson").stdout)][:2]
        filters = {
            "agent": dict(calls=[agent]),
            "moved": dict(fields=["hold", "coaching"]),
            "exits": dict(events=["participant.*", "conference.ended"], fields=["end_conference_on_exit", "label"]),
            "late": dict(events=["!watch.*", "watch.resumed"], calls=[agent, caller], fields=["hold", "muted", "coaching"]),
        }
        receiver, state, targets = Receiver(closed=["/late"]), f"{folder}/state.db", f"{folder}/targets.json"
        keys = dict(events="events", calls="calls", fields="only_changes_of")
        with open(os.open(targets, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            json.dump([{"name": name, "url": receiver.url(f"/{name}")} | {keys[key]: value for key, value in one.items()}
                       for name, one in filters.items()], file)
        kept = ["--state", state, "--targets", targets, "--webhook", receiver.url("/plain"), "--only-changes-of", "hold,coaching"]
        others = {
            "!watch.*": (["--events", "!watch.*"], dict(events=["!watch.*"])),
            "two calls": (["--call", agent, "--call", caller], dict(calls=[agent, caller])),
            "rows": (["--events", "participant.*", "--only-changes-of", "muted", "--format", "text"], None),
        }
        running = {name: space.watch(*options) for name, (options, _) in others.items()}
        first = ended(space.watch(*kept, "--for", "8s"))
        receiver.closed.clear()
        second = ended(space.watch(*kept))
        texts = {name: ended(process) for name, process in running.items()}

        history = lines(space.run("events", "--state", state).stdout)
        check([event["sequence"] for event in history] == list(range(1, len(history) + 1)), "the history is complete")
        changed = [event for event in history if passes(event, fields=["hold", "coaching"])]
        check(len(changed) < len(history) and {event["type"] for event in changed} >= {
            "participant.held", "participant.unheld", "participant.coaching_started", "participant.coaching_stopped", "watch.started",
            "conference.ended"}, "the history has events to include and events to exclude")
        check(lines(first + second) == changed, "standard output has the changes of these fields, and the events without a participant")
        for name, one in filters.items():
            chain(name, receiver.got[f"/{name}"], [event for event in history if passes(event, **one)])
        chain("a webhook of the command line", receiver.got["/plain"], changed)
        coached = [event for event, _ in receiver.got["/agent"] if event.get("call_sid") not in (agent, None)]
        check([event["type"] for event in coached] == ["participant.coaching_started", "participant.coaching_stopped"],
              "a target for a call gets the events of its coach")

        for options, one in (["--type", "!watch.*", "--call", agent], dict(events=["!watch.*"], calls=[agent])), (
                ["--type", "participant.*,!participant.held"], dict(events=["participant.*", "!participant.held"])):
            found = lines(space.run("events", "--state", state, *options).stdout)
            check(found == [event for event in history if passes(event, **one)], f"events {' '.join(options)} gives the filtered history")
        receiver.got.clear()
        again = space.run("resend", "--state", state, "--targets", targets, "--target", "exits", "--since", "1h")
        wanted = [event for event in history if passes(event, **filters["exits"])]
        check([event for event, _ in receiver.got["/exits"]] == wanted, "resend --since applies the target's own filter", again.stderr)
        check(f"{len(wanted)} events" in again.stderr, "resend --since counts only the events that the filter accepts", again.stderr)

        # These are separate streams, in which restarts are not reported.
        whole = [event for event in history if event.get("reason") not in ("restart", "duration") and event["type"] != "watch.stopped"]
        for name in ("!watch.*", "two calls"):
            got = [content(event) for event in lines(texts[name]) if event["type"] != "watch.stopped"]
            wanted = [content(event) for event in whole if passes(event, **others[name][1])]
            check(sorted(map(str, got)) == sorted(map(str, wanted)), f"a watch with the filter {name} emits the filtered events", (got, wanted))
        rows = texts["rows"].splitlines()
        wanted = [event for event in history if passes(event, ["participant.*"], fields=["muted"])]
        check(len([row for row in rows if "muted" in row]) == len(wanted) and not any("joined" in row for row in rows),
              "rows of text are filtered like lines of JSON", rows)


main()
