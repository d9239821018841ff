"""Helpers for the checks of state files, which run the command and compare results. Standard library only."""

import json, os, sqlite3, sys, tempfile, time
from kit.command_run import Run, run

rollcall = os.path.realpath(sys.argv[1])
failures = []


def check(function):
    """Marks a check, which gets a folder of its own."""
    function.waits = False
    return function


def waiting_check(function):
    """Marks a check that mostly waits, so that it runs beside the others."""
    function.waits = True
    return function


def checks_of(module):
    return [each for each in vars(module).values() if hasattr(each, "waits")]


def perform(function):
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        try:
            function(folder)
        except Exception as error:
            failures.append(function.__name__)
            print(f"FAILED: {function.__name__}: {error!r} at line {error.__traceback__.tb_next.tb_lineno}", flush=True)
        print(f"done: {function.__name__.replace('_', ' ')} ({time.monotonic() - began:.1f} s)", flush=True)


def expect(what, wanted, found):
    if wanted != found:
        failures.append(what)
        print(f"FAILED: {what}: expected {wanted!r}, found {found!r}", flush=True)


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


def alter(path, *statements):
    """Executes statements on a database that no process has open."""
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
