#!/usr/bin/env python3
"""Lets a watch post to four chat services, and checks the messages against the services' rules.

Usage: chat_services.py PATH-OF-ROLLCALL

Needs PyPI slack_sdk.
"""

import json, os, pathlib, signal, sys, tempfile, time

from kit.chat_stub import Discord, Mattermost, Slack, Teams
from kit.command_run import Run, run
from kit.fake_space import PROJECT, TOKEN, Space
from kit.stream import rows
from kit.verdict import check

rollcall = os.path.realpath(sys.argv[1])
HOSTILE = "@everyone <!channel> [x](https://e.example) **b** `c` :s: {{DATE(2026)}}"
LONGEST = "@everyone`" * 12 + "@channel"  # 128 bytes
LIMITED = b'{"message": "You are being rate limited.", "retry_after": 1.2, "global": false}'
REFUSED = b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x"


def services(faulty=True):
    """Each service throttles its first message, and says in its own way when to retry."""
    if not faulty:
        return [Slack(), Discord(), Mattermost(), Teams()]
    return [Slack([(429, {"Retry-After": "2"}, b"rate_limited")]), Discord([(429, {}, LIMITED)]),
            Mattermost([(500, {}, b"{}")]), Teams([(200, {}, REFUSED)])]


def targets(path, stubs):
    entries = [{"name": type(stub).__name__.lower(), "format": type(stub).__name__.lower(), "url": stub.url} for stub in stubs]
    path.write_text(json.dumps(entries))
    path.chmod(0o600)
    return str(path)


def faults(stubs):
    return [fault for stub in stubs for fault in stub.faults]


def told(watch, stubs, text, seconds=30):
    """Waits until every service has a message with the text."""
    if not watch.until(lambda _: all(any(text in line for line in stub.lines) for stub in stubs) or faults(stubs), seconds):
        missing = [(type(stub).__name__, stub.messages[-2:]) for stub in stubs if not any(text in line for line in stub.lines)]
        check(False, f"every service got {text!r}", f"{missing} {watch.errors}")
    check(not faults(stubs), f"every service got {text!r} within its rules", faults(stubs)[:3])


def readable(folder):
    """A watch from its beginning to the end of the conference, with hostile names, rate limits and SIGHUP."""
    space, stubs = Space(people=2), services()
    sid = space.sids[0]
    names = folder / "names"
    names.write_text("# who sits where\ncall-000001 Anna\n00000000- Support & Co\n")
    watch = Run(rollcall, ["watch", sid, "--interval", "200ms", "--targets", targets(folder / "targets", stubs), "--names", str(names)], space)
    told(watch, stubs, "2 in the room when watching began: Anna, …0002")
    check(all(stub.refused == 1 for stub in stubs), "every service throttled the first message once and got it again")
    check(all(stub.messages[0].startswith("Support & Co · ") for stub in stubs),
          "a message is headed by the name of its conference", [stub.messages[0] for stub in stubs])
    with space.lock:
        coach = space.enter(sid, label="Coach")
        space.change(sid, coach, muted=True, coaching=True, call_sid_to_coach="call-000001")
    told(watch, stubs, "Coach joined, muted, coaching Anna · 3 in the room")
    with space.lock:
        space.change(sid, coach, muted=False, coaching=False, call_sid_to_coach=None)
        space.change(sid, "call-000001", hold=True)
        space.leave(sid, "call-000002")
    told(watch, stubs, "Call …0002 left · 2 in the room")
    check(all(len(stub.messages) == 3 for stub in stubs), "each poll is one message", [len(stub.messages) for stub in stubs])
    check(all("Anna was put on hold" in stub.messages[2] and "Coach stopped coaching Anna after" in stub.messages[2] for stub in stubs),
          "a message contains all events of its poll")
    renewed(watch, space, stubs, names)
    with space.lock:
        for label in (HOSTILE, LONGEST, "\ud83d x \u202e\u200b\x00\x85"):
            space.enter(sid, label=label)
    told(watch, stubs, "\ufffd x \\u{202E}\\u{200B}\\u{0}\\u{85} joined")
    for name in (HOSTILE, LONGEST):
        check(all(any(f"{name[:48]}… joined" in line for line in stub.lines) for stub in stubs), "hostile names are shown as they are",
              [stub.messages[-1] for stub in stubs])
    with space.lock:
        crowd = [space.enter(sid, label=f"{LONGEST[:100]}{number}") for number in range(1000)]
    told(watch, stubs, " more · 1005 in the room")
    count = [len(stub.messages) for stub in stubs]
    with space.lock:
        for call in crowd:
            space.leave(sid, call)
        space.end(sid)
    told(watch, stubs, " more · the conference ended", 60)
    watch.wait()
    check([len(stub.messages) for stub in stubs] == [number + 1 for number in count], "a thousand departures are one message", count)
    check(not faults(stubs), "no message broke the rules of its service", faults(stubs)[:3])


def renewed(watch, space, stubs, names):
    sid = space.sids[0]
    names.write_text("call-000001\n")
    watch.process.send_signal(signal.SIGHUP)
    line = "line 1 of the file of --names has no name; give a key, a space and a name"
    check(watch.until(lambda _: any(line in error for error in watch.errors)), "an invalid file of names is reported", watch.errors)
    with space.lock:
        space.change(sid, "call-000001", muted=True)
    told(watch, stubs, "Anna was muted")
    names.write_text('{"call-000001": "Bea", "00000000-": "Support"}')
    watch.process.send_signal(signal.SIGHUP)
    watch.until(lambda _: sum("reloading" in error for error in watch.errors) >= 2)
    time.sleep(0.3)
    with space.lock:
        space.change(sid, "call-000001", muted=False)
    told(watch, stubs, "Bea was unmuted after")


def gone(folder):
    """A refused webhook gets nothing more in the run, and its events become dead letters that can be resent."""
    space, state = Space(people=3), f"{folder}/state"
    hook = Slack([(404, {}, b"no_service")] * 9)
    watch = Run(rollcall, ["watch", space.sids[0], "--interval", "200ms", "--state", state, "--webhook", hook.url, "--webhook-format", "slack"], space)
    check(watch.until(lambda _: any("answered 404: no_service; it gets no more events in this run" in line for line in watch.errors)), "a 404 turns a webhook off", watch.errors)
    watch.until(lambda _: "watch.started" in watch.types)
    check(watch.stop() == 0 and len(hook.moments) == 1, "the webhook gets no further request", hook.moments)
    letters = rows(state, "SELECT count(*) FROM dead_letter")[0][0]
    check(letters == 3, "the events that the webhook missed are dead letters, except those that chat leaves out", letters)
    hook.answers, hook.moments = [], []
    again = run(rollcall, ["resend", "--state", state, "--dead-letters", "--webhook", hook.url, "--webhook-format", "slack"])
    check(again.code == 0 and len(hook.messages) == 3, "the dead letters are resent, one message each", again.errors)
    check(not hook.faults, "the resent messages are within the rules", hook.faults)


def checked(folder):
    stubs = services(faulty=False)
    result = run(rollcall, ["check", "--targets", targets(folder / "checked", stubs)], origin="http://127.0.0.1:9", token=TOKEN, project=PROJECT)
    check(all(stub.lines == ["• This is a test by rollcall check; nothing has happened"] for stub in stubs), "check sends a test message to each service",
          [stub.messages for stub in stubs])
    check(sum("to a greeting" in line.decode() for line in result.lines) == 4 and not faults(stubs), "the test messages are within the rules", faults(stubs))


def mistaken(folder):
    """Every mistake is reported in one line."""
    (folder / "bad").write_bytes(b"aaaa A\n\xff B\n")
    hook = ["--webhook", "https://h.example/x", "--webhook-format", "slack"]
    for arguments, code, line in (
            (["--names", "/nowhere", *hook], 66, "the file of --names, \"/nowhere\", cannot be opened (No such file or directory); give a file that exists"),
            (["--names", str(folder / "bad"), *hook], 78, "line 2 of the file of --names is not UTF-8; save the file as UTF-8"),
            (["--names", str(folder / "bad")], 64, "--names has no effect: nothing shows names; give --format text, --live, --targets FILE or a webhook for chat; --enrich records addresses for later"),
            (["--webhook-secret-file", "x", *hook], 64, "--webhook-secret-file has no effect: slack messages are not signed; leave it out")):
        result = run(rollcall, ["watch", "c", *arguments], origin="http://127.0.0.1:9")
        check((result.code, result.errors) == (code, [f"rollcall: {line}"]), line, (result.code, result.errors))


with tempfile.TemporaryDirectory() as name:
    for part in (mistaken, checked, gone, readable):
        part(pathlib.Path(name))
