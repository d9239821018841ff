"""Checks what a restart with a state file reports, and when it begins at all. Run by state_files.py."""

import os, shutil, time
from kit.command_run import run
from kit.fake_space import Space
from kit.loopback import unused_port
from kit.state_checks import alter, arguments, check, event, expect, once, rollcall, started, waiting_check, watch
from kit.stream import faults_of_stream, rows, stored


@check
def a_restart_tells_what_has_changed(folder):
    space, state = Space(people=3), f"{folder}/state"
    sid = space.sids[0]
    first = watch(state, space)
    first.until(started)
    expect("the first run ends well", 0, first.stop())
    expect("the first run", ["participant.present"] * 3 + ["watch.started", "watch.stopped"], first.types)
    gone, muted, _ = sorted(space.rooms[sid])
    space.leave(sid, gone)
    space.change(sid, muted, muted=True)
    new = space.enter(sid)
    second = watch(state, space)
    second.until(lambda run: len(run.lines) >= 4)
    expect("the second run ends well", 0, second.stop())
    expect("the second run", ["watch.resumed", "participant.left", "participant.joined", "participant.muted",
                              "watch.stopped"], second.types)
    resumed = event(second, "watch.resumed")
    expect("the reason", "restart", resumed.get("reason"))
    expect("the gap begins with the last scan", True, resumed.get("from", "") < resumed.get("to", ""))
    expect("nothing is doubted", "participant_not_found", event(second, "participant.left").get("confirmed_by"))
    joined = event(second, "participant.joined")
    expect("who joined", new, joined.get("call_sid"))
    # The space's dates are older than the first run, and what the provider dates earlier may have begun earlier.
    expect("since when", True, joined.get("occurred_after", "~") <= resumed.get("from", ""))
    expect("the stream", [], faults_of_stream(state, first.lines + second.lines, None, space.truth()))
    expect("the file is private", 0o600, os.stat(state).st_mode & 0o777)
    shutil.copy(state, f"{folder}/copy")
    expect("a copy of the file alone has everything", stored(state), stored(f"{folder}/copy"))


@check
def a_failing_start_is_part_of_the_restart(folder):
    space, state = Space(people=2), f"{folder}/state"
    once(state, space)
    port = space.port
    space.server.shutdown()
    space.server.server_close()
    late = watch(state, space)
    time.sleep(1)
    Space(people=2, port=port)
    late.until(started)
    expect("it ends well", 0, late.stop())
    expect("reason", "restart", event(late, "watch.resumed").get("reason"))
    expect("types", ["watch.resumed", "watch.stopped"], late.types)


@check
def once_is_a_job_for_cron(folder):
    space, state = Space(people=2), f"{folder}/state"
    sid = space.sids[0]
    runs = [once(state, space), once(state, space)]
    space.change(sid, min(space.rooms[sid]), hold=True)
    # As if it had run an hour ago.
    alter(state, "UPDATE conference SET last_scan_start = last_scan_start - 3600000, "
                 "last_scan_end = last_scan_end - 3600000")
    space.delay = 1.5
    runs.append(once(state, space))
    space.delay = 0
    space.token = "other"
    runs.append(once(state, space))
    expect("exits", [0, 0, 0, 77], [run.code for run in runs])
    expect("types", [["participant.present"] * 2 + ["watch.started"], [], ["participant.held"], []],
           [run.types for run in runs])


@check
def a_conference_that_ended_meanwhile(folder):
    space, state = Space(people=2), f"{folder}/state"
    once(state, space)
    space.end(space.sids[0])
    second = run(rollcall, arguments(state, space), space)
    expect("it is told", ["watch.resumed", "participant.left", "participant.left", "conference.ended",
                          "watch.stopped"], second.types)
    expect("that ends well", 0, second.code)
    third = run(rollcall, arguments(state, space), space)
    expect("a start that names it ends well", 0, third.code)
    expect("and tells nothing of it", [], [kind for kind in third.types if kind != "watch.stopped"])
    expect("nothing is left of it", [(0,)], rows(state, "SELECT (SELECT count(*) FROM person) + "
                                                        "(SELECT count(*) FROM doubt) + (SELECT count(*) FROM ended_stay)"))


@check
def a_conference_that_is_unknown_by_now(folder):
    space, state = Space(people=1), f"{folder}/state"
    sid = space.sids[0]
    once(state, space)
    space.rooms = {}
    second = run(rollcall, ["watch", sid, "--state", state, "--interval", "100ms"], space)
    expect("types", ["watch.resumed", "participant.left", "conference.ended", "watch.stopped"], second.types)
    expect("exit", 0, second.code)


@check
def a_conference_that_is_found_by_name(folder):
    space, state = Space(people=2), f"{folder}/state"
    first = once(state, space, "--name", "room-0")
    expect("first", ["conference.present"] + ["participant.present"] * 2 + ["watch.started"], first.types)
    space.end(space.sids[0])
    second = run(rollcall, arguments(state, space, "--name", "room-0"), space)
    expect("second", ["watch.resumed", "participant.left", "participant.left", "conference.ended", "watch.stopped"],
           second.types)
    expect("second ends well", 0, second.code)
    expect("with its name", "room-0", event(second, "conference.ended").get("friendly_name"))


@check
def a_sid_that_gets_its_name_later(folder):
    space, state = Space(people=2), f"{folder}/state"
    once(state, space)
    named = watch(state, space, "--name", "room-0")
    named.until(started)
    space.end(space.sids[0])
    expect("it ends well", 0, named.wait())
    expect("with its name", "room-0", event(named, "conference.ended").get("friendly_name"))
    expect("an ended one is passed by", 69, once(state, space, "--name", "room-0").code)


@check
def bad_starts(folder):
    space, state = Space(people=1), f"{folder}/state"
    wrong = run(rollcall, arguments(f"{folder}/new", space), space, token="wrong")
    expect("a wrong token is 77", 77, wrong.code)
    expect("and one line", 1, len(wrong.errors))
    expect("and tells nothing but the stop", ["watch.stopped"], wrong.types)
    once(state, space)
    patient = run(rollcall, [*arguments(state, space), "--for", "3s"], space, token="wrong")
    expect("where a room is saved, a token is waited for", 0, patient.code)
    expect("with one line", 1, len(patient.errors))
    expect("and nothing is told but the stop", ["watch.stopped"], patient.types)


@waiting_check
def the_unreachable_space(folder):
    port = unused_port()
    space = Space(people=1, port=port)
    state = f"{folder}/state"
    once(state, space)
    space.server.shutdown()
    space.server.server_close()
    began = time.monotonic()
    gone = run(rollcall, arguments(state, space), space)
    expect("exit", 69, gone.code)
    # How much later it ends depends on the machine; the run itself may not take 60 s.
    expect("after half a minute", True, time.monotonic() - began >= 29)
