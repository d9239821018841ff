"""Checks state files that are rejected, unwritable, or in use by another process. Run by state_files.py."""

import hashlib, os, random, shutil, sqlite3, time
from kit.fake_space import Space
from kit.state_checks import alter, check, expect, once, started, watch
from kit.stream import faults_of_stream, stored


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest(), os.stat(path).st_mtime_ns


def refused(what, code, state, space, word=None, **how):
    before = digest(state) if os.path.isfile(state) else None
    result = once(state, space, **how)
    expect(f"{what}: exit status", code, result.code)
    expect(f"{what}: error lines", 1, len(result.errors))
    expect(f"{what}: emitted lines", [], result.lines)
    if word:
        expect(f"{what}: the error contains {word!r}", True, word in " ".join(result.errors))
    if before:
        expect(f"{what}: contents afterwards", before, digest(state))


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
    alter(newer, "PRAGMA user_version = 99")
    refused("a later version", 65, newer, space, "later version")
    # The same value in the log beside the file, because its writer was killed.
    source = spoiled("source", content)
    connection = sqlite3.connect(source)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA user_version = 99")
    unsaved = spoiled("unsaved", open(source, "rb").read())
    shutil.copy(source + "-wal", unsaved + "-wal")
    connection.close()
    log = digest(unsaved + "-wal")
    refused("a later version in its log", 65, unsaved, space, "later version")
    expect("contents of the log afterwards", log, digest(unsaved + "-wal"))
    other = f"{folder}/other.db"
    alter(other, "CREATE TABLE t (x)")
    refused("another database", 65, other, space, "not a state file")
    refused("another space", 78, good, space, "belongs to", origin=f"http://localhost:{space.port}")
    # Left by a killed run of another account, whose log must not be merged into the file.
    killed = watch(f"{folder}/killed", space)
    killed.until(started)
    killed.kill()
    log = digest(f"{folder}/killed-wal")
    refused("another space's file with a log", 78, f"{folder}/killed", space, "belongs to",
            origin=f"http://localhost:{space.port}")
    expect("contents of the log afterwards", log, digest(f"{folder}/killed-wal"))
    with open(f"{folder}/killed-wal", "r+b") as file:
        file.truncate(os.path.getsize(f"{folder}/killed-wal") - 1000)
    expect("exit status with a log that is truncated", 0, once(f"{folder}/killed", space).code)
    expect("exit status with an empty file", 0, once(spoiled("empty", b""), space).code)
    expect("exit status with the valid file", 0, once(good, space).code)
    os.chdir(folder)
    expect("exit status with a name that means memory to SQLite", 0, once(":memory:", space).code)
    expect("that name is a file", True, len(stored(f"{folder}/:memory:")) > 0)


@check
def files_that_cannot_be_written(folder):
    if os.geteuid() != 0:
        return print("skipped: unwritable files (needs root, to run as another user)")
    space, state = Space(people=2), f"{folder}/inner/state"
    os.mkdir(f"{folder}/inner")
    once(state, space)
    os.chmod(folder, 0o755)
    os.chmod(f"{folder}/inner", 0o755)
    os.chmod(state, 0o444)
    refused("a file that is read-only", 73, state, space, "this user may not write it", user="nobody")
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
    expect("number of processes that run", 1, len(alive))
    for one in alive:
        one.until(started)
        expect("exit status of the process that runs", 0, one.stop())
    held = [run for run in runs if run not in alive]
    expect("exit statuses of the others", [75] * 49, [run.wait() for run in held])
    expect("error lines of the others", [1] * 49, [len(run.errors) for run in held])
    named = sum(f"process {alive[0].process.pid} " in run.errors[0] for run in held if alive)
    print(f"  {named} of 49 errors name the process that has the file")
    expect("some errors name the process that has the file", True, named > 0)
    expect("faults of the stream", [], faults_of_stream(state, alive[0].lines, None, space.truth()) if alive else None)
