#!/usr/bin/env python3
"""Sends a stream to rsyslog and syslog-ng with the configurations of examples/pipelines.

Usage: examples_syslog.py PATH-OF-ROLLCALL FOLDER-OF-SYSLOG-NG
Debian's syslog-ng-core must have been unpacked into the folder, since it cannot be installed beside rsyslog.
"""

import json, os, signal, subprocess, sys, tempfile
from kit.examples import EXAMPLES, environment, simulated, text
from kit.verdict import check
from kit.waiting import until

rollcall, unpacked = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
NOBODY = 65534


def coached(events, time):
    return [f"{time(e['timestamp'])} {e['call_sid']} coaches {e['call_sid_to_coach']}" for e in events
            if e["type"] == "participant.coaching_started"]


def rsyslog():
    """Runs rsyslog without privileges, on files of its own."""
    demo = subprocess.run([rollcall, "demo"], capture_output=True, text=True, check=True).stdout
    events = [json.loads(line) for line in demo.splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        source = f"{folder}/events.ndjson"
        with open(source, "w") as file:
            file.write(demo + "no JSON\n")
        variables = dict(PATH=os.environ["PATH"], ROLLCALL_EVENTS=source, ROLLCALL_OUT=folder, ROLLCALL_WORK=folder)
        unprivileged = dict(user=NOBODY, group=NOBODY, extra_groups=[]) if os.geteuid() == 0 else {}
        # The project's folder need not be readable for other users.
        with open(f"{folder}/conf", "w") as copy:
            copy.write(text(f"{EXAMPLES}/pipelines/rsyslog.conf"))
        os.chmod(f"{folder}/conf", 0o644)

        def run(condition):
            daemon = subprocess.Popen(["rsyslogd", "-n", "-f", f"{folder}/conf", "-i", f"{folder}/pid"], env=variables,
                                      stderr=subprocess.PIPE, **unprivileged)
            until(condition)
            daemon.send_signal(signal.SIGTERM)
            return daemon.communicate()[1].decode()

        errors = run(lambda: text(f"{folder}/archive.ndjson") == demo and text(f"{folder}/unreadable.log"))
        check(text(f"{folder}/archive.ndjson") == demo, "rsyslog archives every line unchanged", errors)
        check(text(f"{folder}/alerts.log").splitlines() == coached(events, str), "rsyslog reads the fields of events")
        check(text(f"{folder}/unreadable.log") == "no JSON\n", "rsyslog puts lines that are not events into a file of their own")
        with open(source, "a") as file:
            file.write(demo)
        errors = run(lambda: text(f"{folder}/archive.ndjson") == demo * 2)
        check(text(f"{folder}/archive.ndjson") == demo * 2, "rsyslog continues where it was after a restart", errors)


def syslog_ng():
    """syslog-ng starts rollcall, is restarted in the middle of a conference, and misses nothing."""
    with tempfile.TemporaryDirectory() as folder, simulated(rollcall, ["agent", "caller"]) as space:
        agent, caller = space.people
        state, archive = f"{folder}/state.db", f"{folder}/archive.ndjson"
        variables = environment(space) | dict(ROLLCALL_STATE=state, ROLLCALL_OUT=folder)
        variables["PATH"] = f"{os.path.dirname(rollcall)}:{variables['PATH']}"
        libraries = f"{unpacked}/usr/lib/syslog-ng"
        modules = next(entry.path for entry in os.scandir(libraries) if entry.is_dir())
        command = [f"{unpacked}/usr/sbin/syslog-ng", "-F", "--no-caps", "--module-path", modules,
                   "-f", f"{EXAMPLES}/pipelines/syslog-ng.conf", f"--persist-file={folder}/persist",
                   f"--control={folder}/control", f"--pidfile={folder}/pid"]

        def run(change, condition):
            daemon = subprocess.Popen(command, env=variables | dict(LD_LIBRARY_PATH=libraries), stderr=subprocess.PIPE)
            until(lambda: '"type":"watch.started"' in text(archive) or daemon.poll() is not None)
            space.change(caller, **change)
            came = until(condition)
            daemon.send_signal(signal.SIGTERM)
            errors = daemon.communicate()[1].decode()
            check(came, "syslog-ng gets the events", errors)

        def history():
            run = subprocess.run([rollcall, "events", "--state", state, "--format", "ndjson"], capture_output=True, text=True)
            return run.stdout

        run(dict(Hold="true"), lambda: '"participant.held"' in text(archive))
        # The file is in use until the watch has drained.
        idle = [rollcall, "watch", "--all", "--once", "--no-stdout", "--quiet", "--state", state]
        check(until(lambda: subprocess.run(idle, env=variables).returncode == 0), "syslog-ng ends rollcall when it stops")
        space.change(caller, Hold="false")
        run(dict(Coaching="true", CallSidToCoach=agent),
            lambda: text(f"{folder}/alerts.log") and '"participant.unheld"' in text(archive))
        check(until(lambda: subprocess.run(idle, env=variables).returncode == 0), "syslog-ng ends rollcall when it stops again")
        told = text(archive).splitlines()
        stored = history().splitlines()
        check(told == stored[:len(told)], "syslog-ng archives every line unchanged and in order, across a restart",
              (len(told), len(stored)))
        events = [json.loads(line) for line in told]
        check(any(event.get("reason") == "restart" for event in events), "the stream reports the restart")
        expected = coached(events, lambda time: time.replace("Z", "+00:00"))
        check(expected and text(f"{folder}/alerts.log").splitlines() == expected, "syslog-ng reads the fields of events",
              text(f"{folder}/alerts.log"))


rsyslog()
syslog_ng()
