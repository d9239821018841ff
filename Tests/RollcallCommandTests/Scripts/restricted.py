#!/usr/bin/env python3
"""Runs rollcall on a restricted system: without /proc, with few descriptors, with limited file sizes, and as a nameless user.

Usage: restricted.py PATH-OF-ROLLCALL
The check without /proc needs mount namespaces, and the one as a nameless user needs root. A check that cannot run says
so and is skipped.
"""

import json, os, resource, subprocess, sys, tempfile
from kit.command_run import Run, run
from kit.fake_space import Space
from kit.verdict import check

rollcall = os.path.realpath(sys.argv[1])
LEAST_OPEN_FILES = 32
NAMELESS = 54321  # no such user
HIDE = 'mount -t tmpfs none /proc && [ ! -e /proc/self ] && exec "$@"'
WAYS = [["unshare", way, "--propagation", "private", "bash", "-c", HIDE, "-"] for way in ("-m", "-rm")]


class Closing(Space):
    """Makes each request open its own connection."""

    def get(self, request):
        request.close_connection = True
        super().get(request)


def limited(option, number):
    return ["bash", "-c", f'ulimit -S {option} {number}; exec "$@"', "-"]


def without_proc(space):
    hidden = next((way for way in WAYS if not subprocess.run([*way, "true"], capture_output=True).returncode), None)
    if hidden is None:
        return print("skipped: runs without /proc (mount namespaces are not available)")
    versions = [run(rollcall, ["version"], wrapper=way).lines for way in ([], hidden)]
    check(versions[0] == versions[1] != [], "version works without /proc")
    once = ["watch", space.sids[0], "--once"]
    kinds = [run(rollcall, once, space, wrapper=way).types for way in ([], hidden)]
    check(kinds[0] == kinds[1] and "watch.started" in kinds[0], "a watch emits the same types of events without /proc", kinds)
    wrong = run(rollcall, [*once, "--intervall", "2s"], space, wrapper=hidden)
    check(wrong.code == 64 and "--intervall" in wrong.errors[0], "without /proc, an unknown option is named and gives exit status 64")


def few_descriptors(space, folder):
    once = ["watch", space.sids[0], "--once", "--state", f"{folder}/few", "--webhook", f"http://127.0.0.1:{space.port}/"]
    few = run(rollcall, once, space, wrapper=limited("-n", LEAST_OPEN_FILES - 1))
    line = "rollcall: this process may open only 31 files at a time; raise the limit (ulimit -n) to at least 32"
    check((few.code, few.errors) == (78, [line]), "too few descriptors give exit status 78 and one line", few.errors)
    enough = run(rollcall, once, space, wrapper=limited("-n", LEAST_OPEN_FILES))
    check("watch.started" in enough.types, f"{LEAST_OPEN_FILES} descriptors are enough", enough.errors)
    check(run(rollcall, ["version"], wrapper=limited("-n", 6)).code == 0, "version needs only 6 descriptors")


def no_descriptors_left():
    space = Closing()
    watch = Run(rollcall, ["watch", space.sids[0], "--interval", "100ms"], space)
    check(watch.until(lambda run: "watch.started" in run.types), "a watch starts", watch.errors)
    pid = watch.process.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    kept = 0
    while os.path.exists(link := f"/proc/{pid}/fd/{kept}") and "socket:" not in os.readlink(link):
        kept += 1
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (kept, hard))
    told = f"no descriptors left for a connection to 127.0.0.1 port {space.port}; raise the limit of open files (ulimit -n)"
    check(watch.until(lambda run: any(told in line for line in run.errors)), "the watch reports that no descriptors are left", watch.errors)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
    check(watch.until(lambda run: "all polls succeed again" in run.errors[-1]), "the watch recovers once there are descriptors again", watch.errors)
    check(watch.stop() == 0, "the watch ends with status 0")


def small_files(space, folder):
    once = ["watch", space.sids[0], "--once"]
    tables = run(rollcall, [*once, "--state", f"{folder}/small"], space, wrapper=limited("-f", 1))
    reason = "it has reached the limit on file sizes (ulimit -f)"
    check(tables.code == 73 and len(tables.errors) == 1 and reason in tables.errors[0],
          "a state file that may not grow gives exit status 73 and one line", tables.errors)
    environment = dict(SIGNALWIRE_SPACE=space.origin, SIGNALWIRE_PROJECT_ID="p", SIGNALWIRE_API_TOKEN="t")
    with open(f"{folder}/shown", "wb") as file:
        shown = subprocess.run([*limited("-f", 1), rollcall, "help", "--man"], env=environment, stdout=file, stderr=subprocess.PIPE)
    check(shown.returncode == 74 and b"standard output cannot be written (File too large)" in shown.stderr,
          "an output file that may not grow gives exit status 74", shown)
    lively = Space(people=6)
    lively.lively = True
    watch = Run(rollcall, ["watch", lively.sids[0], "--state", f"{folder}/grown", "--interval", "100ms"], lively,
                wrapper=limited("-f", 200))
    told = f"there is no room for the state file: {reason}"
    check(watch.until(lambda run: any(told in line for line in run.errors), 30), "a watch reports that its state file has reached the limit", watch.errors)
    check(watch.process.poll() is None, "the watch keeps running")
    resource.prlimit(watch.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    lively.lively = False
    check(watch.until(lambda run: "there is room for the state file again" in "".join(run.errors)), "the watch stores the rest once the limit is raised")
    check(watch.stop() == 0, "the watch ends with status 0", watch.errors)
    told = [json.loads(line)["sequence"] for line in watch.lines]
    check(told == list(range(1, len(told) + 1)), "no event is lost")


def nameless(space):
    try:
        watched = run(rollcall, ["watch", space.sids[0], "--once"], space, user=NAMELESS)
    except OSError as error:
        return print(f"skipped: a run as a user without a name ({error})")
    check(watched.code == 0 and "watch.started" in watched.types, "a user without a name can watch", watched.errors)


with tempfile.TemporaryDirectory() as folder:
    shared = Space()
    without_proc(shared)
    few_descriptors(shared, folder)
    no_descriptors_left()
    small_files(shared, folder)
    nameless(shared)
