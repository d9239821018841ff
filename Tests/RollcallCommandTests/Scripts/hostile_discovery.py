#!/usr/bin/env python3
"""Puts next-page links that lead elsewhere into the list of conferences: no other server may be requested, and nothing may end.

Usage: hostile_discovery.py PATH-OF-ROLLCALL
"""

import json, os, sys, threading
from kit.command_run import Run
from kit.fake_space import PROJECT
from kit.link_forms import forms
from kit.raw_server import RawServer, as_json, peak, reply
from kit.verdict import end, side_by_side

rollcall = os.path.realpath(sys.argv[1])
PROCESSES = 24
LIST = f"/api/laml/2010-04-01/Accounts/{PROJECT}/Conferences"
elsewhere = RawServer(lambda request: request.send(reply(200, b'{"conferences":[]}')))
elsewhere6 = RawServer(elsewhere.answer, host="::1")
other = f"127.0.0.1:{elsewhere.port}"


def conference(sid):
    return dict(sid=sid, account_sid=PROJECT, friendly_name="room", status="in-progress")


class Lister:
    """A space whose lists have one link after another, with good lists in between."""

    def __init__(self, links=()):
        self.lock, self.links, self.stray, self.followed = threading.Lock(), list(links), [], []
        self.shown, self.looks, self.is_over = 0, 0, False
        self.server = RawServer(self.answer)
        self.own = f"127.0.0.1:{self.server.port}"

    def answer(self, request):
        with self.lock:
            body = self.body(request)
        if body is None:
            self.stray.append(request.target)
            return request.send(reply(404, b'{"code":20404,"message":"no","status":404}'))
        return request.send(reply(200, as_json(body)))

    def body(self, request):
        sid = request.path.removeprefix(LIST + "/").split("/")[0]
        if request.path == f"{LIST}/{sid}" and sid in ("one", "last"):
            return conference(sid)
        if request.path == f"{LIST}/{sid}/Participants" and sid in ("one", "last", "linked"):
            row = dict(account_sid=PROJECT, call_sid=f"{sid}-1", conference_sid=sid, muted=False, hold=False, status="in-progress")
            return dict(participants=[row], next_page_uri=None)
        if request.path != LIST:
            return None
        if "PageToken" in request.query:
            self.followed.append(request.target)
            return dict(conferences=[conference("linked")], next_page_uri=None)
        if "Status=init" in request.query:
            return dict(conferences=[], next_page_uri=None)
        self.looks += 1
        if self.is_over:
            return dict(conferences=[conference("one"), conference("last")], next_page_uri=None)
        # Every other list is good, so that the pauses between lists do not grow.
        if self.looks % 2 or self.shown == len(self.links):
            return dict(conferences=[conference("one")], next_page_uri=None)
        self.shown += 1
        return dict(conferences=[], next_page_uri=self.links[self.shown - 1])

    def watch(self, until):
        run = Run(rollcall, ["watch", "--all", "--interval", "1s", "--discovery-interval", "1s",
                             "--max-requests-per-second", "1000"], origin=self.server.origin)
        run.until(lambda run: until(run) or run.process.poll() is not None, 240)
        return run


def attacked(links):
    lister = Lister()
    lister.links = [link.replace("OWN", lister.own) for link in links]
    run = lister.watch(lambda run: lister.shown == len(links))
    lister.is_over = True
    recovers = run.until(lambda run: b'"conference_sid":"last"' in run.out, 90)
    memory = peak(run.process)[0] if run.process.poll() is None else 0
    code = run.stop()
    types = {(event["type"], event.get("conference_sid")) for event in map(json.loads, run.lines)}
    allowed = {("watch.started", "one"), ("participant.present", "one"), ("participant.joined", "one"), ("conference.present", "one"),
               ("conference.started", "last"), ("watch.started", "last"), ("participant.joined", "last"), ("watch.stopped", None)}
    faults = [f"{each} was invented" for each in sorted(types - allowed, key=str)]
    faults += [f"another path was asked for: {target}" for target in lister.stray[:3]]
    faults += [f"a link was followed: {target}" for target in lister.followed[:3]]
    if lister.shown != len(links) or not recovers:
        faults.append(f"{lister.shown} of {len(links)} links were shown, recovered: {recovers}: {run.errors[-1:]}")
    if code or memory > 64:
        faults.append(f"exit {code}, {memory:.0f} MiB resident")
    return dict(faults=faults, shown=lister.shown, memory=memory)


faults = []
# A valid link is followed; otherwise the checks would prove nothing.
control = Lister([f"{LIST}?PageToken=PA1"])
run = control.watch(lambda run: b'"conference_sid":"linked"' in run.out)
if run.stop() or b'"conference_sid":"linked"' not in run.out:
    faults.append("a valid link was not followed")

# A path that leads from a list of participants to another list leads from this list to itself.
good = {f"{LIST}?PageToken=PA1", f"http://OWN{LIST}?PageToken=PA1"}
links = list(dict.fromkeys(form for form in forms("OWN", LIST, other, elsewhere6.port) if form and form not in good))
jobs = [(number, lambda part=links[number::PROCESSES]: attacked(part)) for number in range(PROCESSES)]
results = side_by_side(jobs, PROCESSES)
for number, result in sorted(results.items()):
    faults += result["faults"]
seen = elsewhere.connections + elsewhere6.connections
if seen:
    faults.append(f"the second listener got a request: {[request.head for request in elsewhere.requests[:3]]}")
end(f"discovery: {sum(result.get('shown', 0) for result in results.values())} of {len(links)} links in lists of conferences, "
    f"{seen} connections at the other listeners, at most {max(result.get('memory', 0) for result in results.values()):.1f} MiB",
    faults)
