#!/usr/bin/env python3
"""Pages people for the alerts of rollcall, through PagerDuty's Events API v2. Needs PyPI's standardwebhooks.

    rollcall secret >pager-secret
    ROLLCALL_WEBHOOK_SECRET=$(cat pager-secret) PAGER_ROUTING_KEY=… pager.py [PORT]
    rollcall watch --all --alert hold:2m --alert empty:30m --targets targets.json --no-stdout --state rollcall.db

targets.json stands beside this file; a copy of it needs the files slack-url and pager-secret in its folder. PAGER_URL names
another service that speaks the same API.

An alert opens an incident when it is raised and closes it when it is resolved. Both have the same dedup_key, so nothing is paged
twice when rollcall sends an event again. While the service cannot be reached, rollcall gets a 503 and tries again later; with
--state that lasts up to three days and survives restarts of both programs.
"""

import hashlib, json, os, sys, urllib.error, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from standardwebhooks import Webhook, WebhookVerificationError

URL = os.environ.get("PAGER_URL", "https://events.pagerduty.com/v2/enqueue")
KEY = os.environ["PAGER_ROUTING_KEY"]
ACTIONS = {"alert.raised": "trigger", "alert.resolved": "resolve"}
MAXIMUM_BODY, MAXIMUM_SUMMARY, TIMEOUT = 65536, 1024, 10  # bytes, characters, seconds
webhook = Webhook(os.environ["ROLLCALL_WEBHOOK_SECRET"])


def incident(event):
    """Returns what the service is sent about an alert."""
    spell = [event["conference_sid"], event.get("call_sid", ""), event["alert"], event["since"]]
    whom = (event.get("participant") or {}).get("label") or event.get("call_sid") or "the conference"
    summary = f"{event['alert']} since {event['since']}: {whom} in {event['conference_sid']}"
    return {"routing_key": KEY, "event_action": ACTIONS[event["type"]],
            "dedup_key": hashlib.sha256(json.dumps(spell).encode()).hexdigest(),
            "payload": {"summary": summary[:MAXIMUM_SUMMARY], "source": event["conference_sid"], "severity": "warning",
                        "timestamp": event["timestamp"], "component": "rollcall", "class": event["alert"]}}


def page(event):
    """Passes an alert on. Returns the status for rollcall: 204, 422 if it is refused for good, otherwise 503."""
    request = urllib.request.Request(URL, json.dumps(incident(event)).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT):
            return 204
    except urllib.error.HTTPError as error:
        print(f"{event['id']}: the pager answered {error.code}", file=sys.stderr, flush=True)
        return 422 if error.code == 400 else 503
    except OSError as error:
        print(f"{event['id']}: {error}", file=sys.stderr, flush=True)
        return 503


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        if length > MAXIMUM_BODY:
            return self.answer(413)
        body = self.rfile.read(length)
        try:
            # Checks the bytes as received, and refuses deliveries that are more than five minutes old.
            event = webhook.verify(body, {name.lower(): value for name, value in self.headers.items()})
        except WebhookVerificationError:
            return self.answer(401)
        self.answer(page(event) if event["type"] in ACTIONS else 204)

    def answer(self, status):
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", "0")
            self.close_connection = status == 413
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8789), Receiver)
print(f"listening on http://127.0.0.1:{server.server_address[1]}/", file=sys.stderr, flush=True)
server.serve_forever()
