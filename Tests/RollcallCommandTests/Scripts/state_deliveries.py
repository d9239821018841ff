"""Checks which events a state file keeps for absent readers and receivers. Run by state_files.py."""

import json, os, signal, subprocess
from kit.command_run import Run, run
from kit.fake_receiver import Receiver
from kit.fake_space import PROJECT, Space
from kit.loopback import unused_port
from kit.state_checks import alter, arguments, check, expect, once, rollcall, started, waiting_check, watch
from kit.stream import faults_of_stream, rows, stored


@check
def a_reader_that_left_gets_the_line_again(folder):
    space, state = Space(people=5), f"{folder}/state"
    sid = space.sids[0]
    first = watch(state, space, reads=False)
    first.process.stdout.readline()
    first.process.stdout.close()
    first.until(lambda _: first.process.poll() is not None, 10)
    expect("exit status of a watch whose reader left", -signal.SIGPIPE, first.wait())
    expect("error lines about the reader", [], first.errors)
    second = once(state, space)
    # Lines in the pipe count as read, because rollcall cannot know better.
    expect("the remaining lines come again, in order", True,
           second.types in (["watch.stopped"], []) or second.lines == stored(state)[-len(second.lines):])
    lines = stored(state)
    space.change(sid, min(space.rooms[sid]), muted=True)
    blocked, ours = os.pipe()
    os.close(blocked)
    closed = subprocess.run([rollcall, *arguments(state, space)], stdout=ours, stderr=subprocess.DEVNULL,
                            env=environment(space), timeout=30)
    os.close(ours)
    expect("exit status of a watch without a reader", -signal.SIGPIPE, closed.returncode)
    third = once(state, space)
    written = stored(state)
    expect("the unwritten lines come first and unchanged", written[len(lines):], third.lines)


def environment(space):
    return {"SIGNALWIRE_SPACE": space.origin, "SIGNALWIRE_PROJECT_ID": PROJECT, "SIGNALWIRE_API_TOKEN": space.token}


@check
def a_history_is_followed_while_it_grows(folder):
    space, state = Space(people=3), f"{folder}/state"
    sid = space.sids[0]
    writer = watch(state, space)
    writer.until(started)
    follower = Run(rollcall, ["events", "--state", state, "--follow"])
    left = Run(rollcall, ["events", "--state", state, "--follow"], reads=False)
    left.process.stdout.readline()
    left.process.stdout.close()
    expect("exit status of a follower whose reader left", -signal.SIGPIPE, left.wait())
    for muted in (True, False):
        space.change(sid, min(space.rooms[sid]), muted=muted)
        writer.until(lambda run: ("participant.muted" if muted else "participant.unmuted") in run.types)
    expect("exit status of the watch", 0, writer.stop())
    follower.until(lambda run: len(run.lines) >= len(writer.lines))
    expect("exit status of the follower", 0, follower.stop())
    expect("lines of the follower", writer.lines, follower.lines)


@waiting_check
def a_webhook_that_is_down(folder):
    space, state, port = Space(people=3), f"{folder}/state", unused_port()
    url = f"http://127.0.0.1:{port}/hook"
    first = run(rollcall, arguments(state, space, "--once", "--webhook", url, "-q"), space)
    expect("exit status of the first run", 0, first.code)
    sid = space.sids[0]
    space.leave(sid, min(space.rooms[sid]))
    receiver = Receiver(port=port)
    second = once(state, space, "--webhook", url)
    expect("exit status of the next run", 0, second.code)
    expect("delivered events, the old ones first", stored(state), [body for _, body in receiver.bodies])
    late = Receiver()
    space.leave(sid, min(space.rooms[sid]))
    once(state, space, "--webhook", url, "--webhook", late.url)
    expect("events of a new target, which begins with its first run", stored(state)[-1:], [body for _, body in late.bodies])
    expect("faults of the stream", [], faults_of_stream(state, first.lines + second.lines + stored(state)[-1:], receiver.bodies))


@waiting_check
def what_is_kept(folder):
    space, state, port = Space(people=3), f"{folder}/state", unused_port()
    sid = space.sids[0]
    url = f"http://127.0.0.1:{port}/hook"
    once(state, space, "--keep", "1h")
    once(state, space, "--webhook", url)
    space.leave(sid, min(space.rooms[sid]))
    once(state, space, "--webhook", url, "--keep", "1h", "--webhook-max-age", "168h")
    alter(state, "UPDATE event SET at = at - 7200000")
    once(state, space, "--webhook", url, "--keep", "1h", "--webhook-max-age", "168h")
    expect("sequences kept for the webhook", [(5, 5)], rows(state, "SELECT min(sequence), max(sequence) FROM event"))
    receiver = Receiver(port=port)
    once(state, space, "--webhook", url, "--keep", "1h", "--webhook-max-age", "168h")
    expect("number of delivered events", 1, len(receiver.bodies))
    alter(state, "UPDATE event SET at = at - 7200000", "UPDATE target SET taken = 4 WHERE name = 'stdout'")
    space.leave(sid, min(space.rooms[sid]))
    again = once(state, space, "--keep", "1h")
    expect("types kept for standard output", ["participant.left", "participant.left"], again.types)
    expect("sequences on standard output", [5, 6], [json.loads(line)["sequence"] for line in again.lines])
