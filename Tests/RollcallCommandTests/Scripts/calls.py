"""Runs `rollcall watch --enrich` against simulated spaces, and checks what is reported of calls and how often they are looked up.

Usage: calls.py PATH-OF-ROLLCALL. Standard library only.
"""

import json, os, sys, tempfile, urllib.request
from kit.command_run import Run
from kit.loopback import unused_port
from kit.simulated_space import BASES, SimulatedSpace
from kit.verdict import check, side_by_side
from kit.waiting import until

rollcall = os.path.realpath(sys.argv[1])
PEOPLE = ["agent", "caller", "guest"]


class Simulated(SimulatedSpace):
    """A space with one room of three people, in which nothing happens by itself."""

    def __init__(self, provider, faults=()):
        room = dict(friendly_name="room", people=[dict(name=name) for name in PEOPLE])
        super().__init__(rollcall, dict(faults=list(faults), rooms=[room]), provider)
        self.health = unused_port()

    def watch(self, *arguments):
        return Run(rollcall, ["watch", self.sid, "--provider", self.provider, "--interval", "200ms", "--health",
                              str(self.health), *arguments], project=self.project, token=self.token, origin=self.origin)

    def questions(self):
        """Returns the number of look-ups and of polls: each list is one page, and nobody leaves."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.health}/metrics") as reply:
            said = dict(line.rsplit(" ", 1) for line in reply.read().decode().splitlines() if line[0] != "#")
        return int(said["rollcall_requests_total"]) - int(said["rollcall_polls_total"]), int(said["rollcall_polls_total"])

    def settled(self, polls):
        """Waits for that many polls, and returns the number of look-ups so far."""
        if not until(lambda: self.questions()[1] >= polls):
            raise TimeoutError(f"expected {polls} polls, got (look-ups, polls) {self.questions()}")
        return self.questions()[0]


def events(run, *types):
    return [event for event in map(json.loads, run.lines) if event["type"] in types]


def keeps(folder, provider):
    """Events have the calls as the provider has them, and the next run does not look them up again."""
    space, faults = Simulated(provider), []
    arguments = ["--enrich", "--state", f"{folder}/{provider}.db"]
    first = space.watch(*arguments)
    first.until(lambda run: "watch.started" in run.types)
    asked = space.settled(5)
    first.stop()
    calls = {}
    for event in events(first, "participant.present"):
        found = space.ask(f"Calls/{event['call_sid']}")
        calls[event["call_sid"]] = {key: found[key] for key in ("from", "to", "direction")}
        if list(event["participant"])[-1] != "call" or event["participant"]["call"] != calls[event["call_sid"]]:
            faults.append(f"expected the call {found} in {event}")
    if len(calls) != len(PEOPLE) or asked != len(PEOPLE):
        faults.append(f"expected one look-up for each of {len(calls)} people, got {asked}")
    second = space.watch(*arguments)
    second.until(lambda run: "watch.resumed" in run.types)
    sid = next(iter(calls))
    space.change(sid, Muted="true")
    second.until(lambda run: "participant.muted" in run.types)
    asked = space.settled(5)
    second.stop()
    if asked != 0:
        faults.append(f"expected no look-up after a restart, got {asked}")
    muted = [event["participant"].get("call") for event in events(second, "participant.muted")]
    if muted != [calls[sid]]:
        faults.append(f"expected the call {calls[sid]} in participant.muted, got {muted}")
    space.stop()
    return faults


def fails(fault, provider, least, most):
    """Events have no calls but everything else, and the look-ups end."""
    def watch(folder):
        space, faults = Simulated(provider, [fault]), []
        run = space.watch("--enrich")
        run.until(lambda run: "watch.started" in run.types)
        asked = space.settled(8)
        run.stop()
        told = events(run, "participant.present")
        if len(told) != len(PEOPLE) or any("call" in event["participant"] for event in told):
            faults.append(f"expected one event without a call for each of {len(PEOPLE)} people, got {told}")
        if not least <= asked <= most:
            faults.append(f"{asked} questions")
        space.stop()
        return faults
    return watch


jobs = {f"calls at {provider}": lambda folder, provider=provider: keeps(folder, provider) for provider in BASES}
jobs |= {
    "calls that do not exist": fails("calls-404", "signalwire", 3, 3),
    "calls that may be known later": fails("calls-404", "telnyx", 9, 9),
    "calls that cannot be looked up": fails("calls-500", "twilio", 9, 9),
    "calls that are answered too late": fails("calls-slow", "signalwire", 9, 9),
}
with tempfile.TemporaryDirectory() as folder:
    results = side_by_side([(name, lambda job=job: job(folder)) for name, job in jobs.items()], 4)
for name in jobs:
    check(results[name] == [], name, results[name])
