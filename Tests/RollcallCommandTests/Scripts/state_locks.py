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
    expect("it starts", True, watched.until(lambda run: run.types.count("watch.started") == 3))
    before = stored(state)
    lock = Lock(state)
    receiver.refuse = 0.0
    call = min(space.rooms[changed])
    space.change(changed, call, muted=True)
    polls = dict(space.polls_of)
    expect("others are polled on", True, until(lambda: space.polls_of[quiet] > polls[quiet] + 30, LOCK_TIME))
    expect("who has something to store waits", True, space.polls_of[changed] <= polls[changed] + 2)
    expect("the loop turns", 200, probe(port, "/healthz"))
    expect("a webhook gets what was stored before", True,
           until(lambda: {body for _, body in receiver.bodies} >= set(before), LOCK_TIME))
    expect("it is still locked", 1, len(errors_with(watched, "another program holds a lock on the state file")))
    expect("and nothing is stored", before, stored(state))
    lock.hold(LOCK_TIME)
    expect("the loop still turns", 200, probe(port, "/healthz"))
    expect("but who waits is not ready", 503, probe(port, "/readyz"))
    lock.release()
    expect("what waited is told", True, watched.until(lambda run: events_of(run, "participant.muted"), 10))
    expect("and the outage", True, watched.until(lambda run: events_of(run, "watch.resumed"), 10))
    expect("of the one conference, with its reason", [(changed, "state_busy")],
           [(event["conference_sid"], event["reason"]) for event in events_of(watched, "watch.resumed")])
    expect("the end is told once", 1, len(errors_with(watched, "the state file is no longer locked")))
    expect("the beginning too", 1, len(errors_with(watched, "another program holds a lock on the state file")))
    expect("it goes on", None, watched.process.poll())
    expect("exit", 0, watched.stop())
    expect("nothing is lost or doubled", [], faults_of_stream(state, watched.lines, receiver.bodies, space.truth()))
    expect("no event comes twice", len(set(watched.lines)), len(watched.lines))


@check
def short_locks_are_not_worth_a_word(folder):
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
        expect("it is told", True, watched.until(lambda run: len(events_of(run, kind)) == number // 2 + 1))
    expect("exit", 0, watched.stop())
    expect("nothing is said", [], watched.errors)
    expect("the stream", [], faults_of_stream(state, watched.lines, None, space.truth()))


def ends_under_a_lock(folder, what, *options, is_changed=True):
    space, state = Space(conferences=2, people=4), f"{folder}/state"
    sid = space.sids[0]
    watched = watch(state, space, *options)
    expect(f"{what}: it starts", True, watched.until(lambda run: run.types.count("watch.started") == 2))
    before = stored(state)
    lock = Lock(state)
    if is_changed:
        polls = space.polls_of[sid]
        space.leave(sid, min(space.rooms[sid]))
        until(lambda: space.polls_of[sid] > polls, 10)
        time.sleep(1)
    began = time.monotonic()
    code = watched.stop()
    expect(f"{what}: exit", 0, code)
    expect(f"{what}: in time", True, time.monotonic() - began < DRAIN_TIME + SLACK)
    expect(f"{what}: says what is not saved", 1, len(errors_with(watched, "not saved: another program holds a lock")))
    expect(f"{what}: nothing counts as stored", (before, before), (stored(state), watched.lines))
    lock.release()
    after = once(state, space)
    expect(f"{what}: the next run tells it", [],
           faults_of_stream(state, watched.lines + after.lines, None, space.truth()))
    expect(f"{what}: as far as it has changed", is_changed, "participant.left" in after.types)


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
    expect("a long lock: exit", 75, refused.code)
    expect("it is waited for", True, START_TIME - 1 < taken < START_TIME + SLACK)
    expect("it is named", True, "another program holds a lock on it" in refused.errors[-1])
    expect("which is nobody's advice to use another file", [], errors_with(refused, "a file of its own"))
    expect("nothing is told", [], refused.lines)
    watched = watch(state, space)
    expect("a short lock is told", True, watched.until(lambda run: errors_with(run, "another program holds a lock")))
    # Meanwhile the file belongs to this process.
    second = once(state, space)
    expect("one that waits has the file", (75, True), (second.code, "process" in second.errors[-1]))
    lock.release()
    expect("and is waited for", True, watched.until(lambda run: "watch.resumed" in run.types))
    expect("exit", 0, watched.stop())
    expect("the stream", [], [fault for fault in faults_of_stream(state, watched.lines, None, space.truth())
                              if "is lost" not in fault])


@waiting_check
def a_start_with_a_file_that_is_being_made(folder):
    space, state = Space(people=3), f"{folder}/state"
    lock = Lock(state, begin="BEGIN EXCLUSIVE")
    watched = watch(state, space)
    expect("it waits", True, watched.until(lambda run: errors_with(run, "another program holds a lock")))
    lock.release()
    expect("and goes on", True, watched.until(started))
    expect("exit", 0, watched.stop())
    expect("the stream", [], faults_of_stream(state, watched.lines, None, space.truth()))
