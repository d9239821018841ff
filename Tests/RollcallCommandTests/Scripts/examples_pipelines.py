#!/usr/bin/env python3
"""Runs the examples that read events, and holds the others against the tools that know their form.

Usage: examples_pipelines.py PATH-OF-ROLLCALL (with the Python that has PyYAML)
"""

import json, os, re, shlex, signal, subprocess, sys, tempfile
import yaml
from kit.examples import EXAMPLES, simulated, text
from kit.verdict import check
from kit.waiting import until

rollcall = os.path.realpath(sys.argv[1])
NOBODY = 65534
demo = subprocess.run([rollcall, "demo"], capture_output=True, text=True, check=True).stdout
events = [json.loads(line) for line in demo.splitlines()]


def recipe(script, name, lines=demo):
    return subprocess.run([f"{EXAMPLES}/pipelines/{script}.sh", name], input=lines, capture_output=True, text=True,
                          check=True).stdout


def recipes():
    kinds = [event["type"] for event in events]
    check(recipe("jq", "joined").count("\n") == kinds.count("participant.joined") + kinds.count("participant.left"),
          "jq: who came and left")
    check(recipe("jq", "csv").count("\n") == sum("call_sid" in event for event in events), "jq: a table")
    stays = [json.loads(line) for line in recipe("jq", "stays").splitlines()]
    check([one["seconds"] for one in stays].count(None) == 2 and len(stays) == 4, "jq: stays", stays)
    peak = max(event.get("participant_count", 0) for event in events)
    check(list(json.loads(recipe("jq", "peak")).values()) == [peak], "jq: the most people at once")
    widths = [int(line.split()[1]) for line in recipe("jq", "window").splitlines()]
    check(widths and min(widths) >= 0, "jq: how exactly moments are known", widths)
    check(recipe("jq", "lost") == "", "jq: no hole")
    holed = "".join(line for line in demo.splitlines(True) if '"sequence":7,' not in line)
    check(recipe("jq", "lost", holed) == "6 8\n", "jq: a hole")
    gap = json.dumps(events[0] | {"type": "watch.resumed", "from": "a", "to": "b", "reason": "restart", "polls_missed": 3})
    check(recipe("jq", "gaps", gap) == "a b restart 3\n", "jq: gaps")
    table = dict(line.split() for line in recipe("miller", "types").splitlines()[1:])
    check(table == {kind: str(kinds.count(kind)) for kind in kinds}, "Miller: how many of each type", table)
    held = sum(event["lasted_ms"] for event in events if event["type"] == "participant.unheld") / 1000
    check(float(recipe("miller", "holds").splitlines()[1].split()[2]) == held, "Miller: times on hold")
    check({line.split(",")[2] for line in recipe("miller", "peaks").splitlines()[1:]} >= {str(peak)}, "Miller: peaks")


def syslog():
    """rsyslog without rights, on files of its own."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        source = f"{folder}/events.ndjson"
        with open(source, "w") as file:
            file.write(demo + "no JSON\n")
        environment = dict(PATH=os.environ["PATH"], ROLLCALL_EVENTS=source, ROLLCALL_OUT=folder, ROLLCALL_WORK=folder)
        unprivileged = dict(user=NOBODY, group=NOBODY, extra_groups=[]) if os.geteuid() == 0 else {}
        # The project need not be readable to others.
        with open(f"{EXAMPLES}/pipelines/rsyslog.conf") as original, open(f"{folder}/conf", "w") as copy:
            copy.write(original.read())
        os.chmod(f"{folder}/conf", 0o644)
        daemon = subprocess.Popen(["rsyslogd", "-n", "-f", f"{folder}/conf", "-i", f"{folder}/pid"], env=environment,
                                  stderr=subprocess.PIPE, **unprivileged)
        until(lambda: text(f"{folder}/archive.ndjson") == demo and text(f"{folder}/unreadable.log"))
        daemon.send_signal(signal.SIGTERM)
        errors = daemon.communicate()[1].decode()
        check(text(f"{folder}/archive.ndjson") == demo, "rsyslog keeps every line as it was", errors)
        coached = [f"{e['timestamp']} {e['call_sid']} coaches {e['call_sid_to_coach']}" for e in events
                   if e["type"] == "participant.coaching_started"]
        check(text(f"{folder}/alerts.log").splitlines() == coached, "rsyslog reads what is in them")
        check(text(f"{folder}/unreadable.log") == "no JSON\n", "rsyslog puts aside what is none")


def forms():
    """What is not run here is at least of its form."""
    for name in ("vector", "fluent-bit", "datadog"):
        with open(f"{EXAMPLES}/pipelines/{name}.yaml") as file:
            check(isinstance(yaml.safe_load(file), dict), f"{name}.yaml is YAML")
    for name in ("fluentd.conf", "logstash.conf", "loki.alloy"):
        plain = re.sub(r'"[^"]*"|(#|//).*', "", text(f"{EXAMPLES}/pipelines/{name}"))
        check(plain.count("{") == plain.count("}") and len(re.findall(r"<\w", plain)) == plain.count("</"),
              f"{name} closes what it opens")
    known = subprocess.run([rollcall, "help", "watch"], capture_output=True, text=True).stdout
    with open(f"{EXAMPLES}/kubernetes/rollcall.yaml") as file:
        documents = list(yaml.safe_load_all(file))
    check([one["kind"] for one in documents] == ["Service", "StatefulSet"], "kubernetes: a service and its pods")
    unit = text(f"{EXAMPLES}/systemd/rollcall@.service")
    for where, body in (("kubernetes", str(documents)), ("systemd", unit), ("cron", text(f"{EXAMPLES}/cron/rollcall"))):
        body = re.sub(r"(?m)^#.*", "", body)
        options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", body))
        check(options and all(f" {option} " in known for option in options), f"{where}: rollcall has these options", options)
    with tempfile.TemporaryDirectory() as folder:
        instance = f"{folder}/rollcall@support.service"
        with open(instance, "w") as file:
            file.write(unit.replace("/usr/local/bin/rollcall", rollcall))
        run = subprocess.run(["systemd-analyze", "verify", instance], capture_output=True, text=True)
        check(run.returncode == 0 and not run.stderr.strip(), "systemd takes the unit", run.stderr)


def cron():
    """The job as cron runs it: by sh, with the lines' variables, and nothing else."""
    with tempfile.TemporaryDirectory() as folder, simulated(
            rollcall, ["agent", "caller"], [dict(at_ms=1000, who="coach", do="join")], name="support") as space:
        lines = [line for line in text(f"{EXAMPLES}/cron/rollcall").splitlines() if line and not line.startswith("#")]
        variables = dict(line.split("=", 1) for line in lines[:-1])
        command = lines[-1].split(None, 6)[6]
        with open(f"{folder}/token", "w") as file:
            file.write(space.token)
        os.chmod(f"{folder}/token", 0o600)
        variables |= dict(SIGNALWIRE_SPACE=space.origin, STATE=f"{folder}/state.db", OPTIONS=f"--token-file {folder}/token",
                          SIGNALWIRE_PROJECT_ID=space.project,
                          PATH=f"{os.path.dirname(rollcall)}:{os.environ['PATH']}")
        out = f"{folder}/out.ndjson"
        job = command.replace("/var/log/rollcall.ndjson", shlex.quote(out))
        run = lambda: subprocess.run(["sh", "-c", job], env=variables, capture_output=True, text=True)
        check(run().returncode == 0 and '"type":"watch.started"' in text(out), "cron: the first look is a baseline", text(out))
        joined = lambda: run().returncode == 0 and '"type":"participant.joined"' in text(out)
        check(until(joined), "cron: a later one tells what has changed", text(out))


recipes()
syslog()
forms()
cron()
