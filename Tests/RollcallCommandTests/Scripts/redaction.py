"""Runs a watch that redacts, and searches for the redacted values in its output, at webhooks, in its log and in the state
file, which may contain them while the participant is in the room. Usage: redaction.py PATH-OF-ROLLCALL
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from kit.command_run import Run, run
from kit.fake_receiver import Receiver
from kit.fake_space import PROJECT, Space
from kit.stream import fold
from kit.verdict import check

ALL = "call_sid,label,account_sid,friendly_name,from,to"
HIDDEN = [PROJECT, "canary", "5550100", "5550199"]


def enter(space, name):
    """A participant with canaries in every field that a provider could put them into."""
    with space.lock:
        sid = space.sids[0]
        row = space.rooms[sid].pop(space.enter(sid))
        call = f"canary-call-{name}"
        row.update(call_sid=call, label=f"canary label {name}", more={"deep": [f"canary-{name}"]}, caller="canary",
                   uri=f"/api/Accounts/{PROJECT}/Conferences/{sid}/Participants/{call}")
        space.rooms[sid][call] = row
        return call


def is_clean(data):
    return not any(value.encode() in data for value in HIDDEN)


def files(state):
    return b"".join(path.read_bytes() for path in state.parent.glob(state.name + "*"))


class Watch(Run):
    def __init__(self, rollcall, space, *arguments):
        # The canary in the name of the key file is not searched for: the user chose that name.
        super().__init__(rollcall, ["watch", "--all", "--interval", "100ms", *arguments], space)


def streams_are_clean(rollcall, home):
    space, hooks, clouds, state = Space(people=0), Receiver(), Receiver(), home / "state"
    space.names[space.sids[0]] = "canary conference"
    coached = enter(space, "a0")
    targets = home / "targets.json"
    targets.write_text(json.dumps([{"name": "plain", "url": hooks.url},
                                   {"name": "cloud", "url": clouds.url, "format": "cloudevents"}]))
    targets.chmod(0o600)
    watch = Watch(rollcall, space, "--enrich", "--redact", ALL, "--state", str(state), "--targets", str(targets), "-v")
    check(watch.until(lambda run: "watch.started" in run.types), "a baseline is emitted", watch.err)
    coach = enter(space, "b2")
    with space.lock:
        space.change(space.sids[0], coach, coaching=True, call_sid_to_coach=coached)
    check(watch.until(lambda run: "participant.coaching_started" in run.types), "coaching is reported")
    with space.lock:
        space.change(space.sids[0], coached, label="another canary")
    check(watch.until(lambda run: "participant.updated" in run.types), "a changed label is reported")
    with space.lock:
        space.leave(space.sids[0], coach)
    check(watch.until(lambda run: "participant.left" in run.types), "a departure is reported")
    check("canary-call-a0" in files(state).decode(errors="replace"), "the state file contains the calls in the room")
    check(watch.kill() == -9, "the run is killed")
    again = Watch(rollcall, space, "--enrich", "--redact", ALL, "--state", str(state), "--targets", str(targets))
    check(again.until(lambda run: "watch.resumed" in run.types), "the next run continues from the saved room", again.err)
    check("participant.present" not in again.types, "no participant is reported twice")
    with space.lock:
        space.leave(space.sids[0], coached)
        space.end(space.sids[0])
    check(again.until(lambda run: "conference.ended" in run.types), "the end of the conference is reported")
    again.until(lambda run: len(set(hooks.bodies)) == len(set(watch.lines + run.lines)) == len({id for id, _ in clouds.bodies}))
    check(again.stop() == 0, "the next run ends with status 0", again.err)
    # Lines that the killed run had just written may be repeated.
    lines = list(dict.fromkeys(watch.lines + again.lines))
    rooms, faults = fold(lines)
    check(not faults and not any(rooms.values()), "the events are consistent", faults)
    started = next(json.loads(line) for line in lines if b"coaching_started" in line)
    present = next(json.loads(line) for line in lines if b"participant.present" in line)
    check(started["call_sid_to_coach"] == present["call_sid"], "the coached call has the same token everywhere")
    details = present["participant"]["call"]
    check(details["direction"] == "inbound" and details["from"] != details["to"], "call details have tokens instead of numbers", details)
    check(len(set(json.loads(line)["id"][:20] for line in lines)) == 2, "each run has an epoch of its own")
    for name, data in (("standard output", b"".join(lines)), ("the log", bytes(watch.err + again.err)),
                       ("webhooks", b"".join(body for _, body in hooks.bodies)),
                       ("webhooks of CloudEvents", b"".join(body for _, body in clouds.bodies))):
        check(data is not None and (data or name == "the log") and is_clean(data), f"{name} contains no redacted value", data[:2000])
    rest = files(state).replace(PROJECT.encode(), b"", 1)  # whose file it is
    check(is_clean(rest), "after the end the state file contains no redacted value either")
    for command in (["events"], ["events", "--format", "text"], ["room", "--at", json.loads(lines[-3])["timestamp"]],
                    ["report"], ["timeline", "-o", str(home / "page.html")]):
        shown = run(rollcall, [*command, "--state", str(state)])
        check(shown.code == 0 and is_clean(bytes(shown.out + shown.err)), f"{command[0]} shows no redacted value", shown.err)
    check(is_clean((home / "page.html").read_bytes()), "the page of timeline shows no redacted value")


def redaction_belongs_to_the_file(rollcall, home):
    space, state = Space(people=0), home / "changed"
    call = enter(space, "c")
    key = home / "key"
    key.write_text("0123456789abcdef\n")
    key.chmod(0o600)
    own = ["--redact", "call_sid,label", "--redact-key-file", str(key)]
    first = Watch(rollcall, space, "--state", str(state), "--for", "2s", *own)
    check(first.wait() == 0, "a watch with a key of its own ends with status 0", first.err)
    before = state.read_bytes()
    for arguments, words in (([], "this run redacts nothing"), (["--redact", "label"], "this run redacts label"),
                             (["--redact", "label,call_sid"], "with another key")):
        watch = Watch(rollcall, space, "--state", str(state), "--for", "2s", *arguments)
        check(watch.wait() == 78 and not watch.lines and len(watch.errors) == 1 and words in watch.errors[0]
              and "begin a new file" in watch.errors[0], f"{arguments} on that file is 78", watch.err)
    log = state.with_name(state.name + "-wal")
    check(state.read_bytes() == before and not (log.exists() and log.read_bytes()), "a rejected run leaves the file unchanged")
    again = Watch(rollcall, space, "--state", str(state), "--for", "2s", "--redact", "label,call_sid", *own[2:])
    check(again.wait() == 0 and again.types[0] == "watch.resumed" and not again.errors, "a run with the same redaction continues", again.err)
    check(json.loads(again.lines[0])["sequence"] == len(first.lines) + 1, "the sequence continues", again.lines)
    token = next(json.loads(line)["call_sid"] for line in first.lines if b"participant.present" in line)
    check(token != call, "a token replaces the call's sid", token)
    check(key.read_text().strip() not in files(state).decode(errors="replace"), "the file does not contain the key")
    shown = run(rollcall, ["room", "--state", str(state)])
    check(shown.code == 0 and token.encode() in shown.out and shown.out.count(b"\n") == 1, "the room contains the token once", shown.out)
    hook = Receiver()
    for line in (first.lines[0], again.lines[0]):
        sent = run(rollcall, ["resend", "--state", str(state), "--webhook", hook.url, "--id", json.loads(line)["id"]])
        check(sent.code == 0 and hook.bodies[-1] == (json.loads(line)["id"], line), "an event of each run is resent", sent.err)


def calls_are_chosen_by_sid(rollcall, home):
    """A target for one call gets its events, and `rollcall events` finds them, although both get only tokens."""
    space, state, targets = Space(people=0), home / "waiting", home / "calls.json"
    wanted, _ = enter(space, "w"), enter(space, "x")
    hook = Receiver()
    targets.write_text(json.dumps([{"name": "one", "url": hook.url, "calls": [wanted]}]))
    targets.chmod(0o600)
    watch = Watch(rollcall, space, "--state", str(state), "--targets", str(targets), "--for", "2s", "--redact", "call_sid")
    check(watch.wait() == 0, "a watch with a target for one call ends with status 0", watch.err)
    present = [json.loads(body) for _, body in hook.bodies if b"participant.present" in body]
    check(len(present) == 1 and present[0]["call_sid"] != wanted, "the target gets the events of its call", hook.bodies)
    shown = run(rollcall, ["events", "--state", str(state), "--call", wanted, "--type", "participant.present"])
    check(len(shown.lines) == 1, "events finds the call's events", shown.out)


def wrong_options_are_told(rollcall, home):
    short = home / "short"
    short.write_text("short")
    short.chmod(0o600)
    for arguments, code, words in (
            (["--redact", "phone"], 64, '"phone"'), (["--redact", "lable"], 64, "expected call_sid, "),
            (["--redact", ""], 64, "needs a value"), (["--redact", "label,"], 64, "call_sid"),
            (["--redact-key-file", str(short)], 64, "give --redact"),
            (["--redact", "label", "--redact-key-file", str(short)], 78, "16 bytes"),
            (["--redact", "label", "--redact-key-file", str(home / "none")], 78, "No such file or directory")):
        found = run(rollcall, ["watch", "--all", *arguments], origin="http://127.0.0.1:9")
        check(found.code == code and len(found.errors) == 1 and words in found.errors[0], f"{arguments} gives exit status {code}", found.err)


def main():
    rollcall, home = sys.argv[1], Path(tempfile.mkdtemp())
    try:
        streams_are_clean(rollcall, home)
        redaction_belongs_to_the_file(rollcall, home)
        calls_are_chosen_by_sid(rollcall, home)
        wrong_options_are_told(rollcall, home)
    finally:
        shutil.rmtree(home)


main()
