"""Checks what a restart with a state file reports, and when it fails. Run by state_files.py."""

import os, shutil, time
from kit.command_run import run
from kit.fake_space import Space
from kit.loopback import unused_port
from kit.state_checks import alter, arguments, check, event, expect, once, rollcall, started, waiting_check, watch
from kit.stream import faults_of_stream, rows, stored


@check
def a_restart_reports_what_has_changed(folder):
    space, state = Space(people=3), f"{folder}/state"
    sid = space.sids[0]
    first = watch(state, space)
    first.until(started)
    expect("exit status of the first run", 0, first.stop())
    expect("types of the first run", ["participant.present"] * 3 + ["watch.started", "watch.stopped"], first.types)
    gone, muted, _ = sorted(space.rooms[sid])
    space.leave(sid, gone)
    space.change(sid, muted, muted=True)
    new = space.enter(sid)
    second = watch(state, space)
    second.until(lambda run: len(run.lines) >= 4)
    expect("exit status of the second run", 0, second.stop())
    expect("types of the second run", ["watch.resumed", "participant.left", "participant.joined", "participant.muted",
                              "watch.stopped"], second.types)
    resumed = event(second, "watch.resumed")
    expect("reason of the outage", "restart", resumed.get("reason"))
    expect("the outage begins with the last scan", True, resumed.get("from", "") < resumed.get("to", ""))
    expect("confirmation of the departure", "participant_not_found", event(second, "participant.left").get("confirmed_by"))
    joined = event(second, "participant.joined")
    expect("call that joined", new, joined.get("call_sid"))
    # The space's dates are older than the first run, so the participant may have joined before the outage.
    expect("the join may have happened before the outage", True, joined.get("occurred_after", "~") <= resumed.get("from", ""))
    expect("faults of the stream", [], faults_of_stream(state, first.lines + second.lines, None, space.truth()))
    expect("mode of the file", 0o600, os.stat(state).st_mode & 0o777)
    shutil.copy(state, f"{folder}/copy")
    expect("events in a copy of the file alone", stored(state), stored(f"{folder}/copy"))


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
    expect("exit status", 0, late.stop())
    expect("reason of the outage", "restart", event(late, "watch.resumed").get("reason"))
    expect("types", ["watch.resumed", "watch.stopped"], late.types)


@check
def once_is_a_job_for_cron(folder):
    space, state = Space(people=2), f"{folder}/state"
    sid = space.sids[0]
    runs = [once(state, space), once(state, space)]
    space.change(sid, min(space.rooms[sid]), hold=True)
    # Makes the run an hour older.
    alter(state, "UPDATE conference SET last_scan_start = last_scan_start - 3600000, "
                 "last_scan_end = last_scan_end - 3600000")
    space.delay = 1.5
    runs.append(once(state, space))
    space.delay = 0
    space.token = "other"
    runs.append(once(state, space))
    expect("exit statuses", [0, 0, 0, 77], [run.code for run in runs])
    expect("types", [["participant.present"] * 2 + ["watch.started"], [], ["participant.held"], []],
           [run.types for run in runs])


@check
def a_conference_that_ended_meanwhile(folder):
    space, state = Space(people=2), f"{folder}/state"
    once(state, space)
    space.end(space.sids[0])
    second = run(rollcall, arguments(state, space), space)
    expect("types of the next run", ["watch.resumed", "participant.left", "participant.left", "conference.ended",
                          "watch.stopped"], second.types)
    expect("exit status of the next run", 0, second.code)
    third = run(rollcall, arguments(state, space), space)
    expect("exit status of a run that names the ended conference", 0, third.code)
    expect("types of that run", [], [kind for kind in third.types if kind != "watch.stopped"])
    expect("rows left of the ended conference", [(0,)], rows(state, "SELECT (SELECT count(*) FROM person) + "
                                                        "(SELECT count(*) FROM doubt) + (SELECT count(*) FROM ended_stay)"))


@check
def a_conference_that_is_unknown_by_now(folder):
    space, state = Space(people=1), f"{folder}/state"
    sid = space.sids[0]
    once(state, space)
    space.rooms = {}
    second = run(rollcall, ["watch", sid, "--state", state, "--interval", "100ms"], space)
    expect("types", ["watch.resumed", "participant.left", "conference.ended", "watch.stopped"], second.types)
    expect("exit status", 0, second.code)


@check
def a_conference_that_is_found_by_name(folder):
    space, state = Space(people=2), f"{folder}/state"
    first = once(state, space, "--name", "room-0")
    expect("types of the first run", ["conference.present"] + ["participant.present"] * 2 + ["watch.started"], first.types)
    space.end(space.sids[0])
    second = run(rollcall, arguments(state, space, "--name", "room-0"), space)
    expect("types of the second run", ["watch.resumed", "participant.left", "participant.left", "conference.ended", "watch.stopped"],
           second.types)
    expect("exit status of the second run", 0, second.code)
    expect("name in conference.ended", "room-0", event(second, "conference.ended").get("friendly_name"))


@check
def a_sid_that_gets_its_name_later(folder):
    space, state = Space(people=2), f"{folder}/state"
    once(state, space)
    named = watch(state, space, "--name", "room-0")
    named.until(started)
    space.end(space.sids[0])
    expect("exit status", 0, named.wait())
    expect("name in conference.ended", "room-0", event(named, "conference.ended").get("friendly_name"))
    expect("exit status if the conference of that name has ended", 69, once(state, space, "--name", "room-0").code)


@check
def bad_starts(folder):
    space, state = Space(people=1), f"{folder}/state"
    wrong = run(rollcall, arguments(f"{folder}/new", space), space, token="wrong")
    expect("exit status with a wrong token", 77, wrong.code)
    expect("error lines with a wrong token", 1, len(wrong.errors))
    expect("types with a wrong token", ["watch.stopped"], wrong.types)
    once(state, space)
    patient = run(rollcall, [*arguments(state, space), "--for", "3s"], space, token="wrong")
    expect("exit status with a wrong token and a saved room", 0, patient.code)
    expect("error lines with a saved room", 1, len(patient.errors))
    expect("types with a saved room", ["watch.stopped"], patient.types)


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
    expect("exit status", 69, gone.code)
    # How much later the run ends depends on the machine; `run` allows it 60 s.
    expect("the run ends after half a minute", True, time.monotonic() - began >= 29)
