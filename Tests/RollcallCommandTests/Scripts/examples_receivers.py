#!/usr/bin/env python3
"""Delivers a conference's events to the receivers of examples/receivers and to the programs that use the library.

Usage: examples_receivers.py PATH-OF-ROLLCALL FOLDER-OF-PROGRAMS (with the Python that has standardwebhooks)
"""

import contextlib, datetime, json, os, re, subprocess, sys, tempfile, threading, urllib.request
from kit.examples import EXAMPLES, environment, simulated, text
from kit.loopback import unused_port
from kit.verdict import check
from kit.waiting import until

rollcall, programs = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
PEOPLE = ["agent", "caller"]
STEPS = [dict(at_ms=1500, who="caller", do="hold"), dict(at_ms=2500, who="caller", do="unhold"), dict(at_ms=3500, do="end")]
secret = subprocess.run([rollcall, "secret"], capture_output=True, text=True, check=True).stdout.strip()
folder = tempfile.mkdtemp()


def private(name, content):
    path = os.path.join(folder, name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)
    return path


secret_file = private("secret", secret)
hub_file = private("hub", "a hub's secret")


def watched(*arguments):
    """Watches a conference from its beginning to its end, and returns the lines of standard output."""
    with simulated(rollcall, PEOPLE, STEPS) as space:
        run = subprocess.run([rollcall, "watch", space.sid, "--interval", "200ms", *arguments], env=environment(space),
                             capture_output=True, text=True, timeout=60)
    return run.returncode, [json.loads(line) for line in run.stdout.splitlines()], run.stderr


@contextlib.contextmanager
def running(command, ready, **environment):
    with open(f"{folder}/out", "w+") as out, open(f"{folder}/err", "w+") as err:
        process = subprocess.Popen(command, env=dict(os.environ, **environment), stdout=out, stderr=err)
        try:
            check(until(lambda: re.search(ready, text(f"{folder}/out") + text(f"{folder}/err"))), f"{command[0]} starts to listen")
            yield
        finally:
            process.terminate()
            process.wait()


def python():
    command = [sys.executable, f"{EXAMPLES}/receivers/receiver.py", "0"]
    with running(command, r"listening on (\S+)", ROLLCALL_WEBHOOK_SECRET=secret):
        url = re.search(r"listening on (\S+)", text(f"{folder}/err"))[1]
        code, events, errors = watched("--webhook", url, "--webhook-secret-file", secret_file)
        told = [f"{e['timestamp']} {e['type']} {e.get('call_sid', '')}" for e in events]
        check(code == 0 and sorted(text(f"{folder}/out").splitlines()) == sorted(told),
              "the Python receiver accepts each event once", errors)
        check("missing" not in text(f"{folder}/err"), "the Python receiver reports no missing event", text(f"{folder}/err"))
        code, _, _ = watched("--webhook", url, "--webhook-max-age", "1s")
        check(code == 75 and len(text(f"{folder}/out").splitlines()) == len(told),
              "the Python receiver rejects unsigned events")
        come_together(url, len(told))
        follow_lanes(url)


def send(url, event, previous=None):
    from standardwebhooks import Webhook
    body = json.dumps(event)
    now = datetime.datetime.now(datetime.timezone.utc)
    headers = {"webhook-id": event["id"], "webhook-timestamp": str(int(now.timestamp())),
               "webhook-signature": Webhook(secret).sign(event["id"], now, body)}
    if previous:
        headers["rollcall-previous-id"] = previous
    urllib.request.urlopen(urllib.request.Request(url, body.encode(), headers), timeout=30).read()


def come_together(url, before):
    """Eight concurrent senders have events of their own and one that all share: each is printed once, on a whole line."""

    def event(name):
        return dict(id=f"evt_{name}", timestamp="now", type=name)

    senders = [threading.Thread(target=lambda sender=sender: [send(url, event(name)) for number in range(25)
                                                              for name in (f"own{sender}.{number}", f"all.{number}")])
               for sender in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    expected = [f"now own{sender}.{number} " for sender in range(8) for number in range(25)]
    expected += [f"now all.{number} " for number in range(25)]
    check(sorted(text(f"{folder}/out").splitlines()[before:]) == sorted(expected),
          "the Python receiver accepts each event of concurrent senders once")


def follow_lanes(url):
    """The receiver reports a gap in a lane that it knows; what came before its first event of a lane it cannot know."""
    for number, lane, previous in [(1, "c1", None), (2, "c2", "evt_before"), (3, "c1", "evt_lane1"), (4, "c2", "evt_lost")]:
        send(url, dict(id=f"evt_lane{number}", timestamp="now", type="lane", conference_sid=lane), previous)
    check(re.findall("missing: (.*)", text(f"{folder}/err")) == ["evt_lost"], "the Python receiver reports a gap in a lane, and nothing else")


def webhook():
    """Debian's webhook verifies events by its own rule and with a program in Swift."""
    port, log = unused_port(), f"{folder}/log"
    command = ["webhook", "-template", "-hooks", f"{EXAMPLES}/receivers/hooks.json", "-ip", "127.0.0.1", "-port", str(port),
               "-verbose"]
    with running(command, "serving hooks", ROLLCALL_HANDLER=f"{EXAMPLES}/receivers/handler.sh", ROLLCALL_LOG=log,
                 ROLLCALL_HUB_SECRET="a hub's secret", ROLLCALL_VERIFY=f"{programs}/verify", ROLLCALL_WEBHOOK_SECRET=secret):
        url = f"http://127.0.0.1:{port}/hooks/rollcall"
        code, events, errors = watched("--webhook", url, "--webhook-hub-secret-file", hub_file)
        told = [f"{e['id']} {e['type']} {e.get('call_sid', '')}" for e in events]
        check(code == 0 and sorted(text(log).splitlines()) == sorted(told), "Debian's webhook runs the handler for each event", errors)
        code, _, _ = watched("--webhook", url, "--webhook-max-age", "1s")
        check(code == 75 and len(text(log).splitlines()) == len(told), "Debian's webhook rejects events without a hub signature")
        code, events, errors = watched("--webhook", f"{url}-signed", "--webhook-secret-file", secret_file)
        check(code == 0 and text(f"{folder}/err").count("taken: evt_") == len(events), "the Swift receiver verifies each event",
              errors)
        other = private("other", subprocess.run([rollcall, "secret"], capture_output=True, text=True).stdout)
        code, _, _ = watched("--webhook", f"{url}-signed", "--webhook-secret-file", other, "--webhook-max-age", "1s")
        check(code == 75 and "the signature is wrong" in text(f"{folder}/err"), "the Swift receiver rejects events signed with another secret")


def library():
    """The three programs of examples/library print a conference, store and post events, and watch all conferences."""
    def run(space, program, *arguments, **change):
        return subprocess.run([f"{programs}/{program}", *arguments], env=environment(space) | change, capture_output=True,
                              text=True, timeout=60)

    with simulated(rollcall, PEOPLE) as space:
        all_of_them = run(space, "all", "1")
        check(all_of_them.returncode == 0 and all_of_them.stdout.startswith(space.sid), "examples/library all lists the participants of each conference", all_of_them)
        check(all_of_them.stdout.endswith(f"{space.sid} has 2\n"), "examples/library all counts the participants of each conference", all_of_them)
    with simulated(rollcall, PEOPLE, STEPS) as space:
        printed = run(space, "watch", space.sid)
        lines = [line.split(" ", 1)[1] for line in printed.stdout.splitlines()]
        check(printed.returncode == 0 and lines[-1] == "watch.stopped ", "examples/library watch prints a conference to its end", printed)
        check([line.split()[0] for line in lines[:3]] == ["participant.present"] * 2 + ["watch.started"]
              and any(line.startswith("left ") for line in lines), "examples/library watch prints the events as they happen", lines)
        for change, code, line in (({"SIGNALWIRE_API_TOKEN": "another"}, 77, "the provider refused the token\n"),
                                   ({"SIGNALWIRE_SPACE_URL": "http://example.com"}, 78, "http://example.com is no origin")):
            refused = run(space, "watch", space.sid, **change)
            check(refused.returncode == code and line in refused.stdout, f"examples/library watch ends with status {code}: {line.strip()}", refused)
    with simulated(rollcall, PEOPLE, STEPS) as space:
        port, state = unused_port(), f"{folder}/library.state"
        listen = [rollcall, "listen", "--port", str(port), "--secret-file", secret_file, "--format", "ndjson"]
        with running(listen, r"http://"):
            posted = run(space, "deliver", "examples", f"http://127.0.0.1:{port}/", state, ROLLCALL_WEBHOOK_SECRET=secret)
            kinds = [json.loads(line)["type"] for line in text(f"{folder}/out").splitlines()]
        check(posted.returncode == 0 and sorted(kinds) == ["conference.ended"] + ["participant.left"] * 2,
              "examples/library deliver posts the selected events, signed", (posted, kinds))
        kept = subprocess.run([rollcall, "events", "--state", state, "--format", "ndjson"], capture_output=True, text=True)
        types = [json.loads(line)["type"] for line in kept.stdout.splitlines()]
        check(len(types) > len(kinds) and types[-1] == "watch.stopped", "examples/library deliver stores all events in a state file", kept)


library()
python()
webhook()
