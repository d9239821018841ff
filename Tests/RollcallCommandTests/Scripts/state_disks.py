"""Checks state files on full or broken disks, and those of killed processes. Run by state_files.py."""

import json, os, shutil, signal, subprocess, time
from kit.command_run import run
from kit.disks import resize, small_disk, unmount
from kit.fake_receiver import Receiver
from kit.fake_space import Space
from kit.state_checks import arguments, check, expect, once, rollcall, started, waiting_check, watch
from kit.stream import faults_of_stream, stored


@check
def a_full_disk(folder):
    disk = small_disk(folder, "256k")
    if not disk:
        return print("skipped: a full disk (cannot mount a tmpfs here)")
    try:
        space, receiver, state = Space(people=6), Receiver(), f"{disk}/state"
        sid = space.sids[0]
        run_ = watch(state, space, "--webhook", receiver.url)
        run_.until(started)
        space.lively = True
        expect("the lack of room is reported", True, run_.until(lambda run: any("no room" in line for line in run.errors), 30))
        space.lively = False
        polls = space.polls
        time.sleep(3)
        expect("polls pause while the disk is full", True, space.polls - polls <= 1)
        expect("warnings about the full disk", 1, sum("no room" in line for line in run_.errors))
        resize(disk, "8m")
        expect("polls continue once there is room", True, run_.until(lambda run: space.polls > polls + 10, 10))
        gone = min(space.rooms[sid])
        space.leave(sid, gone)
        expect("events continue once there is room", True, run_.until(lambda run: any(
            json.loads(line).get("call_sid") == gone and b".left" in line for line in run.lines), 10))
        expect("exit status", 0, run_.stop())
        expect("faults of the stream", [], faults_of_stream(state, run_.lines, receiver.bodies, space.truth()))
        gaps = [json.loads(line)["reason"] for line in run_.lines if b"watch.resumed" in line]
        expect("an outage is reported only when it ends, with its reason", True, set(gaps) <= {"disk_full"})
    finally:
        unmount(disk)


@check
def a_disk_that_may_only_be_read(folder):
    disk = small_disk(folder, "4m")
    if not disk:
        return print("skipped: a read-only disk (cannot mount a tmpfs here)")
    try:
        space, state = Space(people=3), f"{disk}/state"
        expect("exit status while the disk is writable", 0, once(state, space).code)
        written = stored(state)
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        refused = once(state, space)
        expect("exit status of watch", 73, refused.code)
        expect("one line gives the reason", [True], ["its disk is read-only" in line for line in refused.errors])
        expect("emitted lines", [], refused.lines)
        checked = run(rollcall, ["check", "--state", state], space=space)
        expect("exit status of check", 74, checked.code)
        expect("check gives the reason", True, b"cannot be written: Read-only file system" in checked.out)
        expect("history on the read-only disk", written, run(rollcall, ["events", "--state", state]).lines)
    finally:
        unmount(disk)


@check
def a_disk_that_stays_full(folder):
    disk = small_disk(folder, "64k")
    if not disk:
        return print("skipped: a disk that stays full (cannot mount a tmpfs here)")
    try:
        space, state = Space(people=6), f"{disk}/state"
        tables = once(state, space)
        expect("exit status without room for the tables", 73, tables.code)
        expect("error lines without room for the tables", 1, len(tables.errors))
        resize(disk, "160k")
        small = watch(state, space)
        space.lively = True
        expect("the lack of room is reported", True, small.until(lambda run: any("no room" in line for line in run.errors), 20))
        expect("exit status while it keeps running", None, small.process.poll())
        small.process.send_signal(signal.SIGTERM)
        ended = small.until(lambda run: run.process.poll() is not None, 12)
        expect("it ends at the signal", True, ended)
        expect("exit status", 0, small.wait() if ended else small.kill())
        expect("lines about what is not saved", 1, sum("not saved: there is no room" in line for line in small.errors))
        # Reading the file needs room for SQLite's index of the log.
        os.mkdir(f"{folder}/copy")
        for name in os.listdir(disk):
            shutil.copy(f"{disk}/{name}", f"{folder}/copy/{name}")
        expect("written lines are the stored ones", stored(f"{folder}/copy/state"), small.lines)
        space.lively = False
        resize(disk, "8m")
        after = once(state, space)
        expect("faults of the stream after the next run", [], faults_of_stream(state, small.lines + after.lines, None, space.truth()))
    finally:
        unmount(disk)


@waiting_check
def a_first_commit_without_room(folder):
    disk = small_disk(folder, "400k")
    if not disk:
        return print("skipped: a first commit without room (cannot mount a tmpfs here)")
    try:
        # There is room for the tables, but not for the events about so many people.
        space, state = Space(people=300), f"{disk}/state"
        run_ = watch(state, space)
        expect("the lack of room is reported", True, run_.until(lambda run: any("no room" in line for line in run.errors), 30))
        # Longer than a start may take without an answer.
        time.sleep(40)
        expect("exit status and lines while it waits", (None, []), (run_.process.poll(), run_.lines))
        resize(disk, "16m")
        expect("the watch starts once there is room", True, run_.until(started, 10))
        space.leave(space.sids[0], min(space.rooms[space.sids[0]]))
        expect("events continue", True, run_.until(lambda run: "participant.left" in run.types, 10))
        expect("exit status", 0, run_.stop())
        expect("faults of the stream", [], faults_of_stream(state, run_.lines, None, space.truth()))
    finally:
        unmount(disk)


@check
def a_broken_disk(folder):
    if not shutil.which("strace"):
        return print("skipped: a broken disk (needs strace)")
    space = Space(people=3)
    for call, number in (("fdatasync", "6+"), ("fdatasync", "9"), ("pwrite64", "30+"), ("fdatasync", "12+")):
        state = f"{folder}/{call}{number}"
        space.lively = True
        trace = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                 f"inject={call}:error=EIO:when={number}"]
        broken = watch(state, space, wrapper=trace)
        if not broken.until(lambda run: run.process.poll() is not None, 20):
            broken.kill()
        expect(f"{call} {number}: exit status", 74, broken.wait())
        expect(f"{call} {number}: error lines", 1, len(broken.errors))
        space.lively = False
        after = once(state, space)
        expect(f"{call} {number}: faults of the stream after the next run", [],
               faults_of_stream(state, broken.lines + after.lines, None, space.truth()))


@check
def killed_while_it_makes_the_tables(folder):
    if not shutil.which("strace"):
        return print("skipped: a run killed while it creates the tables (needs strace)")
    space = Space(people=2)
    for call in ("pwrite64", "fdatasync", "openat"):
        for number in range(1, 60, 4):
            state = f"{folder}/{call}{number}"
            trace = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                     f"inject={call}:signal=KILL:when={number}"]
            killed = run(rollcall, arguments(state, space, "--once"), space, wrapper=trace)
            if killed.code == 0:
                break
            after = once(state, space)
            expect(f"{call} {number}: exit status of the next run", 0, after.code)
            expect(f"{call} {number}: faults of the stream", [],
                   faults_of_stream(state, killed.lines + after.lines, None, space.truth()))
