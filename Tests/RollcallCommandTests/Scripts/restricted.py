#!/usr/bin/env python3
"""Runs rollcall where the system withholds something: /proc, descriptors, file sizes, the name of the user.

Usage: restricted.py PATH-OF-ROLLCALL
The check without /proc needs mount namespaces, and the one about the user needs root; if they are missing, the script says
so and continues.
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
        return print("skipped: without /proc (no mount namespaces)")
    versions = [run(rollcall, ["version"], wrapper=way).lines for way in ([], hidden)]
    check(versions[0] == versions[1] != [], "without /proc, the version is told")
    once = ["watch", space.sids[0], "--once"]
    kinds = [run(rollcall, once, space, wrapper=way).types for way in ([], hidden)]
    check(kinds[0] == kinds[1] and "watch.started" in kinds[0], "without /proc, a watch is one", kinds)
    wrong = run(rollcall, [*once, "--intervall", "2s"], space, wrapper=hidden)
    check(wrong.code == 64 and "--intervall" in wrong.errors[0], "without /proc, an unknown option is 64, and named")


def few_descriptors(space, folder):
    once = ["watch", space.sids[0], "--once", "--state", f"{folder}/few", "--webhook", f"http://127.0.0.1:{space.port}/"]
    few = run(rollcall, once, space, wrapper=limited("-n", LEAST_OPEN_FILES - 1))
    line = "rollcall: this process may open only 31 files at a time; raise the limit (ulimit -n) to at least 32"
    check((few.code, few.errors) == (78, [line]), "too few descriptors are 78, in one line", few.errors)
    enough = run(rollcall, once, space, wrapper=limited("-n", LEAST_OPEN_FILES))
    check("watch.started" in enough.types, "the least number of descriptors is enough", enough.errors)
    check(run(rollcall, ["version"], wrapper=limited("-n", 6)).code == 0, "the version needs hardly any")


def no_descriptors_left():
    space = Closing()
    watch = Run(rollcall, ["watch", space.sids[0], "--interval", "100ms"], space)
    check(watch.until(lambda run: "watch.started" in run.types), "a watch begins", watch.errors)
    pid = watch.process.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    kept = 0
    while os.path.exists(link := f"/proc/{pid}/fd/{kept}") and "socket:" not in os.readlink(link):
        kept += 1
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (kept, hard))
    told = f"no descriptors left for a connection to 127.0.0.1 port {space.port}; raise the limit of open files (ulimit -n)"
    check(watch.until(lambda run: any(told in line for line in run.errors)), "later it says that none is left", watch.errors)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
    check(watch.until(lambda run: "all polls succeed again" in run.errors[-1]), "and goes on", watch.errors)
    check(watch.stop() == 0, "and ends well")


def small_files(space, folder):
    once = ["watch", space.sids[0], "--once"]
    tables = run(rollcall, [*once, "--state", f"{folder}/small"], space, wrapper=limited("-f", 1))
    reason = "it has reached the limit on file sizes (ulimit -f)"
    check(tables.code == 73 and len(tables.errors) == 1 and reason in tables.errors[0],
          "a state file that may not grow is 73, in one line", tables.errors)
    environment = dict(SIGNALWIRE_SPACE=space.origin, SIGNALWIRE_PROJECT_ID="p", SIGNALWIRE_API_TOKEN="t")
    with open(f"{folder}/shown", "wb") as file:
        shown = subprocess.run([*limited("-f", 1), rollcall, "help", "--man"], env=environment, stdout=file, stderr=subprocess.PIPE)
    check(shown.returncode == 74 and b"standard output cannot be written (File too large)" in shown.stderr,
          "an output that may not grow is 74", shown)
    lively = Space(people=6)
    lively.lively = True
    watch = Run(rollcall, ["watch", lively.sids[0], "--state", f"{folder}/grown", "--interval", "100ms"], lively,
                wrapper=limited("-f", 200))
    told = f"there is no room for the state file: {reason}"
    check(watch.until(lambda run: any(told in line for line in run.errors), 30), "one that has grown is told of", watch.errors)
    check(watch.process.poll() is None, "the watch goes on")
    resource.prlimit(watch.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    lively.lively = False
    check(watch.until(lambda run: "there is room for the state file again" in "".join(run.errors)), "and stores the rest")
    check(watch.stop() == 0, "and ends well", watch.errors)
    told = [json.loads(line)["sequence"] for line in watch.lines]
    check(told == list(range(1, len(told) + 1)), "nothing is lost")


def nameless(space):
    try:
        watched = run(rollcall, ["watch", space.sids[0], "--once"], space, user=NAMELESS)
    except OSError as error:
        return print(f"skipped: as a user without a name ({error})")
    check(watched.code == 0 and "watch.started" in watched.types, "a user without a name can watch", watched.errors)


with tempfile.TemporaryDirectory() as folder:
    shared = Space()
    without_proc(shared)
    few_descriptors(shared, folder)
    no_descriptors_left()
    small_files(shared, folder)
    nameless(shared)
