#!/usr/bin/env python3
"""Checks that a watch's alerts reach Slack and a pager as in examples/alerts, across crashes of watch and pager.

Usage: examples_alerts.py PATH-OF-ROLLCALL (with the Python that has standardwebhooks and slack_sdk)
"""

import json, os, pathlib, re, shlex, subprocess, sys, tempfile, time
from kit.chat_stub import Slack
from kit.command_run import Run, run
from kit.examples import EXAMPLES, ROOT
from kit.fake_space import Space
from kit.loopback import Handler, serve, unused_port
from kit.verdict import check
from kit.waiting import until

rollcall = os.path.realpath(sys.argv[1])
KEY = "a routing key"


class Pager:
    """PagerDuty's documented Events API v2: a request that it would reject is a fault."""

    def __init__(self):
        self.told, self.faults, self.failures = [], [], 1
        pager = self

        class Enqueued(Handler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if pager.failures:
                    pager.failures -= 1
                    return self.answer(500, b"{}")
                pager.take(self.path, body)
                self.answer(202, b'{"status":"success"}')

        self.url = f"http://127.0.0.1:{serve(Enqueued).server_address[1]}/v2/enqueue"

    def take(self, path, body):
        payload = body.get("payload", {})
        rules = [path == "/v2/enqueue", body.get("routing_key") == KEY, body.get("event_action") in ("trigger", "resolve"),
                 0 < len(body.get("dedup_key", "")) <= 255, 0 < len(payload.get("summary", "")) <= 1024, payload.get("source"),
                 payload.get("severity") in ("critical", "warning", "error", "info")]
        if not all(rules):
            self.faults.append(body)
        self.told.append((body["event_action"], payload["class"], body["dedup_key"]))

    def open(self):
        """Returns the open incidents, by their key."""
        incidents = {}
        for action, alert, key in self.told:
            incidents.pop(key, None)
            if action == "trigger":
                incidents[key] = alert
        return sorted(incidents.values())


def receiver(port, secret, pager):
    environment = dict(PATH=os.environ["PATH"], ROLLCALL_WEBHOOK_SECRET=secret, PAGER_ROUTING_KEY=KEY, PAGER_URL=pager.url)
    process = subprocess.Popen([sys.executable, f"{EXAMPLES}/alerts/pager.py", str(port)], env=environment,
                               stderr=subprocess.PIPE, text=True)
    check("listening on" in process.stderr.readline(), "the pager's receiver listens")
    return process


def again(watch, words, space, slack):
    """Kills a watch and starts another, which cannot know when Slack, limited to one message per second, got the last one."""
    watch.kill()
    until(lambda: time.monotonic() - slack.moments[-1] > 1)
    return Run(rollcall, words, space)


def alerts(folder):
    space, slack, pager, port = Space(people=2), Slack(), Pager(), unused_port()
    sid, secret = space.sids[0], run(rollcall, ["secret"]).lines[0].decode()
    for name, content in {"slack-url": slack.url, "pager-secret": secret, "names": "call-000001 Anna\n",
                          "targets.json": pathlib.Path(f"{EXAMPLES}/alerts/targets.json").read_text().replace("8789", str(port))}.items():
        (folder / name).write_text(content)
        (folder / name).chmod(0o600)
    words = ["watch", sid, "--interval", "200ms", "--alert", "hold:2s", "--alert", "people:2:1s", "--targets", str(folder / "targets.json"),
             "--names", str(folder / "names"), "--state", str(folder / "state"), "--no-stdout"]
    paging, watch = receiver(port, secret, pager), Run(rollcall, words, space)
    with space.lock:
        space.change(sid, "call-000001", hold=True)
    check(watch.until(lambda _: any(re.match(r"• Alert: Anna has been on hold for \d+\.\d s", line) for line in slack.lines), 60),
          "Slack gets the alert about a participant on hold, with their name", f"{slack.messages} {watch.errors}")
    check(watch.until(lambda _: pager.open() == ["hold:2s"], 60), "the pager opens an incident although it failed at first", pager.told)
    watch = again(watch, words, space, slack)
    with space.lock:
        newcomer = space.enter(sid, label="Coach")
    check(watch.until(lambda _: pager.open() == ["hold:2s", "people:2:1s"], 60), "the pager opens a second incident after a crash", pager.told)
    check(watch.until(lambda _: any("Alert: the conference has had more than 2 participants for" in line for line in slack.lines), 60),
          "Slack gets the alert about the conference", slack.messages)
    paging.kill()
    paging.wait()
    with space.lock:
        space.change(sid, "call-000001", hold=False)
        space.leave(sid, newcomer)
    check(watch.until(lambda _: sum("Alert over: " in line for line in slack.lines) == 2, 60), "Slack gets the end of both alerts", slack.messages)
    paging, watch = receiver(port, secret, pager), again(watch, words, space, slack)
    check(watch.until(lambda _: pager.open() == [], 90), "the pager closes both incidents once the receiver is back", pager.told)
    # After a crash an event may be sent again, with the same key.
    check(len(set(pager.told)) == 4, "each incident is opened and closed with the same key", pager.told)
    raised = [line for line in slack.lines if line.startswith("• Alert: ")]
    check(len(raised) == 2, "no alert was raised twice", raised)
    check(not slack.faults and not pager.faults, "all requests were within the rules of Slack and the pager", slack.faults + pager.faults)
    watch.stop()
    paging.kill()


def coaching():
    """The coached call may be any text of the provider: it is printed on one line, and nothing in it affects a terminal."""
    hostile = "b\x1b[2J\u202e\n2026-11-23T10:00:00.250Z z coaches y"
    events = [dict(type=f"participant.coaching_{verb}", timestamp="2026-11-23T10:00:00.250Z", call_sid="a", call_sid_to_coach=whom)
              for verb, whom in (("started", hostile), ("stopped", None))]
    told = subprocess.run([f"{EXAMPLES}/pipelines/coaching.sh"], input="\n".join(map(json.dumps, events)), text=True,
                          capture_output=True, check=True)
    lines = told.stdout.splitlines()
    check(len(lines) == 2 and told.stdout.isascii() and "\x1b" not in told.stdout and lines[0].split()[2:4] ==
          ["coaches", "b??2J??2026-11-23T10:00:00.250Z?z?coaches?y"], "coaching: unsafe text is replaced", lines)
    check(lines[1].endswith("a no longer coaches somebody who is not named"), "coaching: a missing call has no name", lines)
    handed = subprocess.run([f"{EXAMPLES}/pipelines/coaching.sh", "printf", "ALERT %s\\n"], input="\n".join(map(json.dumps, events)),
                            text=True, capture_output=True, check=True)
    check(handed.stdout.splitlines() == [f"ALERT {line}" for line in lines], "coaching: the command gets each alert", handed)


def words_of_readme():
    """Returns the README's command that tells of one number."""
    readme = pathlib.Path(ROOT, "README.md").read_text()
    command = re.search(r"^rollcall (watch --all --alert hold:2m .*?)\n```", readme, re.S | re.M).group(1).replace("\\\n", " ")
    return shlex.split(command.replace("hold:2m", "hold:2s").replace("+12025550101", "+15550100"))


def one_number(folder, words, who):
    """Only the caller from one number is told of."""
    space, slack = Space(people=4), Slack()
    # The space knows that calls with even sids come from +15550100, and nothing of the others.
    targets = [dict(name="slack", url_file="slack-url", format="slack", events=["alert.*"], calls=["+15550100"])]
    files = {"slack-url": slack.url, "names": "+15550100 Anna\n", "targets.json": json.dumps(targets)}
    for name, content in files.items():
        (folder / name).write_text(content)
        (folder / name).chmod(0o600)
    watch = Run(rollcall, [str(folder / word) if word in files else word for word in words] + ["--interval", "200ms"], space)
    with space.lock:
        for call in "call-000001", "call-000002", "call-000003":
            space.change(space.sids[0], call, hold=True)
    check(watch.until(lambda _: any(f"Alert: {who} has been on hold for" in line for line in slack.lines), 60),
          f"Slack is told of the caller from one number as {who}", f"{slack.messages} {watch.errors}")
    with space.lock:
        for call in "call-000001", "call-000002", "call-000003":
            space.change(space.sids[0], call, hold=False)
    check(watch.until(lambda _: any(f"Alert over: {who} was on hold for" in line for line in slack.lines), 60), "Slack gets the end", slack.messages)
    check(all(who in line for line in slack.lines if "Alert" in line), "nobody else is told of", slack.lines)
    check(not slack.faults, "all requests were within the rules of Slack", slack.faults)
    watch.stop()


coaching()
with tempfile.TemporaryDirectory() as path:
    one_number(pathlib.Path(path), words_of_readme(), "Anna")
with tempfile.TemporaryDirectory() as path:
    one_number(pathlib.Path(path), shlex.split("watch --all --alert hold:2s --targets targets.json --no-stdout"), "+15550100")
with tempfile.TemporaryDirectory() as path:
    alerts(pathlib.Path(path))
