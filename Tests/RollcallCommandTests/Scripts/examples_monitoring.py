#!/usr/bin/env python3
"""Tests the rules of examples/monitoring with promtool, and runs Prometheus and Alertmanager with them against a watch.

Usage: examples_monitoring.py PATH-OF-ROLLCALL
"""

import collections, contextlib, json, os, re, subprocess, sys, tempfile, urllib.error, urllib.parse, urllib.request
from kit.command_run import Run
from kit.examples import EXAMPLES, text
from kit.fake_space import Space
from kit.loopback import Handler, serve, unused_port
from kit.verdict import check
from kit.waiting import until

rollcall = os.path.realpath(sys.argv[1])
FOLDER = f"{EXAMPLES}/monitoring"
health, port = unused_port(), unused_port()


def promtool(*words, **options):
    run = subprocess.run(["promtool", *words], capture_output=True, text=True, **options)
    check(run.returncode == 0, f"promtool {' '.join(words[:2])}", run.stdout + run.stderr)


def ask(path, **query):
    """Returns Prometheus' answer; nothing if it does not answer yet."""
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
    check(alerts == tested, f"the rules' tests make each of the {len(alerts)} alerts fire", alerts ^ tested)
    return set(re.findall(r"rollcall_\w+", "".join(re.findall(r"expr: (.*)", rules))))


def quick(folder, manager, notified):
    """Returns the same files with this run's ports, and with seconds instead of minutes."""
    changes = [("127.0.0.1:9090", f"127.0.0.1:{health}"), ("127.0.0.1:9093", f"127.0.0.1:{manager}"),
               ("127.0.0.1:9094", f"127.0.0.1:{notified}"), ("_interval: 15s", "_interval: 1s"), ("for: 1m", "for: 1s"),
               ("seconds > 60", "seconds > 3"), ("_wait: 10s", "_wait: 1s"), ("group_interval: 1m", "group_interval: 1s")]
    for name in ("prometheus.yaml", "rollcall.rules.yaml", "alertmanager.yaml"):
        content = text(f"{FOLDER}/{name}")
        for old, new in changes:
            content = content.replace(old, new)
        with open(f"{folder}/{name}", "w") as file:
            file.write(content)


class Notified:
    """A receiver of Alertmanager's messages: keeps the last status of each alert, and how often it fired."""

    def __init__(self):
        self.status, self.fired = {}, collections.Counter()
        notified = self

        class Posted(Handler):
            def do_POST(self):
                for alert in json.loads(self.rfile.read(int(self.headers["Content-Length"])))["alerts"]:
                    key = (self.path.strip("/"), alert["labels"]["alertname"])
                    if notified.status.get(key) != alert["status"]:
                        notified.fired[key] += alert["status"] == "firing"
                    notified.status[key] = alert["status"]
                self.answer(200, b"{}")

        self.port = serve(Posted).server_address[1]

    def says(self, name, status, receivers=("pager", "channel")):
        return all(self.status.get((receiver, name)) == status for receiver in receivers)


class Hook:
    """A webhook that can be made to accept or refuse events."""

    def __init__(self):
        self.takes = True
        hook = self

        class Posted(Handler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(204 if hook.takes else 503)

        self.url = f"http://127.0.0.1:{serve(Posted).server_address[1]}/"


def seen(named):
    """Prometheus scrapes a watch, and Alertmanager reports three problems and their ends."""
    space, hook, notified, manager = Space(people=2), Hook(), Notified(), unused_port()
    words = ["watch", space.sids[0], "--interval", "500ms", "--health", str(health), "--no-stdout", "-q", "--webhook", hook.url]
    with tempfile.TemporaryDirectory() as folder:
        quick(folder, manager, notified.port)
        subprocess.run(["amtool", "check-config", f"{folder}/alertmanager.yaml"], check=True, stdout=subprocess.DEVNULL)
        watch, processes = Run(rollcall, words, space), []
        try:
            check(until(lambda: "_bucket" in (metrics() or "")), "the watch serves its metrics")
            promtool("check", "metrics", input=metrics())
            known = set(re.findall(r"(?m)^(rollcall_\w+)", metrics()))
            check(named and named <= known, "every metric that the rules name exists", named - known)
            for command in (["prometheus-alertmanager", f"--config.file={folder}/alertmanager.yaml", f"--storage.path={folder}/told",
                             f"--web.listen-address=127.0.0.1:{manager}", "--cluster.listen-address="],
                            ["prometheus", f"--config.file={folder}/prometheus.yaml", f"--storage.tsdb.path={folder}/data",
                             f"--web.listen-address=127.0.0.1:{port}"]):
                processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            check(until(lambda: value("rollcall_participants") == ["2"], 60), "Prometheus has the number of participants",
                  value("rollcall_participants"))
            check(not notified.status, "no alert fires while there is no problem", notified.status)

            space.delay = 16
            tell(notified, "RollcallConferenceStalled", "firing")
            space.delay = 0
            tell(notified, "RollcallConferenceStalled", "resolved")

            hook.takes = False
            with space.lock:
                space.enter(space.sids[0])
            tell(notified, "RollcallEventsWait", "firing")
            hook.takes = True
            tell(notified, "RollcallEventsWait", "resolved")

            watch.kill()
            tell(notified, "RollcallGone", "firing")
            watch = Run(rollcall, words, space)
            tell(notified, "RollcallGone", "resolved")
            for name in ("RollcallConferenceStalled", "RollcallEventsWait", "RollcallGone"):
                check(notified.fired["pager", name] == 1, f"{name} reaches the pager once", notified.fired)
        finally:
            watch.kill()
            for process in processes:
                process.kill()
                process.wait()


def tell(notified, name, status):
    check(until(lambda: notified.says(name, status), 120), f"{name} is {status} at both receivers", notified.status)


seen(files())
