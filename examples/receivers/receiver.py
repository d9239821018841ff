#!/usr/bin/env python3
"""Receives rollcall's webhooks: verifies them, accepts each event once, and detects gaps. Needs PyPI's standardwebhooks.

Restarts: this example keeps ids in memory only, so after a restart an event that is sent again is processed again.

Usage: ROLLCALL_WEBHOOK_SECRET=whsec_… receiver.py [PORT]
       rollcall watch <conference-sid> --webhook http://127.0.0.1:8788/ --webhook-secret-file secret
"""

import os, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["ROLLCALL_WEBHOOK_SECRET"])
# A real receiver stores them durably, for as long as rollcall may send an event again (--webhook-max-age).
seen = set()
# The lanes in which a gap would show: after a restart, what came before the first event is unknown.
lanes = set()
# Events of different conferences arrive concurrently, and rollcall may send an event again before it gets the answer.
one_at_a_time = threading.Lock()


def take(event):
    """Processes an event. Called once per event between restarts, in order within a conference."""
    print(event["timestamp"], event["type"], event.get("call_sid", ""), flush=True)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        if length > 65536:
            return self.answer(413)
        body = self.rfile.read(length)
        try:
            # Verifies the raw bytes, and refuses attempts that are more than five minutes old.
            event = webhook.verify(body, {name.lower(): value for name, value in self.headers.items()})
        except WebhookVerificationError:
            return self.answer(401)
        with one_at_a_time:
            if event["id"] not in seen:
                previous = self.headers.get("rollcall-previous-id")
                lane = event.get("conference_sid")
                if previous and lane in lanes and previous not in seen:
                    print(f"missing: {previous}", file=sys.stderr, flush=True)
                take(event)
                if previous:
                    lanes.add(lane)
                seen.add(event["id"])
        # Answers only after processing, because rollcall does not send an event again after a 2xx.
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", "0")
            # A 413 leaves the body unread, which must not be taken for the next request.
            self.close_connection = status == 413
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8788), Receiver)
print(f"listening on http://127.0.0.1:{server.server_address[1]}/", file=sys.stderr, flush=True)
server.serve_forever()
