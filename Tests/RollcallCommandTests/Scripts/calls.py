"""Runs of `rollcall watch --enrich` against simulated spaces: what is told of calls, and how often they are asked for.

Usage: calls.py PATH-OF-ROLLCALL. Standard library only.
"""

import json, os, sys, tempfile, urllib.request
from base64 import b64encode
from command_run import Run
from loopback import unused_port
from verdict import check, side_by_side

rollcall = os.path.realpath(sys.argv[1])
BASES = {"signalwire": "/api/laml/2010-04-01", "twilio": "/2010-04-01", "telnyx": "/v2/texml"}
PEOPLE = ["agent", "caller", "guest"]


class Simulated:
    """A space with one room of three people, in which nothing moves by itself."""

    def __init__(self, folder, provider, faults=()):
        self.provider = provider
        scenario = f"{folder}/{provider}-{'-'.join(faults)}.json"
        with open(scenario, "w") as file:
            json.dump(dict(faults=list(faults), rooms=[dict(friendly_name="room", people=[dict(name=n) for n in PEOPLE])]), file)
        self.run = Run(rollcall, ["simulate", "--scenario", scenario, "--provider", provider])
        self.run.until(lambda run: run.lines)
        self.space = json.loads(self.run.lines[0])
        self.sid = self.space["conferences"][0]["sid"]
        self.health = unused_port()

    def watch(self, *arguments):
        return Run(rollcall, ["watch", self.sid, "--provider", self.provider, "--interval", "200ms", "--health",
                              str(self.health), *arguments], project=self.space["project"], token=self.space["token"],
                   origin=self.space["origin"])

    def ask(self, path, form=None):
        project, token = self.space["project"], self.space["token"]
        basic = "Basic " + b64encode(f"{project}:{token}".encode()).decode()
        suffix = ".json" if self.provider == "twilio" else ""
        request = urllib.request.Request(
            f"{self.space['origin']}{BASES[self.provider]}/Accounts/{project}/{path}{suffix}",
            form, {"Authorization": f"Bearer {token}" if self.provider == "telnyx" else basic})
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)

    def questions(self):
        """Requests beside those of the polls: each list is one page, and nobody leaves."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.health}/metrics") as reply:
            said = dict(line.rsplit(" ", 1) for line in reply.read().decode().splitlines() if line[0] != "#")
        return int(said["rollcall_requests_total"]) - int(said["rollcall_polls_total"]), int(said["rollcall_polls_total"])

    def settled(self, polls):
        """How many questions there were after so many polls."""
        self.run.until(lambda _: self.questions()[1] >= polls)
        return self.questions()[0]


def events(run, *types):
    return [event for event in map(json.loads, run.lines) if event["type"] in types]


def keeps(folder, provider):
    """Calls are told, are the provider's, and are known to the next run."""
    space, faults = Simulated(folder, provider), []
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
            faults.append(f"{event} of {found}")
    if len(calls) != len(PEOPLE) or asked != len(PEOPLE):
        faults.append(f"{len(calls)} people, {asked} questions")
    second = space.watch(*arguments)
    second.until(lambda run: "watch.resumed" in run.types)
    sid = next(iter(calls))
    space.ask(f"Conferences/{space.sid}/Participants/{sid}", b"Muted=true")
    second.until(lambda run: "participant.muted" in run.types)
    asked = space.settled(5)
    second.stop()
    if asked != 0:
        faults.append(f"{asked} questions after a restart")
    muted = [event["participant"].get("call") for event in events(second, "participant.muted")]
    if muted != [calls[sid]]:
        faults.append(f"muted says {muted}, not {calls[sid]}")
    space.run.stop()
    return faults


def fails(fault, provider, least, most):
    """Nothing is told of calls, everything else is, and the questions have an end."""
    def watch(folder):
        space, faults = Simulated(folder, provider, [fault]), []
        run = space.watch("--enrich")
        run.until(lambda run: "watch.started" in run.types)
        asked = space.settled(8)
        run.stop()
        told = events(run, "participant.present")
        if len(told) != len(PEOPLE) or any("call" in event["participant"] for event in told):
            faults.append(f"told: {told}")
        if not least <= asked <= most:
            faults.append(f"{asked} questions")
        space.run.stop()
        return faults
    return watch


jobs = {f"calls at {provider}": lambda folder, provider=provider: keeps(folder, provider) for provider in BASES}
jobs |= {
    "calls that are unknown": fails("calls-404", "signalwire", 3, 3),
    "calls that may be known later": fails("calls-404", "telnyx", 9, 9),
    "calls that cannot be had": fails("calls-500", "twilio", 9, 9),
    "calls that are too late": fails("calls-slow", "signalwire", 9, 9),
}
with tempfile.TemporaryDirectory() as folder:
    results = side_by_side([(name, lambda job=job: job(folder)) for name, job in jobs.items()], 4)
for name in jobs:
    check(results[name] == [], name, results[name])
