"""Runs a watch that redacts, and looks for what it must not show: in its output, at webhooks, in its log and in the state
file, which may hold it as long as somebody is in the room. Usage: redaction.py PATH-OF-ROLLCALL
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
    """Somebody with canaries wherever a provider could have them."""
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
        # The canary in the name of the file of the key must not be looked for: it is the user's own.
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
    check(watch.until(lambda run: "watch.started" in run.types), "a baseline is told", watch.err)
    coach = enter(space, "b2")
    with space.lock:
        space.change(space.sids[0], coach, coaching=True, call_sid_to_coach=coached)
    check(watch.until(lambda run: "participant.coaching_started" in run.types), "coaching is told")
    with space.lock:
        space.change(space.sids[0], coached, label="another canary")
    check(watch.until(lambda run: "participant.updated" in run.types), "another label is told")
    with space.lock:
        space.leave(space.sids[0], coach)
    check(watch.until(lambda run: "participant.left" in run.types), "a departure is told")
    check("canary-call-a0" in files(state).decode(errors="replace"), "the state file knows who is in the room")
    check(watch.kill() == -9, "the run is killed")
    again = Watch(rollcall, space, "--enrich", "--redact", ALL, "--state", str(state), "--targets", str(targets))
    check(again.until(lambda run: "watch.resumed" in run.types), "the next run goes on with the room", again.err)
    check("participant.present" not in again.types, "nobody is told of twice")
    with space.lock:
        space.leave(space.sids[0], coached)
        space.end(space.sids[0])
    check(again.until(lambda run: "conference.ended" in run.types), "the end is told")
    again.until(lambda run: len(set(hooks.bodies)) == len(set(watch.lines + run.lines)) == len({id for id, _ in clouds.bodies}))
    check(again.stop() == 0, "it stops", again.err)
    # What the killed run had just written may come again.
    lines = list(dict.fromkeys(watch.lines + again.lines))
    rooms, faults = fold(lines)
    check(not faults and not any(rooms.values()), "the events fit together", faults)
    started = next(json.loads(line) for line in lines if b"coaching_started" in line)
    present = next(json.loads(line) for line in lines if b"participant.present" in line)
    check(started["call_sid_to_coach"] == present["call_sid"], "who is coached has the same token everywhere")
    details = present["participant"]["call"]
    check(details["direction"] == "inbound" and details["from"] != details["to"], "calls have tokens for numbers", details)
    check(len(set(json.loads(line)["id"][:20] for line in lines)) == 1, "all of it is one stream")
    for name, data in (("standard output", b"".join(lines)), ("the log", bytes(watch.err + again.err)),
                       ("webhooks", b"".join(body for _, body in hooks.bodies)),
                       ("webhooks of CloudEvents", b"".join(body for _, body in clouds.bodies))):
        check(data is not None and (data or name == "the log") and is_clean(data), f"{name} shows nothing", data[:2000])
    rest = files(state).replace(PROJECT.encode(), b"", 1)  # whose file it is
    check(is_clean(rest), "after the end the state file holds nothing either")
    for command in (["events"], ["events", "--format", "table"], ["room", "--at", json.loads(lines[-3])["timestamp"]],
                    ["report"], ["timeline", "-o", str(home / "page.html")]):
        shown = run(rollcall, [*command, "--state", str(state)])
        check(shown.code == 0 and is_clean(bytes(shown.out + shown.err)), f"{command[0]} shows nothing", shown.err)
    check(is_clean((home / "page.html").read_bytes()), "nor does the page of timeline")


def other_fields_are_another_stream(rollcall, home):
    space, state = Space(people=0), home / "changed"
    call = enter(space, "c")
    key = home / "key"
    key.write_text("0123456789abcdef\n")
    key.chmod(0o600)
    told = []
    for arguments in ([], ["--redact", "label"], ["--redact", "label,call_sid"],
                      ["--redact", "call_sid,label", "--redact-key-file", str(key)],
                      ["--redact", "label,call_sid", "--redact-key-file", str(key)]):
        watch = Watch(rollcall, space, "--state", str(state), "--for", "2s", *arguments)
        check(watch.wait() == 0, f"watch {' '.join(arguments[:2])} ends", watch.err)
        told.append(watch)
    epochs = [json.loads(watch.lines[-1])["id"][:20] for watch in told]
    check(len(set(epochs)) == 4 and epochs[3] == epochs[4], "other fields or another key are another stream", epochs)
    for watch in told[1:4]:
        first = json.loads(watch.lines[0])
        check(first["sequence"] == 1 and "participant.present" in watch.types and "watch.started" in watch.types,
              "it begins with its own baseline", watch.lines)
        check(any("new stream" in line for line in watch.errors), "people are told so", watch.errors)
    check(told[4].types[0] == "watch.resumed" and not told[4].errors, "the same once more goes on", told[4].err)
    tokens = [next(json.loads(line)["call_sid"] for line in watch.lines if b"present" in line) for watch in told[:4]]
    check(tokens[:2] == [call, call] and len(set(tokens)) == 3, "tokens depend on the key", tokens)
    check(key.read_text().strip() not in files(state).decode(errors="replace"), "the file does not hold the key")
    shown = run(rollcall, ["room", "--state", str(state)])
    check(shown.code == 0 and tokens[3].encode() in shown.out and shown.out.count(b"\n") == 1,
          "the room has each person once, by the last name", shown.out)
    hook = Receiver()
    for watch in told:
        line = watch.lines[0]
        sent = run(rollcall, ["resend", "--state", str(state), "--webhook", hook.url, "--id", json.loads(line)["id"]])
        check(sent.code == 0 and hook.bodies[-1] == (json.loads(line)["id"], line), "an event of each stream is resent",
              sent.err)


def what_waits_is_still_chosen(rollcall, home):
    """A target that wants one call gets what was told of it before something else is redacted."""
    space, state, targets = Space(people=0), home / "waiting", home / "calls.json"
    wanted, _ = enter(space, "w"), enter(space, "x")
    hook = Receiver(refuse=1.0)
    targets.write_text(json.dumps([{"name": "one", "url": hook.url, "calls": [wanted]}]))
    targets.chmod(0o600)
    for arguments in (["--redact", "call_sid"], ["--redact", "call_sid,label"], []):
        watch = Watch(rollcall, space, "--state", str(state), "--targets", str(targets), "--for", "1s", *arguments)
        # Nothing is lost: the file keeps it.
        check(watch.wait() == 0, f"watch {' '.join(arguments)} ends", watch.err)
    hook.refuse = 0.0
    watch = Watch(rollcall, space, "--state", str(state), "--targets", str(targets), "--for", "2s")
    watch.wait()
    present = [json.loads(body) for _, body in hook.bodies if b"participant.present" in body]
    check(len(present) == 3 and len({event["call_sid"] for event in present}) >= 2,
          "what waits in earlier streams is chosen by call", hook.bodies)
    check(present[2]["call_sid"] == wanted, "the last one is as it was asked for", present)
    shown = run(rollcall, ["events", "--state", str(state), "--call", wanted, "--type", "*.present"])
    check(len(shown.lines) == 3, "events finds the call in all streams", shown.out)


def wrong_options_are_told(rollcall, home):
    short = home / "short"
    short.write_text("short")
    short.chmod(0o600)
    for arguments, code, words in (
            (["--redact", "phone"], 64, "no field that can be redacted"), (["--redact", "lable"], 64, "give some of call_sid"),
            (["--redact", ""], 64, "needs a value"), (["--redact", "label,"], 64, "call_sid"),
            (["--redact-key-file", str(short)], 64, "give --redact"),
            (["--redact", "label", "--redact-key-file", str(short)], 78, "16 bytes"),
            (["--redact", "label", "--redact-key-file", str(home / "none")], 78, "No such file or directory")):
        found = run(rollcall, ["watch", "--all", *arguments], origin="http://127.0.0.1:9")
        check(found.code == code and len(found.errors) == 1 and words in found.errors[0], f"{arguments} is {code}", found.err)


def main():
    rollcall, home = sys.argv[1], Path(tempfile.mkdtemp())
    try:
        streams_are_clean(rollcall, home)
        other_fields_are_another_stream(rollcall, home)
        what_waits_is_still_chosen(rollcall, home)
        wrong_options_are_told(rollcall, home)
    finally:
        shutil.rmtree(home)


main()
