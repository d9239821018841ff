#!/usr/bin/env python3
"""Makes next-page links and redirects lead elsewhere: neither a second listener nor another path may be requested.

Usage: hostile_links.py PATH-OF-ROLLCALL
"""

import json, os, sys, urllib.request
from kit.command_run import Run
from kit.fake_space import PROJECT, Space
from kit.link_forms import forms
from kit.raw_server import ALLOWED, RawServer, as_json, peak, reply
from kit.verdict import end

rollcall = os.path.realpath(sys.argv[1])
elsewhere = RawServer(lambda request: request.send(reply(200, b'{"participants":[]}')))
elsewhere6 = RawServer(elsewhere.answer, host="::1")
POLLS = 3  # the minimum number of lists that show each form


def headers(other):
    """The headers of replies that would lead elsewhere if they were followed."""
    target = f"http://{other}/x"
    for status in (300, 301, 302, 303, 305, 307, 308, 200, 201, 407, 421, 503):
        yield status, [f"Location: {target}"]
    yield 302, [f"Location: //{other}/x", "Location: /x"]
    yield 301, [f"Location: {other}/x"]
    yield 302, ["Location: file:///etc/passwd"]
    for line in (f"Refresh: 0; url={target}", f"Alt-Svc: http/1.1=\"{other}\"; ma=3600", f"Alt-Svc: h2=\"{other}\"", f"Link: <{target}>; rel=next",
                 f"Content-Location: {target}", "Connection: Upgrade\r\nUpgrade: h2c", f"Set-Cookie: a={target}", f"Proxy: {target}",
                 f"Digest: {target}", "Strict-Transport-Security: max-age=9", f"Public-Key-Pins: {target}", f"Warning: 199 {target}"):
        yield 500, [line]


space = Space(people=2)
space.server.shutdown()
sample = space.sids[0]
rows = [dict(space.rooms[sample][call]) for call in sorted(space.rooms[sample])]
stray, links, asked, lists = [], {}, {}, {}
phase = dict(attack=False, healed=False)


def answer(request):
    sid = request.path.split("/Conferences/")[-1].split("/")[0]
    wanted = f"/api/laml/2010-04-01/Accounts/{PROJECT}/Conferences/{sid}"
    if sid not in links or request.path not in (wanted, wanted + "/Participants"):
        stray.append(request.target)
        return request.send(reply(404, b'{"code":20404,"message":"no","status":404}'))
    people = [row | dict(conference_sid=sid, muted=phase["healed"]) for row in rows]
    if request.path == wanted:
        return request.send(reply(200, as_json(dict(sid=sid, account_sid=PROJECT, friendly_name="", status="in-progress"))))
    if "PageToken" in request.query:
        asked.setdefault(sid, []).append(request.query)
        # A page that must not be requested: with it, both participants would leave and another one would join.
        return request.send(reply(200, as_json(dict(participants=[people[0] | dict(call_sid="invented")], next_page_uri=None))))
    link, extra = None, []
    if phase["attack"]:
        lists[sid] = lists.get(sid, 0) + 1
        link, extra = links[sid] if isinstance(links[sid], tuple) else (links[sid], [])
        people = people[:1]
    if isinstance(link, int):
        people = people if link != 200 else [row | dict(conference_sid=sid, muted=False) for row in rows]
        return request.send(reply(link, as_json(dict(participants=people)), *extra))
    return request.send(reply(200, as_json(dict(participants=people, next_page_uri=link))))


def watch(values, recovers=True):
    """Serves each conference its own value and then valid lists; returns events, exit code, peak memory and lists shown."""
    links.clear(), asked.clear(), lists.clear()
    links.update({f"00000000-0000-4000-8000-{number:012d}": value for number, value in enumerate(values)})
    phase.update(attack=False, healed=False)
    run = Run(rollcall, ["watch", *links, "--interval", "100ms", "--confirm-left", "none"], origin=server.origin)
    if not run.until(lambda run: run.out.count(b'"watch.started"') == len(links), 60):
        raise SystemExit(f"FAILED: only {run.out.count(b'watch.started')} of {len(links)} conferences started: {run.errors[-1:]}")
    phase["attack"] = True
    run.until(lambda _: len(lists) == len(links) and min(lists.values()) >= POLLS, 60)
    shown = sum(lists.values())
    phase.update(attack=False, healed=True)
    if recovers:
        run.until(lambda run: run.out.count(b'"participant.muted"') >= 2 * len(links), 90)
    memory, _ = peak(run.process)
    code = run.stop()
    events = [json.loads(line) for line in run.lines]
    return events, code, memory, shown


server = RawServer(answer)
own, other = f"127.0.0.1:{server.port}", f"127.0.0.1:{elsewhere.port}"
path = f"/api/laml/2010-04-01/Accounts/{PROJECT}/Conferences/SID/Participants"
faults = []

# Checks that a followed link is noticed and that a valid link is followed; otherwise the rest would prove nothing.
urllib.request.urlopen(f"http://{other}/control").read()
if len(elsewhere.requests) != 1:
    faults.append("the second listener did not notice a followed link")
elsewhere.connections = 0
good = "/api/laml/2010-04-01/Accounts/{0}/Conferences/00000000-0000-4000-8000-000000000000/Participants{1}?PageToken=PA1"
for value in (good.format(PROJECT, ""), good.format(PROJECT, ".json"), f"http://{own}" + good.format(PROJECT, ""),
              good.format(PROJECT, "").replace("/api/laml", "")):
    events, _, _, _ = watch([value], recovers=False)
    if not asked or "participant.left" not in [event["type"] for event in events]:
        faults.append(f"a valid link was not followed: {value}")


def attack(what, values):
    events, code, memory, shown = watch(values)
    names = dict(links)
    invented = [event for event in events if event["type"] not in ALLOWED | {"participant.muted"}]
    faults.extend(f"{names[event['conference_sid']]!r}: {event['type']} was invented" for event in invented)
    faults.extend(f"{names[sid]!r}: the page was requested: {queries[0]}" for sid, queries in asked.items())
    healed = {event["conference_sid"] for event in events if event["type"] == "participant.muted"}
    faults.extend(f"{names[sid]!r}: the conference did not recover" for sid in names.keys() - healed)
    if code or memory > 64:
        faults.append(f"exit {code}, {memory:.0f} MiB resident")
    told.append(f"{len(values)} {what} shown {shown} times, {len(invented)} events invented, {memory:.1f} MiB")


told = []
all_links = [form.replace("SID", f"00000000-0000-4000-8000-{number:012d}") for number, form in enumerate(
    dict.fromkeys(forms(own, path, other, elsewhere6.port)))]
all_links = [form for form in all_links if form]
attack("links", all_links)
attack("redirects", list(headers(other)))
seen = elsewhere.connections + elsewhere6.connections
if seen:
    faults.append(f"the second listener got a request: {[request.head for request in elsewhere.requests[1:4]]}")
if stray:
    faults.append(f"other paths were requested: {stray[:5]}")
end(f"links: {'; '.join(told)}; {seen} connections at the other listeners, {len(stray)} to other paths", faults)
