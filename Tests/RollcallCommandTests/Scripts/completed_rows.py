#!/usr/bin/env python3
"""Watches a space whose list shows everyone as completed, and has a next link although it is one short page.

The provider's own sample of the list is like that. Usage: completed_rows.py PATH-OF-ROLLCALL
"""

import json, os, sys, tempfile
from kit.command_run import Run, run
from kit.fake_space import Space
from kit.stream import faults_of_stream
from kit.verdict import check

rollcall = os.path.realpath(sys.argv[1])
WARNING = "every participant in the list has the status completed"


class CompletedSpace(Space):
    """Every row says `completed`; the page links to itself."""

    def enter(self, sid, **state):
        call = super().enter(sid, **state)
        self.rooms[sid][call]["status"] = "completed"
        return call

    def find(self, parts, query, path):
        status, reply = super().find(parts, query, path)
        if len(parts) == 2:
            reply |= dict(page_size=50, next_page_uri=f"{path}?Page=1&PageToken=PA5678")
        return status, reply


def told(process):
    """Type and call of every event about a participant, except the initial state of a join."""
    events = map(json.loads, process.lines)
    return [(event["type"].split(".")[1], event["call_sid"], event.get("confirmed_by")) for event in events
            if "call_sid" in event and not event.get("initial")]


def saved(folder, name, space):
    """The list as a user would save it."""
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        json.dump(space.find([space.sids[0], "Participants"], {}, f"/Conferences/{space.sids[0]}/Participants")[1], file)
    return path


with tempfile.TemporaryDirectory() as folder:
    state = os.path.join(folder, "state.db")
    space = CompletedSpace(people=1)
    sid = space.sids[0]
    first = next(iter(space.rooms[sid]))
    before = saved(folder, "before.json", space)

    watch = Run(rollcall, ["watch", sid, "--interval", "100ms", "--state", state], space)
    check(watch.until(lambda run: "watch.started" in run.types), "the watch starts", watch.errors)
    check(told(watch) == [("present", first, None)], "every listed participant is in the room", watch.lines)
    with space.lock:
        second = space.enter(sid)
    check(watch.until(lambda run: ("joined", second, None) in told(run)), "a participant joins", watch.lines)
    with space.lock:
        space.change(sid, second, muted=True)
    check(watch.until(lambda run: ("muted", second, None) in told(run)), "the participant is muted", watch.lines)
    joined = saved(folder, "joined.json", space)
    check(watch.stop() == 0, "the watch stops", watch.errors)
    with space.lock:
        space.leave(sid, first)
    watch = Run(rollcall, ["watch", sid, "--interval", "100ms", "--state", state], space)
    check(watch.until(lambda run: told(run) == [("left", first, "participant_not_found")]),
          "a participant who left between two runs is reported as left", watch.lines)
    check(sum(WARNING in line for line in watch.errors) == 1, "one warning reports the statuses", watch.errors)
    polls = space.polls
    check(watch.until(lambda _: space.polls >= polls + 5), "the watch continues", watch.errors)
    check(len(watch.lines) == 2, "the watch emits no more events", watch.lines)

    # The first status that means something makes those of the others count too.
    with space.lock:
        third = space.enter(sid)
        space.change(sid, third, status="in-progress")
    check(watch.until(lambda run: ("left", second, "participant_finished") in told(run)),
          "once statuses are live, a completed participant is reported as left", watch.lines)
    check(watch.stop() == 0, "the watch stops again", watch.errors)
    with space.lock:
        space.change(sid, third, status="completed")
        fourth = space.enter(sid)
    once = run(rollcall, ["watch", sid, "--once", "--state", state], space)
    check(once.code == 0 and told(once) == [("left", third, "row_finished")],
          "a run of `--once` knows that statuses are live, and treats completed rows as departures", (once.lines, once.errors))
    faults = faults_of_stream(state, [], [])
    check(not [fault for fault in faults if "lost" not in fault], "the state file contains the emitted events", faults)

    with space.lock:
        space.end(sid)
    ended = Run(rollcall, ["watch", sid, "--interval", "100ms", "--state", state], space)
    check(ended.wait() == 0 and ended.types[-2] == "conference.ended", "the conference ends", ended.lines)

    compared = run(rollcall, ["diff", before, joined])
    check(told(compared) == [("joined", second, None)] and compared.code == 0, "diff shows who joined", compared.lines)
    compared = run(rollcall, ["diff", joined, before])
    check(told(compared) == [("left", second, "list_only")], "diff shows who left", compared.lines)
    check(len(compared.errors) == 2 and "next page" in compared.errors[0] and "completed" in compared.errors[1],
          "diff warns once of the missing page and once of the statuses", compared.errors)
