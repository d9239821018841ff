#!/usr/bin/env python3
"""Tries Prometheus' rules of examples/monitoring with promtool, and has a Prometheus ask a watch and raise an alert.

Usage: examples_monitoring.py PATH-OF-ROLLCALL
"""

import contextlib, json, os, re, subprocess, sys, tempfile, urllib.error, urllib.parse, urllib.request
from kit.examples import EXAMPLES, environment, simulated, text
from kit.loopback import unused_port
from kit.verdict import check
from kit.waiting import until

rollcall = os.path.realpath(sys.argv[1])
FOLDER = f"{EXAMPLES}/monitoring"
health, port = unused_port(), unused_port()


def promtool(*words, **options):
    run = subprocess.run(["promtool", *words], capture_output=True, text=True, **options)
    check(run.returncode == 0, f"promtool {' '.join(words[:2])}", run.stdout + run.stderr)


def ask(path, **query):
    """What Prometheus says, or nothing where it does not answer yet."""
    with contextlib.suppress(urllib.error.URLError, ConnectionError):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{path}?{urllib.parse.urlencode(query)}") as reply:
            return json.load(reply)["data"]


def value(query):
    found = ask("query", query=query)
    return found and [sample["value"][1] for sample in found["result"]]


def metrics():
    with contextlib.suppress(urllib.error.URLError, ConnectionError):
        with urllib.request.urlopen(f"http://127.0.0.1:{health}/metrics") as reply:
            return reply.read().decode()


def files():
    promtool("check", "config", f"{FOLDER}/prometheus.yaml")
    promtool("test", "rules", f"{FOLDER}/rollcall.test.yaml")
    rules = text(f"{FOLDER}/rollcall.rules.yaml")
    alerts = set(re.findall(r"alert: (\w+)", rules))
    tested = set(re.findall(r"alertname: (\w+)\n +exp_alerts", text(f"{FOLDER}/rollcall.test.yaml")))
    check(alerts == tested, f"each of the {len(alerts)} alerts is seen to fire", alerts ^ tested)
    return set(re.findall(r"rollcall_\w+", "".join(re.findall(r"expr: (.*)", rules))))


def quick(folder):
    """The same files, with this run's ports, and seconds for their quarters and minutes."""
    for name in ("prometheus.yaml", "rollcall.rules.yaml"):
        content = text(f"{FOLDER}/{name}").replace("127.0.0.1:9090", f"127.0.0.1:{health}")
        content = content.replace("_interval: 15s", "_interval: 1s").replace("for: 1m", "for: 1s")
        with open(f"{folder}/{name}", "w") as file:
            file.write(content.split("alerting:")[0])
    return f"{folder}/prometheus.yaml"


def asked(named):
    """A Prometheus that asks a watch, until that is gone."""
    with tempfile.TemporaryDirectory() as folder, simulated(rollcall, ["agent", "caller"]) as space:
        watch = subprocess.Popen([rollcall, "watch", space.sid, "--health", str(health), "--no-stdout", "-q",
                                  "--webhook", "http://127.0.0.1:9/"], env=environment(space))
        prometheus = None
        try:
            check(until(lambda: "_bucket" in (metrics() or "")), "the watch answers")
            promtool("check", "metrics", input=metrics())
            known = set(re.findall(r"(?m)^(rollcall_\w+)", metrics()))
            check(named and named <= known, "what the rules name is there", named - known)
            prometheus = subprocess.Popen(
                ["prometheus", f"--config.file={quick(folder)}", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            check(until(lambda: value("rollcall_participants") == ["2"]), "Prometheus knows how many people there are",
                  value("rollcall_participants"))
            watch.kill()
            firing = lambda: [(one["labels"]["alertname"], one["labels"]["job"]) for one in (ask("alerts") or {}).get("alerts", ())
                              if one["state"] == "firing"]
            check(until(lambda: ("RollcallGone", "rollcall") in firing()), "and that the process is gone", firing())
        finally:
            for process in filter(None, (watch, prometheus)):
                process.kill()
                process.wait()


asked(files())
