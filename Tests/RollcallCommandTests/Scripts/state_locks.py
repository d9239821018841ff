"""Checks state files that another program has locked. Run by state_files.py."""

import json, time, urllib.error, urllib.request
from kit.fake_receiver import Receiver
from kit.fake_space import Space
from kit.locks import Lock
from kit.loopback import unused_port
from kit.state_checks import check, expect, once, started, waiting_check, watch
from kit.stream import faults_of_stream, stored
from kit.waiting import until

LOCK_TIME = 12  # seconds: long enough for an outage
DRAIN_TIME = 8  # seconds that ending may take
START_TIME = 10  # seconds that a start waits
SLACK = 3  # seconds that a busy machine may add


def probe(port, path):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def errors_with(run, text):
    return [line for line in run.errors if text in line]


def events_of(run, kind):
    return [json.loads(line) for line in run.lines if json.loads(line)["type"] == kind]


@check
def a_lock_of_another_program(folder):
    space, receiver, port, state = Space(conferences=3), Receiver(refuse=1.0), unused_port(), f"{folder}/state"
    changed, quiet = space.sids[0], space.sids[1]
    watched = watch(state, space, "--webhook", receiver.url, "--health", str(port))
    expect("the watch starts", True, watched.until(lambda run: run.types.count("watch.started") == 3))
    before = stored(state)
    lock = Lock(state)
    receiver.refuse = 0.0
    call = min(space.rooms[changed])
    space.change(changed, call, muted=True)
    polls = dict(space.polls_of)
    expect("conferences without new events are still polled", True, until(lambda: space.polls_of[quiet] > polls[quiet] + 30, LOCK_TIME))
    expect("the conference with new events waits", True, space.polls_of[changed] <= polls[changed] + 2)
    expect("/healthz under the lock", 200, probe(port, "/healthz"))
    expect("the webhook gets the events stored before", True,
           until(lambda: {body for _, body in receiver.bodies} >= set(before), LOCK_TIME))
    expect("warnings about the lock", 1, len(errors_with(watched, "another program holds a lock on the state file")))
    expect("stored events under the lock", before, stored(state))
    lock.hold(LOCK_TIME)
    expect("/healthz during the outage", 200, probe(port, "/healthz"))
    expect("/readyz during the outage", 503, probe(port, "/readyz"))
    lock.release()
    expect("the waiting event is emitted", True, watched.until(lambda run: events_of(run, "participant.muted"), 10))
    expect("the outage is reported", True, watched.until(lambda run: events_of(run, "watch.resumed"), 10))
    expect("conferences and reasons of outages", [(changed, "state_busy")],
           [(event["conference_sid"], event["reason"]) for event in events_of(watched, "watch.resumed")])
    expect("notices of the end of the lock", 1, len(errors_with(watched, "the state file is no longer locked")))
    expect("warnings about the lock after its end", 1, len(errors_with(watched, "another program holds a lock on the state file")))
    expect("exit status while it keeps running", None, watched.process.poll())
    expect("exit status", 0, watched.stop())
    expect("faults of the stream", [], faults_of_stream(state, watched.lines, receiver.bodies, space.truth()))
    expect("number of distinct lines", len(set(watched.lines)), len(watched.lines))


@check
def short_locks_are_not_reported(folder):
    space, state = Space(people=3), f"{folder}/state"
    watched = watch(state, space)
    watched.until(started)
    call = min(space.rooms[space.sids[0]])
    for number in range(10):
        lock = Lock(state)
        space.change(space.sids[0], call, muted=number % 2 == 0)
        lock.hold(0.2)
        lock.release()
        kind = "participant.muted" if number % 2 == 0 else "participant.unmuted"
        expect("the change is reported", True, watched.until(lambda run: len(events_of(run, kind)) == number // 2 + 1))
    expect("exit status", 0, watched.stop())
    expect("error lines", [], watched.errors)
    expect("faults of the stream", [], faults_of_stream(state, watched.lines, None, space.truth()))


def ends_under_a_lock(folder, what, *options, is_changed=True):
    space, state = Space(conferences=2, people=4), f"{folder}/state"
    sid = space.sids[0]
    watched = watch(state, space, *options)
    expect(f"{what}: the watch starts", True, watched.until(lambda run: run.types.count("watch.started") == 2))
    before = stored(state)
    lock = Lock(state)
    if is_changed:
        polls = space.polls_of[sid]
        space.leave(sid, min(space.rooms[sid]))
        until(lambda: space.polls_of[sid] > polls, 10)
        time.sleep(1)
    began = time.monotonic()
    code = watched.stop()
    expect(f"{what}: exit status", 0, code)
    expect(f"{what}: it ends in time", True, time.monotonic() - began < DRAIN_TIME + SLACK)
    expect(f"{what}: lines about what is not saved", 1, len(errors_with(watched, "not saved: another program holds a lock")))
    expect(f"{what}: stored events and written lines", (before, before), (stored(state), watched.lines))
    lock.release()
    after = once(state, space)
    expect(f"{what}: faults of the stream after the next run", [],
           faults_of_stream(state, watched.lines + after.lines, None, space.truth()))
    expect(f"{what}: the next run reports the departure", is_changed, "participant.left" in after.types)


@waiting_check
def an_end_under_a_lock(folder):
    ends_under_a_lock(folder, "something waits")


@waiting_check
def a_quiet_end_under_a_lock(folder):
    ends_under_a_lock(folder, "nothing waits", is_changed=False)


@waiting_check
def an_end_under_a_lock_with_a_webhook_that_fails(folder):
    ends_under_a_lock(folder, "a webhook fails", "--webhook", Receiver(refuse=1.0).url)


@waiting_check
def a_start_under_a_lock(folder):
    space, state = Space(people=3), f"{folder}/state"
    once(state, space)
    lock = Lock(state)
    began = time.monotonic()
    refused = once(state, space)
    taken = time.monotonic() - began
    expect("exit status under a long lock", 75, refused.code)
    expect("the start waits for the lock", True, START_TIME - 1 < taken < START_TIME + SLACK)
    expect("the error names the lock", True, "another program holds a lock on it" in refused.errors[-1])
    expect("lines that recommend another file", [], errors_with(refused, "a file of its own"))
    expect("emitted lines", [], refused.lines)
    watched = watch(state, space)
    expect("a short lock is reported", True, watched.until(lambda run: errors_with(run, "another program holds a lock")))
    # Meanwhile the file belongs to the waiting process.
    second = once(state, space)
    expect("a second process ends, because the waiting one has the file", (75, True), (second.code, "process" in second.errors[-1]))
    lock.release()
    expect("the watch continues after a short lock", True, watched.until(lambda run: "watch.resumed" in run.types))
    expect("exit status", 0, watched.stop())
    expect("faults of the stream", [], [fault for fault in faults_of_stream(state, watched.lines, None, space.truth())
                              if "is lost" not in fault])


@waiting_check
def a_start_with_a_file_that_is_being_made(folder):
    space, state = Space(people=3), f"{folder}/state"
    lock = Lock(state, begin="BEGIN EXCLUSIVE")
    watched = watch(state, space)
    expect("the watch reports the lock", True, watched.until(lambda run: errors_with(run, "another program holds a lock")))
    lock.release()
    expect("the watch starts once the file is unlocked", True, watched.until(started))
    expect("exit status", 0, watched.stop())
    expect("faults of the stream", [], faults_of_stream(state, watched.lines, None, space.truth()))
