"""Changes a simulated room with an official client, and compares the events of `rollcall watch` with the changes: on
standard output, and on a webhook that verifies every delivery.

Usage: official_client.py signalwire|twilio|twilio-own|telnyx PATH-OF-ROLLCALL

`twilio` is Twilio's client against a SignalWire space, `twilio-own` the same client against a Twilio space.
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

from kit.provider_clients import Telnyx, connect
from kit.simulated_space import SimulatedSpace

PATIENCE = 15  # seconds within which the events of a step must arrive


class Hook(http.server.ThreadingHTTPServer):
    """Records every delivery with a valid Standard Webhooks signature."""

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


def account(provider, space):
    """Returns the environment variables of a user of the provider."""
    return {
        "signalwire": {"SIGNALWIRE_PROJECT_ID": space.project, "SIGNALWIRE_API_TOKEN": space.token},
        "twilio": {"TWILIO_ACCOUNT_SID": space.project, "TWILIO_AUTH_TOKEN": space.token},
        "telnyx": {"TELNYX_API_KEY": space.token},
    }[provider]


class Watch:
    """A running `rollcall watch`, and its events so far."""

    def __init__(self, rollcall, provider, space, hook):
        environment = os.environ | account(provider, space) | {
            "ROLLCALL_WEBHOOK_URL": hook.url,
            "ROLLCALL_WEBHOOK_SECRET": hook.secret,
        }
        self.told = []
        self.process = subprocess.Popen(
            [rollcall, "watch", space.sid, "--interval", "200ms", "--enrich", "--provider", provider]
            + ["--space", space.origin]
            + (["--project", space.project] if provider == "telnyx" else []),
            env=environment,
            stdout=subprocess.PIPE,
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
        """Reads the next events, which must be these, as (type, call sid)."""
        for event in expected:
            try:
                line = self.lines.get(timeout=PATIENCE)
            except queue.Empty:
                raise SystemExit(f"FAILED: {step}: expected {event} within {PATIENCE} s, got nothing") from None
            if line is None:
                raise SystemExit(f"FAILED: {step}: the watch ended before {event}")
            found = json.loads(line)
            self.sequence += 1
            if found["sequence"] != self.sequence:
                raise SystemExit(f"FAILED: {step}: sequence {found['sequence']} follows {self.sequence - 1}")
            if (found["type"], found.get("call_sid")) != event:
                raise SystemExit(f"FAILED: {step}: expected {event}, got {line.decode()}")
        print(f"ok: {step}")

    def expect_end(self):
        line = self.lines.get(timeout=PATIENCE)
        if line is not None:
            raise SystemExit(f"FAILED: expected no more events, got {line.decode()}")
        status = self.process.wait(PATIENCE)
        if status != 0:
            raise SystemExit(f"FAILED: expected the watch to end with status 0, got {status}")


def look(client, sid):
    """The conferences as the client lists them."""
    if isinstance(client, Telnyx):
        for status, found in (("in-progress", [sid]), ("completed", [])):
            listed = client.listed(status=status)
            if [one.sid for one in listed] != found:
                raise SystemExit(f"FAILED: conferences {status}: expected {found}, got {listed}")
        print("ok: conferences are listed by status")
        return
    today = datetime.datetime.now(datetime.timezone.utc).date()
    week = datetime.timedelta(days=7)
    for after, found in ((today - week, [sid]), (today + week, [])):
        listed = client.conferences.list(status="in-progress", date_created_after=after)
        if [one.sid for one in listed] != found:
            raise SystemExit(f"FAILED: conferences since {after}: expected {found}, got {listed}")
    print("ok: conferences are listed by day")


def check_ids(rollcall, provider, space, call):
    """Checks the error for a user who watches a call instead of a conference."""
    asked = subprocess.run(
        [rollcall, "list", call, "--provider", provider, "--space", space.origin],
        env=os.environ | account(provider, space),
        capture_output=True,
        text=True,
    )
    if asked.returncode != 69 or "20004" not in asked.stderr or "CA… is a call" not in asked.stderr:
        raise SystemExit(f"FAILED: watching a call: exit {asked.returncode}: {asked.stderr}")
    print("ok: a wrong kind of id is explained")


def check_names(provider, told):
    """Checks that records stay as the provider sent them, and that the events' own keys are the same for all providers."""
    started = [one for one in map(json.loads, told) if one["type"] == "participant.coaching_started"]
    own = {"telnyx": "coaching_call_sid"}.get(provider, "call_sid_to_coach")
    for one in started:
        if one["participant"].get(own) is None or one["call_sid_to_coach"] is None:
            raise SystemExit(f"FAILED: {one}")
        if (own == "call_sid_to_coach") != ("call_sid_to_coach" in one["participant"]):
            raise SystemExit(f"FAILED: {one}")
    if provider == "twilio" and not any(json.loads(one).get("participant", {}).get("label") == "guest" for one in told):
        raise SystemExit("FAILED: expected a record with the label, got none")
    print("ok: records are the provider's own")


def check_call(client, told, call):
    """Checks that a participant's events describe their call as the client sees it."""
    found = client.call(call) if isinstance(client, Telnyx) else client.calls(call).fetch()
    says = {"from": getattr(found, "from_", None) or found._from, "to": found.to, "direction": found.direction}
    records = [event["participant"] for event in map(json.loads, told) if event.get("call_sid") == call]
    if not records or any(record["call"] != says for record in records):
        raise SystemExit(f"FAILED: the call of {call}: expected {says}, got {records}")
    print("ok: events have the callers and the called parties")


def drive(client, sid, watch):
    look(client, sid)
    conference = client.conferences(sid)
    # With one person per page, the client follows the links of the simulated space.
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
        "coach another participant",
        ("participant.coaching_stopped", supervisor),
        ("participant.coaching_started", supervisor),
    )
    person(supervisor).update(coaching=False)
    watch.expect("stop coaching", ("participant.coaching_stopped", supervisor))
    guest = conference.participants.create(from_="+15550100", to="+15550101", muted=True, label="guest").call_sid
    watch.expect("add a guest", ("participant.joined", guest), ("participant.muted", guest))
    check_call(client, watch.told, guest)
    check_call(client, watch.told, caller)
    person(guest).delete()
    watch.expect("kick", ("participant.left", guest))
    conference.update(status="completed")
    left = [("participant.left", call) for call in sorted([agent, caller, supervisor])]
    watch.expect("complete", *left, ("conference.ended", None), ("watch.stopped", None))
    watch.expect_end()


def main():
    name, rollcall = sys.argv[1:]
    provider = {"twilio-own": "twilio", "telnyx": "telnyx"}.get(name, "signalwire")
    with SimulatedSpace(rollcall, "quiet", provider) as space:
        hook = Hook()
        watch = Watch(rollcall, provider, space, hook)
        try:
            print(f"-- {name}")
            drive(connect(name, space), space.sid, watch)
            check_names(provider, watch.told)
            if provider == "twilio":
                check_ids(rollcall, provider, space, "CA" + "0" * 32)
            if sorted(hook.bodies) != sorted(watch.told):
                raise SystemExit(f"FAILED: expected the events of standard output, {watch.told}, at the webhook, got {hook.bodies}")
            print("ok: the webhook got the same events with valid signatures")
        finally:
            watch.process.terminate()
            watch.process.wait(PATIENCE)


main()
