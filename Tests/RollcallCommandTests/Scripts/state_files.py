#!/usr/bin/env python3
"""The command with a state file: what a restart tells, what files it refuses, and what a full or broken disk does.

Usage: state_files.py PATH-OF-ROLLCALL [WORD…]     only the checks whose names contain one of the words
"""

import hashlib, json, os, random, shutil, signal, sqlite3, subprocess, sys, tempfile, threading, time
from command_run import Run, run
from fake_receiver import Receiver
from fake_space import PROJECT, Space
from loopback import unused_port
from stream import faults_of_stream, rows, stored

rollcall, words = os.path.realpath(sys.argv[1]), sys.argv[2:]
failures = []
CHECKS = []


def expect(what, wanted, found):
    if wanted != found:
        failures.append(what)
        print(f"FAILED: {what}: expected {wanted!r}, found {found!r}", flush=True)


def check(function):
    CHECKS.append(function)
    return function


def watch(state, space, *more, **how):
    return Run(rollcall, arguments(state, space, *more), space, **how)


def once(state, space, *more, **how):
    return run(rollcall, arguments(state, space, "--once", *more), space, **how)


def arguments(state, space, *more):
    subject = [] if "--name" in more else space.sids
    return ["watch", *subject, "--state", state, "--interval", "100ms", *more]


def started(run):
    return "watch.started" in run.types or "watch.resumed" in run.types


def event(run, kind):
    found = [json.loads(line) for line in run.lines if json.loads(line)["type"] == kind]
    return found[0] if found else {}


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
    new = space.enter(sid, )
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
    expect("since when", resumed.get("from"), joined.get("occurred_after"))
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
    again = Space(people=2, port=port)
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
    connection = sqlite3.connect(state)
    connection.execute("UPDATE conference SET last_scan_start = last_scan_start - 3600000, "
                       "last_scan_end = last_scan_end - 3600000")
    connection.commit()
    connection.close()
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
    rooms, space.rooms = space.rooms, {}
    second = run(rollcall, ["watch", sid, "--state", state, "--interval", "100ms"], space)
    expect("types", ["watch.resumed", "participant.left", "conference.ended", "watch.stopped"], second.types)
    expect("exit", 0, second.code)


@check
def a_conference_that_is_found_by_name(folder):
    space, state = Space(people=2), f"{folder}/state"
    first = once(state, space, "--name", "room-0")
    expect("first", ["conference.started"] + ["participant.present"] * 2 + ["watch.started"], first.types)
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
    once(state, space)
    before = digest(state)
    wrong = run(rollcall, arguments(state, space), space, token="wrong")
    expect("a wrong token is 77", 77, wrong.code)
    expect("and one line", 1, len(wrong.errors))
    expect("and tells nothing but the stop", ["watch.stopped"], wrong.types)


@check
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
    expect("after half a minute", True, 29 <= time.monotonic() - began <= 34)


@check
def a_reader_that_left_gets_the_line_again(folder):
    space, state = Space(people=5), f"{folder}/state"
    sid = space.sids[0]
    first = watch(state, space, reads=False)
    head = first.process.stdout.readline()
    first.process.stdout.close()
    first.until(lambda _: first.process.poll() is not None, 10)
    expect("the end", -signal.SIGPIPE, first.wait())
    second = once(state, space)
    # What was in the pipe counts as read: nothing else is known of it.
    expect("what is left comes again, in order", True,
           second.types in (["watch.stopped"], []) or second.lines == stored(state)[-len(second.lines):])
    lines = stored(state)
    space.change(sid, min(space.rooms[sid]), muted=True)
    blocked, ours = os.pipe()
    os.close(blocked)
    closed = subprocess.run([rollcall, *arguments(state, space)], stdout=ours, stderr=subprocess.DEVNULL,
                            env=environment(space), timeout=30)
    os.close(ours)
    expect("a reader that is gone already", -signal.SIGPIPE, closed.returncode)
    third = once(state, space)
    written = stored(state)
    expect("the unwritten lines come first and unchanged", written[len(lines):], third.lines)


def environment(space):
    return {"SIGNALWIRE_SPACE": space.origin, "SIGNALWIRE_PROJECT_ID": PROJECT, "SIGNALWIRE_API_TOKEN": space.token}


@check
def a_webhook_that_is_down(folder):
    space, state, port = Space(people=3), f"{folder}/state", unused_port()
    url = f"http://127.0.0.1:{port}/hook"
    first = run(rollcall, arguments(state, space, "--once", "--webhook", url, "-q"), space)
    expect("exit", 0, first.code)
    sid = space.sids[0]
    space.leave(sid, min(space.rooms[sid]))
    receiver = Receiver(port=port)
    second = once(state, space, "--webhook", url)
    expect("the next run ends well", 0, second.code)
    expect("everything is delivered, the old first", stored(state), [body for _, body in receiver.bodies])
    late = Receiver()
    space.leave(sid, min(space.rooms[sid]))
    once(state, space, "--webhook", url, "--webhook", late.url)
    expect("a new target begins with its run", stored(state)[-1:], [body for _, body in late.bodies])
    expect("the stream", [], faults_of_stream(state, first.lines + second.lines + stored(state)[-1:], receiver.bodies))


@check
def what_is_kept(folder):
    space, state, port = Space(people=3), f"{folder}/state", unused_port()
    sid = space.sids[0]
    url = f"http://127.0.0.1:{port}/hook"
    once(state, space, "--keep", "1h")
    waiting = once(state, space, "--webhook", url)
    space.leave(sid, min(space.rooms[sid]))
    once(state, space, "--webhook", url, "--keep", "1h", "--webhook-max-age", "168h")
    connection = sqlite3.connect(state)
    connection.execute("UPDATE event SET at = at - 7200000")
    connection.commit()
    connection.close()
    run_ = once(state, space, "--webhook", url, "--keep", "1h", "--webhook-max-age", "168h")
    expect("what a target waits for is kept", [(5, 5)], rows(state, "SELECT min(sequence), max(sequence) FROM event"))
    receiver = Receiver(port=port)
    once(state, space, "--webhook", url, "--keep", "1h", "--webhook-max-age", "168h")
    expect("and delivered", 1, len(receiver.bodies))
    connection = sqlite3.connect(state)
    connection.execute("UPDATE event SET at = at - 7200000")
    connection.execute("UPDATE target SET taken = 4 WHERE name = 'stdout'")
    connection.commit()
    connection.close()
    space.leave(sid, min(space.rooms[sid]))
    again = once(state, space, "--keep", "1h")
    expect("standard output's as well", ["participant.left", "participant.left"], again.types)
    expect("the sequence goes on", [5, 6], [json.loads(line)["sequence"] for line in again.lines])


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest(), os.stat(path).st_mtime_ns


def refused(what, code, state, space, word=None, **how):
    before = digest(state) if os.path.isfile(state) else None
    result = once(state, space, **how)
    expect(f"{what}: exit", code, result.code)
    expect(f"{what}: one line", 1, len(result.errors))
    expect(f"{what}: nothing is told", [], result.lines)
    if word:
        expect(f"{what}: says {word}", True, word in " ".join(result.errors))
    if before:
        expect(f"{what}: untouched", before, digest(state))


@check
def files_that_are_refused(folder):
    space, good = Space(conferences=3, people=20), f"{folder}/good"
    once(good, space)
    size = os.path.getsize(good)
    with open(good, "rb") as file:
        content = file.read()
    dice = random.Random(1)

    def spoiled(name, data):
        path = f"{folder}/{name}"
        with open(path, "wb") as file:
            file.write(data)
        return path

    refused("a directory", 73, folder, space, "directory")
    refused("a missing directory", 73, f"{folder}/none/state", space)
    refused("a device", 73, "/dev/null", space)
    os.mkfifo(f"{folder}/pipe")
    refused("a pipe", 73, f"{folder}/pipe", space)
    for cut in (1, 15, 99, 100, 512, 4096, 4097, 8192, size // 2, size - 4096, size - 1):
        refused(f"cut to {cut}", 65, spoiled(f"cut{cut}", content[:cut]), space)
    refused("zeros", 65, spoiled("zeros", bytes(size)), space)
    refused("random bytes", 65, spoiled("random", dice.randbytes(size)), space)
    refused("a photo", 65, spoiled("photo.png", b"\x89PNG\r\n\x1a\n" + dice.randbytes(5000)), space)
    for seed in range(8):
        dice = random.Random(seed)
        page = dice.randrange(1, size // 4096) * 4096
        bad = bytearray(content)
        bad[page:page + 4096] = dice.randbytes(4096)
        refused(f"a page at {page} of noise", 65, spoiled(f"noise{seed}", bad), space)
    newer = spoiled("newer", content)
    connection = sqlite3.connect(newer)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    refused("a later version", 65, newer, space, "later version")
    # The same, but as far as the log beside the file: its writer was killed.
    source = spoiled("source", content)
    connection = sqlite3.connect(source)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA user_version = 99")
    unsaved = spoiled("unsaved", open(source, "rb").read())
    shutil.copy(source + "-wal", unsaved + "-wal")
    connection.close()
    log = digest(unsaved + "-wal")
    refused("a later version in its log", 65, unsaved, space, "later version")
    expect("its log is untouched", log, digest(unsaved + "-wal"))
    other = f"{folder}/other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE t (x)")
    connection.commit()
    connection.close()
    refused("another database", 65, other, space, "no state file")
    refused("another space", 78, good, space, "belongs to", origin=f"http://localhost:{space.port}")
    # Left by a run of another account that was killed: its log is not ours to bring into the file.
    killed = watch(f"{folder}/killed", space)
    killed.until(started)
    killed.kill()
    log = digest(f"{folder}/killed-wal")
    refused("another space's file with a log", 78, f"{folder}/killed", space, "belongs to",
            origin=f"http://localhost:{space.port}")
    expect("its log is untouched", log, digest(f"{folder}/killed-wal"))
    with open(f"{folder}/killed-wal", "r+b") as file:
        file.truncate(os.path.getsize(f"{folder}/killed-wal") - 1000)
    expect("a log that is torn at its end", 0, once(f"{folder}/killed", space).code)
    expect("an empty file is a new one", 0, once(spoiled("empty", b""), space).code)
    expect("the good one", 0, once(good, space).code)
    os.chdir(folder)
    expect("a name that means memory to SQLite", 0, once(":memory:", space).code)
    expect("is a file like any other", True, len(stored(f"{folder}/:memory:")) > 0)


@check
def files_that_cannot_be_written(folder):
    if os.geteuid() != 0:
        return print("skipped: files that cannot be written (needs root, to be somebody else)")
    space, state = Space(people=2), f"{folder}/inner/state"
    os.mkdir(f"{folder}/inner")
    once(state, space)
    os.chmod(folder, 0o755)
    os.chmod(f"{folder}/inner", 0o755)
    os.chmod(state, 0o444)
    refused("a file that is read-only", 73, state, space, user="nobody")
    os.chmod(state, 0o666)
    refused("a directory that is read-only", 73, state, space, user="nobody")
    refused("a new file in it", 73, f"{folder}/inner/new", space, user="nobody")


@check
def many_at_once(folder):
    space, state = Space(people=2), f"{folder}/state"
    space.delay = 0.2
    runs = [watch(state, space) for _ in range(50)]
    end = time.monotonic() + 60
    while sum(run.process.poll() is None for run in runs) > 1 and time.monotonic() < end:
        time.sleep(0.05)
    alive = [run for run in runs if run.process.poll() is None]
    expect("one runs", 1, len(alive))
    for run in alive:
        run.until(started)
        expect("and ends well", 0, run.stop())
    held = [run for run in runs if run not in alive]
    expect("all others are 75", [75] * 49, [run.wait() for run in held])
    expect("each says it in one line", [1] * 49, [len(run.errors) for run in held])
    named = sum(f"process {alive[0].process.pid} " in run.errors[0] for run in held if alive)
    print(f"  {named} of 49 name the holder")
    expect("most name the holder", True, named > 0)
    expect("the stream", [], faults_of_stream(state, alive[0].lines, None, space.truth()) if alive else None)


@check
def a_full_disk(folder):
    disk = f"{folder}/disk"
    os.mkdir(disk)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], stderr=subprocess.DEVNULL).returncode:
        return print("skipped: a full disk (cannot mount a tmpfs here)")
    try:
        space, receiver, state = Space(people=6), Receiver(), f"{disk}/state"
        sid = space.sids[0]
        run_ = watch(state, space, "--webhook", receiver.url)
        run_.until(started)
        space.lively = True
        expect("it is told", True, run_.until(lambda run: any("no room" in line for line in run.errors), 30))
        space.lively = False
        polls = space.polls
        time.sleep(3)
        expect("polls pause", True, space.polls - polls <= 1)
        expect("once", 1, sum("no room" in line for line in run_.errors))
        subprocess.run(["mount", "-o", "remount,size=8m", disk], check=True)
        expect("they go on", True, run_.until(lambda run: space.polls > polls + 10, 10))
        gone = min(space.rooms[sid])
        space.leave(sid, gone)
        expect("events go on", True, run_.until(lambda run: any(
            json.loads(line).get("call_sid") == gone and b".left" in line for line in run.lines), 10))
        expect("exit", 0, run_.stop())
        expect("everything is there", [], faults_of_stream(state, run_.lines, receiver.bodies, space.truth()))
        gaps = [json.loads(line)["reason"] for line in run_.lines if b"watch.resumed" in line]
        expect("a gap is told by its end alone, if it is one", True, set(gaps) <= {"disk_full"})
    finally:
        subprocess.run(["umount", "-l", disk])


@check
def a_disk_that_stays_full(folder):
    disk = f"{folder}/disk"
    os.mkdir(disk)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], stderr=subprocess.DEVNULL).returncode:
        return print("skipped: a disk that stays full (cannot mount a tmpfs here)")
    try:
        space, state = Space(people=6), f"{disk}/state"
        tables = once(state, space)
        expect("too small for the tables: exit", 73, tables.code)
        expect("too small for the tables: one line", 1, len(tables.errors))
        subprocess.run(["mount", "-o", "remount,size=160k", disk], check=True)
        small = watch(state, space)
        space.lively = True
        expect("it is told", True, small.until(lambda run: any("no room" in line for line in run.errors), 20))
        expect("and goes on", None, small.process.poll())
        small.process.send_signal(signal.SIGTERM)
        ended = small.until(lambda run: run.process.poll() is not None, 12)
        expect("it can be ended", True, ended)
        if not ended:
            small.kill()
        # Whoever reads it needs room for an index.
        os.mkdir(f"{folder}/copy")
        for name in os.listdir(disk):
            shutil.copy(f"{disk}/{name}", f"{folder}/copy/{name}")
        expect("what is written is what is stored", stored(f"{folder}/copy/state"), small.lines)
        space.lively = False
        subprocess.run(["mount", "-o", "remount,size=8m", disk], check=True)
        after = once(state, space)
        expect("and the rest follows", [], faults_of_stream(state, small.lines + after.lines, None, space.truth()))
    finally:
        subprocess.run(["umount", "-l", disk])


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
        expect(f"{call} {number}: exit", 74, broken.wait())
        expect(f"{call} {number}: one line", 1, len(broken.errors))
        space.lively = False
        after = once(state, space)
        expect(f"{call} {number}: the next run", [],
               faults_of_stream(state, broken.lines + after.lines, None, space.truth()))


@check
def killed_while_it_makes_the_tables(folder):
    if not shutil.which("strace"):
        return print("skipped: killed while it makes the tables (needs strace)")
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
            expect(f"{call} {number}: the next run", 0, after.code)
            expect(f"{call} {number}: the stream", [],
                   faults_of_stream(state, killed.lines + after.lines, None, space.truth()))


def perform(function):
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        try:
            function(folder)
        except Exception as error:
            failures.append(function.__name__)
            print(f"FAILED: {function.__name__}: {error!r} at line {error.__traceback__.tb_next.tb_lineno}", flush=True)
        print(f"done: {function.__name__.replace('_', ' ')} ({time.monotonic() - began:.1f} s)", flush=True)


chosen = [function for function in CHECKS if not words or any(word in function.__name__ for word in words)]
# Those that mostly wait go on beside the others.
waiting = (the_unreachable_space, a_webhook_that_is_down, what_is_kept)
slow = [threading.Thread(target=perform, args=(function,)) for function in chosen if function in waiting]
for thread in slow:
    thread.start()
for function in chosen:
    if function not in waiting:
        perform(function)
for thread in slow:
    thread.join()
sys.exit(bool(failures))
