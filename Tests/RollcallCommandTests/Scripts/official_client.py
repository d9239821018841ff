"""Drives a simulated room with an official client and holds what `rollcall watch` tells against what was done: on
standard output, and on a webhook that verifies every delivery.

Usage: official_client.py signalwire|twilio PATH-OF-ROLLCALL
"""

import base64
import datetime
import http.server
import json
import os
import queue
import secrets
import subprocess
import sys
import threading

from standardwebhooks import Webhook

PATIENCE = 15  # seconds that one step may take until its events are there


def connect(name, space):
    if name == "signalwire":
        from signalwire.rest import Client

        client = Client(space["project"], space["token"], signalwire_space_url="example.signalwire.com")
    else:
        from twilio.rest import Client

        client = Client(space["project"], space["token"])
    client.api.base_url = space["origin"]
    return client


class Hook(http.server.ThreadingHTTPServer):
    """Keeps every delivery that is signed as Standard Webhooks has it."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Delivery)
        self.secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        self.url = f"http://127.0.0.1:{self.server_port}/"
        self.bodies = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Delivery(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        Webhook(self.server.secret).verify(body, {name.lower(): value for name, value in self.headers.items()})
        self.server.bodies.append(body)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments):
        pass


class Watch:
    """A running `rollcall watch`, and what it has told so far."""

    def __init__(self, rollcall, space, conference, hook):
        environment = os.environ | {
            "SIGNALWIRE_SPACE": space["origin"],
            "SIGNALWIRE_PROJECT_ID": space["project"],
            "SIGNALWIRE_API_TOKEN": space["token"],
            "ROLLCALL_WEBHOOK_URL": hook.url,
            "ROLLCALL_WEBHOOK_SECRET": hook.secret,
        }
        self.told = []
        self.process = subprocess.Popen(
            [rollcall, "watch", conference, "--interval", "200ms"], env=environment, stdout=subprocess.PIPE
        )
        self.lines = queue.Queue()
        self.sequence = 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.told.append(line.rstrip(b"\n"))
            self.lines.put(line)
        self.lines.put(None)

    def expect(self, step, *expected):
        """Takes so many events, which must be these, as (type, call sid)."""
        for event in expected:
            try:
                line = self.lines.get(timeout=PATIENCE)
            except queue.Empty:
                raise SystemExit(f"FAILED: {step}: {event} was not told within {PATIENCE} s") from None
            if line is None:
                raise SystemExit(f"FAILED: {step}: the watch ended before {event}")
            found = json.loads(line)
            self.sequence += 1
            if found["sequence"] != self.sequence:
                raise SystemExit(f"FAILED: {step}: sequence {found['sequence']} after {self.sequence - 1}")
            if (found["type"], found.get("call_sid")) != event:
                raise SystemExit(f"FAILED: {step}: expected {event}, found {line.decode()}")
        print(f"ok: {step}")

    def expect_end(self):
        line = self.lines.get(timeout=PATIENCE)
        if line is not None:
            raise SystemExit(f"FAILED: nothing more was expected, found {line.decode()}")
        status = self.process.wait(PATIENCE)
        if status != 0:
            raise SystemExit(f"FAILED: the watch ended with {status}")


def drive(client, sid, watch):
    conference = client.conferences(sid)
    today = datetime.datetime.now(datetime.timezone.utc).date()
    week = datetime.timedelta(days=7)
    for after, found in ((today - week, [sid]), (today + week, [])):
        listed = client.conferences.list(status="in-progress", date_created_after=after)
        if [one.sid for one in listed] != found:
            raise SystemExit(f"FAILED: conferences since {after}: expected {found}, found {listed}")
    print("ok: conferences by day")
    # One person a page: the client follows the links of the simulated space.
    people = list(conference.participants.list(page_size=1))
    agent = next(p.call_sid for p in people if p.end_conference_on_exit)
    supervisor = next(p.call_sid for p in people if p.muted)
    caller = next(p.call_sid for p in people if p.call_sid not in (agent, supervisor))
    present = [("participant.present", call) for call in sorted([agent, caller, supervisor])]
    watch.expect("baseline", *present, ("watch.started", None))

    def person(call):
        return conference.participants(call)

    person(caller).update(muted=True)
    watch.expect("mute", ("participant.muted", caller))
    person(caller).update(muted=False)
    watch.expect("unmute", ("participant.unmuted", caller))
    person(caller).update(hold=True)
    watch.expect("hold", ("participant.held", caller))
    person(caller).update(hold=False)
    watch.expect("unhold", ("participant.unheld", caller))
    person(supervisor).update(coaching=True, call_sid_to_coach=agent)
    watch.expect("coach", ("participant.coaching_started", supervisor))
    person(supervisor).update(coaching=True, call_sid_to_coach=caller)
    watch.expect(
        "coach somebody else",
        ("participant.coaching_stopped", supervisor),
        ("participant.coaching_started", supervisor),
    )
    person(supervisor).update(coaching=False)
    watch.expect("stop coaching", ("participant.coaching_stopped", supervisor))
    guest = conference.participants.create(from_="+15550100", to="+15550101", muted=True).call_sid
    watch.expect("let somebody in", ("participant.joined", guest), ("participant.muted", guest))
    person(guest).delete()
    watch.expect("kick", ("participant.left", guest))
    conference.update(status="completed")
    left = [("participant.left", call) for call in sorted([agent, caller, supervisor])]
    watch.expect("complete", *left, ("conference.ended", None), ("watch.stopped", None))
    watch.expect_end()


def main():
    name, rollcall = sys.argv[1:]
    simulation = subprocess.Popen([rollcall, "simulate", "--scenario", "quiet"], stdout=subprocess.PIPE)
    watch = None
    try:
        space = json.loads(simulation.stdout.readline())
        sid = space["conferences"][0]["sid"]
        hook = Hook()
        watch = Watch(rollcall, space, sid, hook)
        print(f"-- {name}")
        drive(connect(name, space), sid, watch)
        if sorted(hook.bodies) != sorted(watch.told):
            raise SystemExit(f"FAILED: the webhook got {hook.bodies}, standard output {watch.told}")
        print("ok: the webhook got the same events, verified")
    finally:
        for process in [simulation] + ([watch.process] if watch else []):
            process.terminate()
            process.wait(PATIENCE)


main()
