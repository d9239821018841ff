#!/usr/bin/env python3
"""Runs `check --for` against normal, odd and wrong spaces over TLS, and checks what it reports about each.

Usage: survey.py PATH-OF-ROLLCALL [-v]      with -v, its reports are printed
Needs nginx and openssl.
"""

import gzip, json, os, shutil, signal, sys, tempfile, time
from email.utils import formatdate
from pathlib import Path
from kit.authority import NAMES, Authority
from kit.command_run import Run, run
from kit.fake_space import Space
from kit.nginx import SID, Front, person
from kit.raw_server import HostileSpace, as_json, reply
from kit.verdict import check

WIDTH = 80
rollcall = os.path.realpath(sys.argv[1])


class OddSpace(HostileSpace):
    """Answers requests for lists with the results of `body` and `headers` for the request's number and the good reply."""

    def __init__(self, context, headers=lambda number: [], body=None, status=lambda number: 200, people=5):
        self.number = 0

        def odd(request, code, value):
            self.number += 1
            content = body(self.number, value) if body else as_json(value)
            return request.send(reply(status(self.number), content, *headers(self.number)))

        super().__init__(people, odd, context=context)
        self.attacking = True


def ways(context):
    """Yields each odd space with the expected exit code and findings."""
    dated = lambda number: [f"Date: {formatdate(usegmt=True)}"]
    zipped = ["Content-Encoding: gzip"]

    def restless(number, value):
        value["participants"][0]["muted"] = number > 4
        return as_json(value)

    def capped(number, value):
        page = number % 3  # the first of two pages, the second one, and the first one again
        rows = value["participants"]
        half = rows[:3] if page != 2 else rows[3:]
        path = value["uri"] + "?PageToken=PA1"
        return as_json(dict(value, participants=half, page_size=3, next_page_uri=path if page != 2 else None))

    return {
        "a tag that lies": (OddSpace(context, lambda n: dated(n) + ['ETag: "same"'], restless), 0, {
            "etag": "wrong: "}),
        "no date": (OddSpace(context), 0, {"clock": "no Date header"}),
        "gzip that differs": (OddSpace(
            context, lambda n: zipped, lambda n, value: gzip.compress(as_json(value), n % 9 + 1)), 0, {
            "gzip": "not repeatable"}),
        "gzip that differs in its time": (OddSpace(
            context, lambda n: zipped, lambda n, value: gzip.compress(as_json(value), mtime=n)), 0, {
            "gzip": "repeatable"}),
        "gzip that is not": (OddSpace(context, lambda n: zipped), 69, {"interval": "no advice", "failures": "gzip"}),
        "gzip that is not, now and then": (OddSpace(
            context, lambda n: zipped, lambda n, value: as_json(value) if n % 5 == 0 else gzip.compress(as_json(value), mtime=0)),
            0, {"failures": "gzip", "gzip": "repeatable"}),
        "a tag of 100 kB": (OddSpace(context, lambda n: [f'ETag: "{"x" * 100_000}"']), 69, {
            "interval": "no advice", "failures": "header"}),
        "a tag of 10 kB": (OddSpace(context, lambda n: [f'ETag: "{"x" * 10_000}"']), 0, {"etag": "not usable"}),
        "limits": (OddSpace(
            context, lambda n: ["X-RateLimit-Limit: 100", f"X-RateLimit-Remaining: {100 - n}"] + ["Retry-After: 1"] * (n == 5),
            status=lambda n: 429 if n == 5 else 200), 0, {
            "limits": "x-ratelimit-limit: 100"}),
        "two limits": (OddSpace(
            context, lambda n: ["X-RateLimit-Limit: 3000", "X-RateLimit-Remaining: 2990", "X-RateLimit-Burst-Limit: 20",
                                "X-RateLimit-Burst-Remaining: 19"]), 0, {
            "limits": "at least 19 remained"}),
        "a page size without end": (OddSpace(
            context, body=lambda n, value: as_json(dict(value, page_size=2**63 - 1))), 0, {
            "page_size": f"1000 asked for, {2**63 - 1} given"}),
        "a needless link": (OddSpace(
            context, body=lambda n, value: as_json(
                dict(value, page_size=50, next_page_uri=value["uri"] + "?PageToken=PA1"))), 0, {
            "page_size": "1000 asked for, 50 given"}),
        "a token that is refused later": (OddSpace(context, status=lambda n: 200 if n < 5 else 401), 77, {
            "failures": "refused the token"}),
        "another page size": (OddSpace(context, body=capped), 0, {"page_size": "1000 asked for, 3 given"}),
    }


def findings(process):
    return {found["topic"]: found for found in json.loads(bytes(process.out))["findings"]}


def show(name, process):
    if "-v" in sys.argv:
        print(f"--- {name}\n{process.out.decode()}{process.err.decode()}", flush=True)


def is_discreet(process, sid):
    """Whether the report contains no sid of a conference or a call, no token and no telephone number."""
    return not any(word in bytes(process.out).decode() for word in (sid, "call-00", "PT-secret", "11111111-"))


def look(sid, authority, *more):
    return ["check", sid, "--ca-file", f"{authority.folder}/ca.pem", "--for", "3s", "--interval", "200ms", *more]


def odd_spaces(authority):
    for name, (space, code, expected) in ways(authority.server("server")).items():
        process = run(rollcall, look(space.sid, authority, "--format", "json"), origin=space.origin)
        space.stop()
        show(name, process)
        check(process.code == code, f"{name}: the exit code is {code}", (process.code, process.errors))
        found = findings(process)
        for topic, words in expected.items():
            check(topic in found and words in found[topic]["fact"], f"{name}: {topic} says {words!r}", found.get(topic))
        check(is_discreet(process, space.sid), f"{name}: the output contains no personal data and no token")
        # Only replies to requests for lists have a date here, if any do.
        failures = [line for line in process.errors if "the replies of the space have no Date header" not in line]
        check(bool(failures) == (code != 0), f"{name}: standard error has lines only if checks fail", failures)


def good_front(home, authority):
    """Surveys a list behind nginx, with HTTP/2, gzip and tags; Ctrl-C ends a survey early."""
    (home / "front").mkdir()
    front = Front(home / "front", f"{authority.folder}/server.pem", f"{authority.folder}/server.key", SID)
    # The check of the account requests the conferences.
    Front.save(front.folder / "www/api/laml/2010-04-01/Accounts/11111111-1111-4111-8111-111111111111/Conferences.json",
               dict(conferences=[]))
    try:
        people = [person(number) for number in range(30)]
        front.list(people)
        process = Run(rollcall, look(SID, authority), origin=front.origin)
        process.until(lambda _: len(front.requests) > 6)
        front.list([person(0, muted=True, date_updated="Mon, 23 Nov 2026 09:00:09 +0000")] + people[1:])
        check(process.wait() == 0 and not process.errors, "nginx: the survey ends with status 0", process.errors)
        show("nginx", process)
        text = process.out.decode()
        for line in ("http          HTTP/2", "gzip          repeatable", "etag          honoured (weak)", "date updated  moved with 1 of 1",
                     "page size     1000, as asked for", "interval      --interval 1s"):
            check(f"\n{line}" in text, f"nginx: the report contains {line!r}", text)
        own = text[text.index("What SignalWire offers"):]
        check(all(len(line) <= WIDTH for line in own.splitlines()), f"nginx: no line is wider than {WIDTH}")
        interrupted(front, authority)
    finally:
        front.stop()


def interrupted(front, authority):
    begun, before = time.monotonic(), len(front.requests)
    process = Run(rollcall, look(SID, authority, "--format", "json")[:-6] + ["--for", "1h", "--format", "json"], origin=front.origin)
    check(process.until(lambda _: len(front.requests) >= before + 4), "Ctrl-C: the survey reads lists")
    process.process.send_signal(signal.SIGINT)
    check(process.wait() == 0 and not process.errors, "Ctrl-C: the survey ends with status 0", process.errors)
    report = json.loads(bytes(process.out))
    check(report["ended"] == "interrupted" and report["lists"]["complete"] >= 2, "Ctrl-C: the findings are printed", report)
    check(time.monotonic() - begun < 20, "Ctrl-C: the survey ends at once")


def interrupted_before(number):
    """A signal before the survey ends the command without output."""
    space = Space()
    space.delay = 5
    process = Run(rollcall, ["check", space.sids[0], "--for", "1h"], space)
    # The request has been sent by then or not; the outcome is the same.
    time.sleep(1)
    process.process.send_signal(number)
    check(process.wait(4) == 128 + number, f"{number.name}: checks before a survey end with the signal's exit code", process.errors)
    check(not process.out and not process.errors, f"{number.name}: an interrupted check prints nothing", (process.out, process.err))


def main():
    home = Path(tempfile.mkdtemp())
    # nginx's workers drop their privileges.
    home.chmod(0o755)
    try:
        (home / "ca").mkdir()
        authority = Authority(str(home / "ca"))
        authority.sign("server", NAMES)
        good_front(home, authority)
        for number in (signal.SIGINT, signal.SIGTERM):
            interrupted_before(number)
        odd_spaces(authority)
    finally:
        shutil.rmtree(home)


main()
