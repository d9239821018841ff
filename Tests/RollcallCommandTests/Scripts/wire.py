#!/usr/bin/env python3
"""Watches a list behind nginx, over TLS and HTTP/2: with gzip and ETag, with only one of them, and with wrong tags.

Usage: wire.py PATH-OF-ROLLCALL
"""

import os, shutil, sys, tempfile, time
from pathlib import Path
from kit.authority import NAMES, Authority
from kit.command_run import Run
from kit.nginx import SID, Front, person
from kit.verdict import check

rollcall = os.path.realpath(sys.argv[1])


def watch(front, authority):
    return Run(rollcall, ["watch", SID, "--interval", "100ms", "--ca-file", f"{authority.folder}/ca.pem"],
               origin=front.origin)


def play(front, authority, name):
    """Mutes a participant and adds another, each after a poll has seen the change before; returns the requests."""
    people = [person(number) for number in range(200)]
    front.list(people)
    run = watch(front, authority)
    check(run.until(lambda run: "watch.started" in run.types), f"{name}: the watch begins", run.err)
    calm = len(front.requests)
    check(run.until(lambda run: len(front.requests) >= calm + 5), f"{name}: polls continue", run.err)
    front.list([person(0, muted=True)] + people[1:])
    check(run.until(lambda run: "participant.muted" in run.types), f"{name}: a change is reported", run.err)
    front.list([person(0, muted=True)] + people[1:] + [person(200)])
    check(run.until(lambda run: "participant.joined" in run.types), f"{name}: a join is reported", run.err)
    check(run.stop() == 0 and not run.errors, f"{name}: the watch ends", run.err)
    check(run.types.count("participant.present") == 200 and "participant.left" not in run.types,
          f"{name}: no other event is emitted", run.types)
    return front.requests


def serve(home, authority, name, options):
    folder = home / name.replace(" ", "-")
    folder.mkdir()
    return Front(folder, f"{authority.folder}/server.pem", f"{authority.folder}/server.key", SID, options)


def plays(home, authority, name, options, **expected):
    front = serve(home, authority, name, options)
    try:
        requests = play(front, authority, name)
        check({each["protocol"] for each in requests} == {"HTTP/2.0"}, f"{name}: all requests use HTTP/2")
        check(({each["status"] for each in requests} == {200, 304}) == expected["tags"], f"{name}: there are 304s exactly if there are tags")
        whole = [each for each in requests if each["status"] == 200]
        check(all((each["encoding"] == "gzip") == expected["gzip"] for each in whole), f"{name}: pages are compressed exactly if there is gzip")
        if expected["tags"]:
            check(len(whole) <= 4, f"{name}: only changed pages are sent", whole)
            check(all(each["bytes"] < 500 for each in requests if each["status"] == 304), f"{name}: a 304 is small")
    finally:
        front.stop()


def tags_that_lie(home, authority):
    """Two lists with the same size and the same time have the same tag at nginx."""
    front = serve(home, authority, "lies", "gzip on; etag on;")
    try:
        second = int(time.time()) - 100
        front.list([person(0, hold=True, muted=False)], second)
        run = watch(front, authority)
        check(run.until(lambda run: "watch.started" in run.types), "lies: the watch begins", run.err)
        front.list([person(0, hold=False, muted=True)], second)
        check(run.until(lambda run: "participant.muted" in run.types, 75), "lies: a change hidden by an equal tag is found within a minute", run.err)
        check(run.until(lambda run: run.errors), "lies: there is a warning", run.err)
        seen = len(front.requests)
        check(run.until(lambda run: len(front.requests) > seen + 5), "lies: polls continue")
        check(all(each["condition"] in ("", "-") for each in front.requests[seen + 1:]), "lies: no tag is used again")
        check(run.stop() == 0 and len(run.errors) == 1 and "ETag" in run.errors[0], "lies: one warning reports the tags", run.err)
    finally:
        front.stop()


def main():
    home = Path(tempfile.mkdtemp())
    # nginx's workers drop their privileges.
    home.chmod(0o755)
    try:
        (home / "ca").mkdir()
        authority = Authority(str(home / "ca"))
        authority.sign("server", NAMES)
        plays(home, authority, "tags and gzip", "gzip on; etag on;", tags=True, gzip=True)
        plays(home, authority, "tags", "gzip off; etag on;", tags=True, gzip=False)
        plays(home, authority, "gzip", "gzip on; etag off; if_modified_since off;", tags=False, gzip=True)
        plays(home, authority, "neither", "gzip off; etag off; if_modified_since off;", tags=False, gzip=False)
        tags_that_lie(home, authority)
    finally:
        shutil.rmtree(home)


main()
